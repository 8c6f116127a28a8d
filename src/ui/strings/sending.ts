// In the language that the page speaks.
import { sending as english } from './en/sending.ts';
import { area } from './language.ts';

export const sending = area('sending', english);
