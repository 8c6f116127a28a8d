// In the language that the page speaks.
import { control as english } from './en/control.ts';
import { area } from './language.ts';

export const control = area('control', english);
