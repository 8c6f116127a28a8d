// In the language that the page speaks.
import { create as english } from './en/create.ts';
import { area } from './language.ts';

export const create = area('create', english);
