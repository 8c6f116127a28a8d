// In the language that the page speaks.
import { trials as english } from './en/trials.ts';
import { area } from './language.ts';

export const trials = area('trials', english);
