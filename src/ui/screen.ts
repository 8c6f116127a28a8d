// How much room the page has.
import { MediaQuery } from 'svelte/reactivity';

/** One column and bars at the bottom, as the styles have it below this width. */
export const narrow = new MediaQuery('(max-width: 959px)');
