// Texts that people bring: styles.csv, wildcard lists, configurations of models. UTF-8 is read; anything else is refused
// with the encoding it is likely in, and can then be read as that. Nothing is ever read with replacement characters: a
// damaged text would take the place of a sound one.
import { decodeFatal } from './decode-fatal.ts';
import { ENCODINGS, type EncodingLabel } from './encodings.ts';
import { guessEncodings } from './guess.ts';

/** Thrown for bytes that are no UTF-8 text. The message can be shown. */
export class TextEncodingError extends Error {
  override readonly name = 'TextEncodingError';

  /** `likely`: encodings that the bytes are sound texts in, the likeliest first. Empty: this is no text at all. */
  constructor(readonly likely: readonly EncodingLabel[]) {
    const [first] = likely;
    super(
      first === undefined
        ? 'This is not a text file.'
        : `This is not UTF-8 text. It looks like ${ENCODINGS[first]}.`,
    );
  }
}

/** The text without its byte order mark. @throws TextEncodingError for anything but UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  try {
    const text = decodeFatal(bytes, 'utf-8');
    // UTF-16 without a mark is often sound UTF-8, full of zeros.
    if (!text.includes('\0')) return text;
  } catch {
    // Told below, with what it may be instead.
  }
  throw new TextEncodingError(guessEncodings(bytes));
}

/** The text as the person says it is encoded. @throws TextEncodingError where the bytes are no text in that encoding. */
export function decodeTextAs(bytes: Uint8Array, encoding: EncodingLabel): string {
  try {
    const text = decodeFatal(bytes, encoding);
    if (!text.includes('\0')) return text;
  } catch {
    // As above.
  }
  throw new TextEncodingError(guessEncodings(bytes).filter((other) => other !== encoding));
}
