// In the language that the page speaks.
import { scripts as english } from './en/scripts.ts';
import { area } from './language.ts';

export const scripts = area('scripts', english);
