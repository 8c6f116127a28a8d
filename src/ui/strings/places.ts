// In the language that the page speaks.
import { places as english } from './en/places.ts';
import { area } from './language.ts';

export const places = area('places', english);
