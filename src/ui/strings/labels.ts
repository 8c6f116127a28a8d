// In the language that the page speaks.
import { labels as english } from './en/labels.ts';
import { area } from './language.ts';

export const labels = area('labels', english);
