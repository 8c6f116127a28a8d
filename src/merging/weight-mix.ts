// A merge over a model that is loaded: its weights are mixed with others' as they are read, to the bytes that the merged file would have
// in the library, and there is no file.
import type { WeightMix } from '../add-ons/weight-changes.ts';
import { tensorMixer } from './merged-checkpoint.ts';
import { planMerge, type PlannedTensor } from './plan.ts';
import type { MergeModel, MergeSettings } from './types.ts';

/** A model of the library, as it is kept: float16. */
export interface KeptModel extends MergeModel {
  readonly sha256: string;
  /** A whole tensor, at once (workers only). */
  readNow(name: string): Uint16Array;
}

/** `a` is the model itself. The others as the method needs them. */
export interface MixedModels {
  readonly a: MergeModel;
  readonly b: KeptModel | null;
  readonly c: KeptModel | null;
  readonly vae: KeptModel | null;
}

/** Nothing is left out and nothing becomes narrower: `settings` say how weights are mixed. Throws MergeError, as a merge does. */
export function weightMix(
  models: MixedModels,
  settings: Pick<MergeSettings, 'method' | 'multiplier' | 'blocks'>,
): WeightMix {
  const { b, c, vae } = models;
  const { tensors } = planMerge(models, { ...settings, precision: 'float16', discard: '' });
  const planned = new Map<string, PlannedTensor>();
  const keys = new Map<string, string>();
  for (const tensor of tensors) {
    const { name, mix, from, base } = tensor;
    // What is no weight (position_ids) is not kept as one.
    if (base.info.dtype !== 'F16' || (!mix && from === 'a')) continue;
    planned.set(name, tensor);
    const sources = from === 'vae' ? [vae?.sha256] : [b?.sha256, mix?.c ? c?.sha256 : null];
    keys.set(name, JSON.stringify([mix?.method, mix?.multiplier, ...sources]));
  }
  const mix = tensorMixer();
  return {
    keys,
    mixed(name, own) {
      const tensor = planned.get(name)!;
      const read = (model: KeptModel | null, source: string) => bytesOf(model!.readNow(source));
      if (tensor.from === 'vae') return vae!.readNow(tensor.base.source).slice();
      const { mix: mixture } = tensor;
      const made = mix(
        tensor,
        bytesOf(own),
        mixture && read(b, mixture.b.source),
        mixture?.c ? read(c, mixture.c.source) : null,
      );
      return new Uint16Array(made.slice().buffer);
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
