// In the language that the page speaks.
import { options as english } from './en/options.ts';
import { area } from './language.ts';

export const options = area('options', english);
