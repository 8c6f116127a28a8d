// In the language that the page speaks.
import { batch as english } from './en/batch.ts';
import { area } from './language.ts';

export const batch = area('batch', english);
