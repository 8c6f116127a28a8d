// Folders of LoRAs for tiny models, and what A1111's code computes with them. Tests only.
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Checkpoint } from '../src/checkpoint/types.ts';
import type { Strength } from '../src/add-ons/module.ts';
import type { UsedAddOn } from './model-with-add-ons.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from './reference-dir.ts';
import { readExpected, type Tensors } from './tiny-model.ts';

export interface LoraInfo {
  readonly file: string;
  readonly layers: number;
  readonly kinds: readonly string[];
  readonly layer_names: Readonly<Record<string, string>>;
}

export interface LoraRun {
  /** What its results are called before ".u0.out". */
  readonly name: string;
  readonly used: readonly UsedAddOn[];
}

export interface LoraFolder {
  readonly infos: readonly LoraInfo[];
  /** By their names without ending. */
  readonly files: ReadonlyMap<string, Checkpoint>;
  readonly expected: Tensors;
  readonly runs: readonly LoraRun[];
}

/** Folders, and the model that each is for. */
export function loraFolders(): { readonly folder: string; readonly model: string }[] {
  return listReference('models').flatMap((folder) => {
    const model = /^lora-(.+)$/.exec(folder)?.[1];
    const isThere = model !== undefined && listReference('models', folder).includes('expected.safetensors');
    return isThere && tinyModels().includes(model) ? [{ folder, model }] : [];
  });
}

export async function readLoraFolder(folder: string): Promise<LoraFolder> {
  const infos = readReferenceJson<LoraInfo[]>('models', folder, 'index.json');
  const expected = (await readExpected(folder, 'expected.safetensors'))!;
  const files = new Map<string, Checkpoint>();
  for (const { file } of infos) {
    const checkpoint = await openCheckpoint(bytesSource(readReference('models', folder, file)));
    files.set(file.replace(/\.safetensors$/, ''), checkpoint);
  }
  const names = [...expected.keys()].flatMap((key) => /^(.+)\.u0\.out$/.exec(key)?.[1] ?? []);
  const runs = names.flatMap((name) => {
    const used = usedIn(name, files);
    return used ? [{ name, used }] : [];
  });
  return { infos, files, expected, runs };
}

/** The files that a result was made with, and how strongly; null for what is none. */
function usedIn(run: string, files: ReadonlyMap<string, Checkpoint>): readonly UsedAddOn[] | null {
  if (run === 'plain') return [];
  if (run.includes('@')) {
    return run.split('+').map((one) => {
      const [stem, strength] = one.split('@') as [string, string];
      return { checkpoint: files.get(stem)!, strength: strengthOf(`s${strength}`)! };
    });
  }
  const stem = [...files.keys()].find((stem) => run.startsWith(`${stem}.`));
  const strength = stem === undefined ? null : strengthOf(run.slice(stem.length + 1));
  return strength && [{ checkpoint: files.get(stem!)!, strength }];
}

/** "s0.5", "te0.25-unet0.75". */
function strengthOf(text: string): Strength | null {
  const one = /^s([\d.]+)$/.exec(text);
  if (one) return { text: Number(one[1]), unet: Number(one[1]), dyn: null };
  const two = /^te([\d.]+)-unet([\d.]+)$/.exec(text);
  return two && { text: Number(two[1]), unet: Number(two[2]), dyn: null };
}
