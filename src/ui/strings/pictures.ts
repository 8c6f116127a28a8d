// In the language that the page speaks.
import { pictures as english } from './en/pictures.ts';
import { area } from './language.ts';

export const pictures = area('pictures', english);
