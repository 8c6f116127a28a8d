// In the language that the page speaks.
import { foreign as english } from './en/foreign.ts';
import { area } from './language.ts';

export const foreign = area('foreign', english);
