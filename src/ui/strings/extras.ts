// In the language that the page speaks.
import { extras as english } from './en/extras.ts';
import { area } from './language.ts';

export const extras = area('extras', english);
