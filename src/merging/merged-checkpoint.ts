// The result of a merge as a checkpoint: nothing is computed until it is read, and then only what is read.
import { elementRange } from '../checkpoint/tensor.ts';
import { BYTES_PER_ELEMENT, type Checkpoint, type TensorInfo } from '../checkpoint/types.ts';
import { add, bytesOf, scale, valuesOf, type Values } from './arithmetic.ts';
import { fastConvert, fastMix } from './fast-mix.ts';
import type { NamedTensor } from './names.ts';
import type { MergePlan, Mix, PlannedTensor, Role } from './plan.ts';
import type { MergeModels } from './types.ts';

/**
 * `metadata`: of the file to be. Positions count up, as the tensors stand in the plan. What is read is good until the next
 * read, and reads may not overlap.
 */
export function mergedCheckpoint(
  models: MergeModels,
  plan: MergePlan,
  metadata: ReadonlyMap<string, string> = new Map(),
): Checkpoint {
  const planned = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const tensors = new Map<string, TensorInfo>();
  for (const [position, { name, dtype, shape, base }] of plan.tensors.entries()) {
    tensors.set(name, { name, dtype, shape, elementCount: base.info.elementCount, position });
  }
  const mix = tensorMixer();
  const readFrom = (role: Role, source: string, start: number, count: number): Promise<Uint8Array> =>
    models[role]!.checkpoint.read(source, start, count);

  return {
    format: 'safetensors',
    tensors,
    unreadable: new Map(),
    metadata,
    async read(name, from, length) {
      const { start, count } = elementRange(tensors, name, from, length);
      const tensor = planned.get(name)!;
      const { base, mix: mixture } = tensor;
      // A first layer that is mixed in part is small, and computed whole.
      const isWhole = mixture?.channels != null;
      const read = (role: Role, { source, info }: NamedTensor): Promise<Uint8Array> =>
        isWhole ? readFrom(role, source, 0, info.elementCount) : readFrom(role, source, start, count);
      const own = read(tensor.from, base);
      if (!mixture && base.info.dtype === tensor.dtype) return own;
      const [a, b, c] = await Promise.all([
        own,
        mixture && read('b', mixture.b),
        mixture?.c ? read('c', mixture.c) : null,
      ]);
      const made = mix(tensor, a, b, c);
      const size = BYTES_PER_ELEMENT[tensor.dtype];
      return isWhole ? made.subarray(start * size, (start + count) * size) : made;
    },
  };
}

/** The bytes of a tensor of the result out of A's, B's and C's, those that take part. What it gives is good until the next call. */
export type TensorMixer = (
  tensor: PlannedTensor,
  a: Uint8Array,
  b: Uint8Array | null,
  c: Uint8Array | null,
) => Uint8Array;

export function tensorMixer(): TensorMixer {
  const mixers = new Map<string, Mixer>();
  return (tensor, ...parts) => {
    const { base, mix, dtype } = tensor;
    const given = parts.filter((bytes) => bytes !== null);
    if (mix?.channels != null) return mixFirstLayer(tensor, mix, given);
    if (!mix && base.info.dtype === dtype) return parts[0];
    const of = [base.info.dtype, mix?.b.info.dtype, mix?.c?.info.dtype, mix?.method, mix?.multiplier, dtype];
    const key = of.join();
    let mixer = mixers.get(key);
    if (!mixer) mixers.set(key, (mixer = makeMixer(tensor)));
    return mixer(given);
  };
}

/** The bytes of A's, B's and C's tensor, those that take part, as those of the result. */
type Mixer = (parts: readonly Uint8Array[]) => Uint8Array;

function makeMixer(tensor: PlannedTensor): Mixer {
  const { base, mix, dtype } = tensor;
  const values = (bytes: Uint8Array): Values => valuesOf(bytes, base.info.dtype);
  if (!mix) {
    const convert: Mixer = ([own]) => bytesOf(values(own!), dtype);
    return fastConvert(base.info.dtype, dtype, convert) ?? convert;
  }
  const exact: Mixer = ([a, b, c]) => bytesOf(mixValues(mix, values(a!), b!, c ?? null), dtype);
  return fastMix(tensor, mix, exact) ?? exact;
}

function mixValues(mix: Mix, a: Values, bytesB: Uint8Array, bytesC: Uint8Array | null): Values {
  const { method, multiplier, types } = mix;
  const b = valuesOf(bytesB, mix.b.info.dtype);
  if (method === 'Weighted sum') {
    const first = scale(a, 1 - multiplier, types.first);
    return add(first, scale(b, multiplier, types.second), 1, types.sum);
  }
  const difference = bytesC
    ? add(b, valuesOf(bytesC, mix.c!.info.dtype), -1, types.first)
    : scale(b, 0, types.first).fill(b instanceof BigInt64Array ? (0n as never) : (0 as never));
  return add(a, scale(difference, multiplier, types.second), 1, types.sum);
}

/** A's first layer where it has more input channels than B's: only those of the latent are mixed, and put back in A's type. */
function mixFirstLayer(
  { base, dtype }: PlannedTensor,
  mix: Mix,
  [bytesA, bytesB, bytesC = null]: readonly (Uint8Array | null)[],
): Uint8Array {
  const { shape, elementCount } = base.info;
  const [outputs = 0, inputs = 0] = shape;
  const kernel = elementCount / (outputs * inputs);
  const channels = mix.channels!;
  const whole = valuesOf(bytesA!, base.info.dtype).slice();
  const [row, mixedRow] = [inputs * kernel, channels * kernel];
  const latent = whole.slice(0, mix.b.info.elementCount);
  for (let i = 0; i < outputs; i++)
    latent.set(whole.subarray(i * row, i * row + mixedRow) as never, i * mixedRow);
  const mixed = mixValues(mix, latent, bytesB!, bytesC);
  for (let i = 0; i < outputs; i++) {
    whole.set(mixed.subarray(i * mixedRow, (i + 1) * mixedRow) as never, i * row);
  }
  return bytesOf(whole, dtype);
}
