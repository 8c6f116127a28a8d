// What the single file can and cannot do.
import type { ThisCopy } from './this-copy.ts';

export const THIS_COPY: ThisCopy = {
  summary: 'This is Darkroom in one file. It needs no server and no network, and connects to nothing.',
  limits: [
    'It cannot be installed as an app, nor be offered files and pictures by other programs.',
    'It does not update itself: a newer file replaces it.',
    'Browsers share what they keep for pages opened from disk: every copy of this file sees the same library, and the browser may refuse to protect it from being cleared.',
    'Painting on the processor uses one core.',
  ],
};
