// In the language that the page speaks.
import { canvas as english } from './en/canvas.ts';
import { area } from './language.ts';

export const canvas = area('canvas', english);
