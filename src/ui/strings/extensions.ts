// In the language that the page speaks.
import { extensions as english } from './en/extensions.ts';
import { area } from './language.ts';

export const extensions = area('extensions', english);
