// All areas of the table, for types and tests: the page loads each with what says it.
export { common } from './common.ts';
export { create } from './create.ts';
export { device } from './device.ts';
export { dialogs } from './dialogs.ts';
export { failures } from './failures.ts';
export { find } from './find.ts';
export { gallery } from './gallery.ts';
export { labels } from './labels.ts';
export { models } from './models.ts';
export { notices } from './notices.ts';
export { pictures } from './pictures.ts';
export { places } from './places.ts';
export { queue } from './queue.ts';
export { rescue } from './rescue.ts';
export { settings } from './settings.ts';
export { texts } from './texts.ts';
export { units } from './units.ts';
