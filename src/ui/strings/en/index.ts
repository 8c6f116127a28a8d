// All areas of the table, for types and tests: the page loads each with what says it.
export { common } from './common.ts';
export { failures } from './failures.ts';
export { gallery } from './gallery.ts';
export { labels } from './labels.ts';
export { pictures } from './pictures.ts';
export { units } from './units.ts';
