// In the language that the page speaks.
import { dialogs as english } from './en/dialogs.ts';
import { area } from './language.ts';

export const dialogs = area('dialogs', english);
