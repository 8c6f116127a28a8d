// In the language that the page speaks.
import { queue as english } from './en/queue.ts';
import { area } from './language.ts';

export const queue = area('queue', english);
