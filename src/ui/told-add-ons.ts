// LoRAs and embeddings that a parameters text names by hash, as the library here has them.
import { nameInList, type NamedHash } from '../generation/request/named-hashes.ts';
import { findLora, loraHash, type NamedLora } from '../library/lora-choice.ts';

export interface ToldLoras {
  /** With the names that the files have here, as A1111 does (extensions-builtin/Lora, infotext_pasted). */
  readonly prompt: string;
  /** Those that are not here by hash. */
  readonly missing: readonly NamedHash[];
}

const TAG = /<(lora|lyco):([^:>]+)/g;

export function withOwnNames(
  prompt: string,
  told: readonly NamedHash[],
  loras: readonly NamedLora[],
): ToldLoras {
  const byName = new Map(told.map((each) => [each.name, each]));
  const missing = new Map<string, NamedHash>();
  const own = prompt.replace(TAG, (tag, kind: string, name: string) => {
    const asked = byName.get(nameInList(name));
    if (!asked) return tag;
    const file = loras.find(
      (lora) => loraHash(lora).startsWith(asked.hash) || lora.sha256.startsWith(asked.hash),
    );
    if (!file) {
      missing.set(name, { ...asked, name });
      return tag;
    }
    return findLora(loras, name) === file ? tag : `<${kind}:${file.name}`;
  });
  return { prompt: own, missing: [...missing.values()] };
}
