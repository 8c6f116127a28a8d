// In the language that the page speaks.
import { units as english } from './en/units.ts';
import { area } from './language.ts';

export const units = area('units', english);
