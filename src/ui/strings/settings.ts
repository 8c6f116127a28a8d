// In the language that the page speaks.
import { settings as english } from './en/settings.ts';
import { area } from './language.ts';

export const settings = area('settings', english);
