// "TI hashes" of a parameters text: which embeddings its prompts name (A1111 1.10.1, modules/sd_hijack_clip.py).
import type { InfotextScalar } from './infotext/quote.ts';

export const EMBEDDINGS_KEY = 'TI hashes';

export interface NamedHash {
  readonly name: string;
  /** The first digits of the file's SHA-256; A1111 writes 12. */
  readonly hash: string;
}

/** Of one text: more than any prompt has room for. */
const MOST = 100;

/** Commas and colons of names would part the list, so A1111 leaves them out. */
export function embeddingsToText(embeddings: readonly NamedHash[]): Readonly<Record<string, InfotextScalar>> {
  if (embeddings.length === 0) return {};
  const parts = embeddings.map(({ name, hash }) => `${name.replace(/[:,]/g, '')}: ${hash}`);
  return { [EMBEDDINGS_KEY]: parts.join(', ') };
}

/** Each name once. What is no name and hash is passed over. */
export function embeddingsFromText(value: string): readonly NamedHash[] {
  const found = new Map<string, NamedHash>();
  for (const part of value.split(',').slice(0, MOST)) {
    const [, name, hash] = /^\s*(.+?)\s*:\s*([0-9a-f]{4,64})\s*$/i.exec(part) ?? [];
    if (name !== undefined && hash !== undefined) found.set(name, { name, hash: hash.toLowerCase() });
  }
  return [...found.values()];
}
