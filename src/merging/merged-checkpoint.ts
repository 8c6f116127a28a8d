// The result of a merge as a checkpoint: nothing is computed until it is read, and then only what is read.
import { elementRange } from '../checkpoint/tensor.ts';
import type { Checkpoint, DType, TensorInfo } from '../checkpoint/types.ts';
import { add, bytesOf, scale, valuesOf, type Values } from './arithmetic.ts';
import { fastMix, type FastMix } from './fast-mix.ts';
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
  const mixers = new Map<string, FastMix | null>();
  const mixerOf = (tensor: PlannedTensor, mix: Mix): FastMix | null => {
    const key = [tensor.base.info.dtype, mix.b.info.dtype, mix.method, mix.multiplier, tensor.dtype].join();
    let mixer = mixers.get(key);
    if (mixer === undefined) mixers.set(key, (mixer = fastMix(tensor, mix)));
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
      if (!mix) return convert(await own, base.info.dtype, tensor.dtype);
      const [a, b, c] = await Promise.all([
        own,
        readFrom('b', mix.b.source, start, count),
        mix.c && readFrom('c', mix.c.source, start, count),
      ]);
      const fast = c ? null : mixerOf(tensor, mix);
      if (fast) return fast(a, b);
      const mixed = mixValues(mix, valuesOf(a, base.info.dtype), b, c);
      return bytesOf(mixed, tensor.dtype);
    },
  };
}

function convert(bytes: Uint8Array, from: DType, to: DType): Uint8Array {
  return from === to ? bytes : bytesOf(valuesOf(bytes, from), to);
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
