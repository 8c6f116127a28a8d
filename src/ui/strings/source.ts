// In the language that the page speaks.
import { source as english } from './en/source.ts';
import { area } from './language.ts';

export const source = area('source', english);
