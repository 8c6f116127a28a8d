// How much text a picture may bring. What goes beyond is left out and named; the rest of the picture stays readable.

/** Bytes of one text, unpacked. A parameters text has a few thousand. */
export const MAX_TEXT_BYTES = 4 * 2 ** 20;
/** Bytes of all texts of one file together, whether or not they turn out to be text. */
export const MAX_TEXTS_BYTES = 16 * 2 ** 20;
/** Texts of one file. */
export const MAX_TEXTS = 1000;
