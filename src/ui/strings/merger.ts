// In the language that the page speaks.
import { merger as english } from './en/merger.ts';
import { area } from './language.ts';

export const merger = area('merger', english);
