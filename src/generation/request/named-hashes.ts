// "Lora hashes" and "TI hashes" of a parameters text: which LoRAs and embeddings its prompts name (A1111 1.10.1,
// extensions-builtin/Lora/extra_networks_lora.py, modules/sd_hijack_clip.py).
import type { InfotextScalar } from './infotext/quote.ts';

export const LORAS_KEY = 'Lora hashes';
export const EMBEDDINGS_KEY = 'TI hashes';

export interface NamedHash {
  readonly name: string;
  /** The first digits of a SHA-256; A1111 writes 12. */
  readonly hash: string;
}

/** Of one text: more than any prompt has room for. */
const MOST = 100;

/** Names as those lists have them: commas and colons would part them, so A1111 leaves them out. */
export function nameInList(name: string): string {
  return name.replace(/[:,]/g, '');
}

/** Each name once, and nothing for an empty list. */
export function hashesToText(
  key: typeof LORAS_KEY | typeof EMBEDDINGS_KEY,
  named: readonly NamedHash[],
): Readonly<Record<string, InfotextScalar>> {
  if (named.length === 0) return {};
  const parts = new Map(named.map(({ name, hash }) => [nameInList(name), hash]));
  return { [key]: [...parts].map(([name, hash]) => `${name}: ${hash}`).join(', ') };
}

/** Each name once. What is no name and hash is passed over. */
export function hashesFromText(value: string): readonly NamedHash[] {
  const found = new Map<string, NamedHash>();
  for (const part of value.split(',').slice(0, MOST)) {
    const [, name, hash] = /^\s*(.+?)\s*:\s*([0-9a-f]{4,64})\s*$/i.exec(part) ?? [];
    if (name !== undefined && hash !== undefined) found.set(name, { name, hash: hash.toLowerCase() });
  }
  return [...found.values()];
}
