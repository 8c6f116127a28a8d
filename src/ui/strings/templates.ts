// In the language that the page speaks.
import { templates as english } from './en/templates.ts';
import { area } from './language.ts';

export const templates = area('templates', english);
