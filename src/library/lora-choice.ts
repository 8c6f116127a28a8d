// LoRAs of the library by the names that prompts call them: A1111 1.10.1, extensions-builtin/Lora/networks.py
// (list_available_networks) and network.py (NetworkOnDisk).
import { stemOf } from './named-files.ts';
import type { StoredModel } from './types.ts';

/** What is looked at of a LoRA's file. */
export type NamedLora = Pick<StoredModel, 'sha256' | 'name' | 'fileName' | 'detection' | 'dataSha256'>;

/** Names that too many files give themselves. */
const FORBIDDEN = ['none', 'addams'];

export function lorasAmong<T extends NamedLora>(models: readonly T[]): readonly T[] {
  return models.filter(({ detection }) => detection.lora && detection.supported);
}

/** By the name it has in the library, its file's, or the one that its metadata gives it; null where it is not there. */
export function findLora<T extends NamedLora>(loras: readonly T[], wanted: string): T | null {
  return (
    loras.find(({ name }) => name === wanted) ??
    loras.find(({ fileName }) => stemOf(fileName) === wanted) ??
    (FORBIDDEN.includes(wanted.toLowerCase())
      ? null
      : (loras.find(({ detection }) => detection.lora?.alias === wanted) ?? null))
  );
}

/** What "Lora hashes" says of one: of the weights alone, so that a file whose metadata is edited stays the same. */
export function loraHash({ detection, dataSha256, sha256 }: NamedLora): string {
  return (detection.lora?.dataHash ?? dataSha256 ?? sha256).slice(0, 12);
}
