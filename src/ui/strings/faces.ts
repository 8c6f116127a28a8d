// In the language that the page speaks.
import { faces as english } from './en/faces.ts';
import { area } from './language.ts';

export const faces = area('faces', english);
