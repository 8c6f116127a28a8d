// A tiny model with files applied to it that change its weights (LoRA and its relatives), in float32. Tests only.
import { applied } from '../src/add-ons/apply.ts';
import { readAddOn, readParts } from '../src/add-ons/file.ts';
import { layersOf, type Layer } from '../src/add-ons/layers.ts';
import type { Tensor } from '../src/add-ons/matrix.ts';
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
  const changed = new Map<string, Float32Array>();
  const whole = async (name: string): Promise<Float32Array> => {
    const there = changed.get(name);
    if (there) return there;
    const values = toFloat32(await checkpoint.read(name), checkpoint.tensors.get(name)!.dtype).slice();
    changed.set(name, values);
    return values;
  };
  const own = async (layer: Layer, name: string): Promise<Tensor> => {
    const all = await whole(name);
    const count = all.length / (layer.part?.of ?? 1);
    const data = all.subarray((layer.part?.index ?? 0) * count, ((layer.part?.index ?? 0) + 1) * count);
    return { shape: name === layer.weight ? layer.shape : [count], data };
  };
  const opened = files.map(({ checkpoint }) => readAddOn(checkpoint, layers));
  for (const layer of layers.byName.values()) {
    const parts = await Promise.all(
      opened.map(async ({ modules }, i) => {
        const names = modules.get(layer.name);
        return names
          ? { parts: await readParts(files[i]!.checkpoint, names), strength: files[i]!.strength }
          : null;
      }),
    );
    if (parts.every((part) => part === null)) continue;
    const weight = await own(layer, layer.weight);
    const bias = layer.bias === null ? null : await own(layer, layer.bias);
    const after = applied(layer.name, weight, bias, parts);
    if (after.failed.length > 0) throw new Error(`${layer.name}: ${after.failed[0]!.reason}`);
    weight.data.set(after.weight.data);
    if (after.bias) bias!.data.set(after.bias.data);
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
