// In the language that the page speaks.
import { find as english } from './en/find.ts';
import { area } from './language.ts';

export const find = area('find', english);
