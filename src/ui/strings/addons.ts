// In the language that the page speaks.
import { addons as english } from './en/addons.ts';
import { area } from './language.ts';

export const addons = area('addons', english);
