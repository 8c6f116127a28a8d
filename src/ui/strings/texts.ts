// In the language that the page speaks.
import { texts as english } from './en/texts.ts';
import { area } from './language.ts';

export const texts = area('texts', english);
