// In the language that the page speaks.
import { passes as english } from './en/passes.ts';
import { area } from './language.ts';

export const passes = area('passes', english);
