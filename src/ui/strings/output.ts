// In the language that the page speaks.
import { output as english } from './en/output.ts';
import { area } from './language.ts';

export const output = area('output', english);
