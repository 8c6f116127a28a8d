// In the language that the page speaks.
import { gallery as english } from './en/gallery.ts';
import { area } from './language.ts';

export const gallery = area('gallery', english);
