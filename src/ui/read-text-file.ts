// A text file that the person chose, read strictly; what is not UTF-8 is offered to be read in another encoding.
import { decodeText, TextEncodingError } from '../text-files/decode.ts';
import type { EncodingLabel } from '../text-files/encodings.ts';
import { texts as t } from './strings/texts.ts';

/** A file that waits for the person to say how it is encoded. */
export interface UnreadText {
  /** Of the file, unlike others that wait. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What it looks like, the likeliest first; one at least. */
  readonly likely: readonly EncodingLabel[];
}

export type ReadText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unread'; readonly file: UnreadText }
  /** Why it cannot be read, to a person. */
  | { readonly kind: 'refused'; readonly problem: string };

/** `maxBytes`: of the file. Rejects only where the browser cannot read it. */
export async function readTextFile(file: File, maxBytes: number): Promise<ReadText> {
  const { name } = file;
  if (file.size > maxBytes) {
    const megabytes = Math.round(maxBytes / 2 ** 20);
    return { kind: 'refused', problem: t.tooLarge(name, megabytes) };
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return { kind: 'text', text: decodeText(bytes) };
  } catch (error) {
    if (!(error instanceof TextEncodingError)) throw error;
    if (error.likely.length === 0) return { kind: 'refused', problem: `${name}: ${error.message}` };
    return { kind: 'unread', file: { name, bytes, likely: error.likely } };
  }
}
