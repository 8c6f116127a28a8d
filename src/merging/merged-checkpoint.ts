// The result of a merge as a checkpoint: nothing is computed until it is read, and then only what is read.
import { elementRange } from '../checkpoint/tensor.ts';
import type { Checkpoint, TensorInfo } from '../checkpoint/types.ts';
import { add, bytesOf, scale, valuesOf, type Values } from './arithmetic.ts';
import { fastConvert, fastMix } from './fast-mix.ts';
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
  const mixers = new Map<string, Mixer>();
  const mixerOf = (tensor: PlannedTensor): Mixer => {
    const { base, mix, dtype } = tensor;
    const of = [base.info.dtype, mix?.b.info.dtype, mix?.c?.info.dtype, mix?.method, mix?.multiplier, dtype];
    const key = of.join();
    let mixer = mixers.get(key);
    if (!mixer) mixers.set(key, (mixer = makeMixer(tensor)));
    return mixer;
  };
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
      const { mix, base } = tensor;
      if (mix?.channels != null) return mixFirstLayer(tensor, mix, start, count, readFrom);
      const own = readFrom(tensor.from, base.source, start, count);
      if (!mix && base.info.dtype === tensor.dtype) return own;
      const others = [mix && (['b', mix.b] as const), mix?.c && (['c', mix.c] as const)];
      const given = others.map((of) => of && readFrom(of[0], of[1].source, start, count));
      const parts = await Promise.all([own, ...given]);
      return mixerOf(tensor)(parts.filter((bytes) => bytes != null));
    },
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

/**
 * A's first layer where it has more input channels than B's: only those of the latent are mixed, and put back in A's type.
 * It is small, and computed whole.
 */
async function mixFirstLayer(
  { base, dtype }: PlannedTensor,
  mix: Mix,
  start: number,
  count: number,
  readFrom: (role: Role, source: string, start: number, count: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const { shape, elementCount } = base.info;
  const [outputs = 0, inputs = 0] = shape;
  const kernel = elementCount / (outputs * inputs);
  const channels = mix.channels!;
  const all = mix.b.info.elementCount;
  const [bytesA, bytesB, bytesC] = await Promise.all([
    readFrom('a', base.source, 0, elementCount),
    readFrom('b', mix.b.source, 0, all),
    mix.c && readFrom('c', mix.c.source, 0, all),
  ]);
  const whole = valuesOf(bytesA, base.info.dtype).slice();
  const [row, mixedRow] = [inputs * kernel, channels * kernel];
  const latent = whole.slice(0, all);
  for (let i = 0; i < outputs; i++)
    latent.set(whole.subarray(i * row, i * row + mixedRow) as never, i * mixedRow);
  const mixed = mixValues(mix, latent, bytesB, bytesC);
  for (let i = 0; i < outputs; i++) {
    whole.set(mixed.subarray(i * mixedRow, (i + 1) * mixedRow) as never, i * row);
  }
  return bytesOf(whole.slice(start, start + count), dtype);
}
