// In the language that the page speaks.
import { failures as english } from './en/failures.ts';
import { area } from './language.ts';

export const failures = area('failures', english);
