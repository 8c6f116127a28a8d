// In the language that the page speaks.
import { rescue as english } from './en/rescue.ts';
import { area } from './language.ts';

export const rescue = area('rescue', english);
