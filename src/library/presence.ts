// Whether the browser has thrown the library away. When the disk gets full, a browser may delete all that a page has
// stored, without a word to the page. What localStorage holds is not always part of that: a note there tells the
// difference between a first visit and a library that is gone.

import { memoryAccess } from './memory/memory-mode.ts';

const KEY = 'darkroom.models';

/** Notes how many models there are. Returns how many there were when the library was last seen, if all are gone since. */
export function noteModels(count: number): number {
  // What is in memory says nothing about what is stored.
  if (memoryAccess()) return 0;
  try {
    const before = Number(localStorage.getItem(KEY)) || 0;
    localStorage.setItem(KEY, String(count));
    return count === 0 ? before : 0;
  } catch {
    // No storage at all: nothing is known.
    return 0;
  }
}
