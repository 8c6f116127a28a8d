// In the language that the page speaks.
import { plots as english } from './en/plots.ts';
import { area } from './language.ts';

export const plots = area('plots', english);
