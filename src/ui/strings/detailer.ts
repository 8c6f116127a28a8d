// In the language that the page speaks.
import { detailer as english } from './en/detailer.ts';
import { area } from './language.ts';

export const detailer = area('detailer', english);
