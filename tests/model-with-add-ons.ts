// A tiny model with files applied to it that change its weights (LoRA and its relatives), in float32. Tests only.
import { readAddOn } from '../src/add-ons/file.ts';
import { layersOf } from '../src/add-ons/layers.ts';
import { LoraChanges } from '../src/add-ons/lora-changes.ts';
import type { Strength } from '../src/add-ons/module.ts';
import { toFloat32 } from '../src/checkpoint/convert.ts';
import type { Checkpoint } from '../src/checkpoint/types.ts';
import type { TinyModel } from './tiny-model.ts';

export interface UsedAddOn {
  readonly checkpoint: Checkpoint;
  readonly strength: Strength;
}

/** Changed tensors of the model whole, by their names. Throws where a file does not fit a layer. */
export async function changedWeights(
  model: Pick<TinyModel, 'checkpoint'>,
  files: readonly UsedAddOn[],
): Promise<Map<string, Float32Array>> {
  const { checkpoint } = model;
  const layers = layersOf(checkpoint.tensors.values());
  const opened = files.map((used, index) => ({
    ...used,
    name: `file ${index}`,
    sha256: String(index),
    file: readAddOn(used.checkpoint, layers),
  }));
  const changes = new LoraChanges(layers, opened, (remark) => {
    throw new Error(remark);
  });
  await changes.load();
  const changed = new Map<string, Float32Array>();
  for (const { name, dtype } of checkpoint.tensors.values()) {
    if (!changes.keys.has(name)) continue;
    const values = toFloat32(await checkpoint.read(name), dtype).slice();
    changed.set(name, changes.apply(name, values));
  }
  return changed;
}

/** The model as it is with these weights in place of its own. */
export function withWeights(model: TinyModel, changed: ReadonlyMap<string, Float32Array>): TinyModel {
  return {
    ...model,
    async readWeight(ref, precision) {
      const values = changed.get(ref.name);
      if (!values) return model.readWeight(ref, precision);
      if (precision !== 'float32') throw new Error('These weights are there in float32 alone.');
      const count = ref.shape.reduce((product, size) => product * size, 1);
      return new Uint8Array(values.slice(ref.start, ref.start + count).buffer);
    },
  };
}
