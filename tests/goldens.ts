// What the reference implementations compute for a tiny model, compared with what a session computes, wherever that
// runs: nothing here needs Node.
import { toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import type { ByteSource } from '../src/checkpoint/types.ts';
import type { Precision } from '../src/graph/types.ts';
import type { TextInputs } from '../src/models/text-encoder.ts';
import type { UNetInputs } from '../src/models/unet.ts';
import type { VaeDecoderInputs, VaeEncoderInputs } from '../src/models/vae.ts';

/** Expected numbers by name. */
export type Tensors = ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>;

export interface Comparison {
  /** "u2.out" */
  readonly name: string;
  /** Largest absolute error over the largest absolute expected value. */
  readonly error: number;
  readonly limit: number;
}

/** Runs a network and gives one of its outputs. */
export type Run<I> = (inputs: I, output: string) => Promise<Float32Array>;

/** models/README.md of the reference data, "Tolerances". */
export const TOLERANCES: Readonly<
  Record<Precision, { text: number; unet: number; vae: number; taesd: number }>
> = {
  float32: { text: 1e-5, unet: 5e-5, vae: 5e-5, taesd: 5e-5 },
  float16: { text: 5e-3, unet: 2e-2, vae: 2e-2, taesd: 1e-2 },
};

/** All tensors of a file of expected numbers. */
export async function readTensors(source: ByteSource): Promise<Tensors> {
  const checkpoint = await openCheckpoint(source);
  const tensors = new Map<string, { dims: readonly number[]; data: Float32Array }>();
  for (const { name, shape, dtype } of checkpoint.tensors.values()) {
    tensors.set(name, { dims: shape, data: toFloat32(await checkpoint.read(name), dtype) });
  }
  return tensors;
}

/**
 * Of each kind of case (`u0`, `u1` ...) the smallest, and the smallest of several samples at once: where a device takes a
 * minute for all.
 */
export function smallestCases(expected: Tensors): Tensors {
  const keyOf = (name: string) => name.slice(0, name.indexOf('.'));
  const sizes = new Map<string, { samples: number; size: number }>();
  for (const [name, { dims, data }] of expected) {
    const before = sizes.get(keyOf(name));
    // What goes in and what comes out have the number of samples first; single numbers for each sample do not count.
    if (dims.length < 2) continue;
    sizes.set(keyOf(name), { samples: dims[0] ?? 0, size: (before?.size ?? 0) + data.length });
  }
  const kept = new Set<string>();
  for (const kind of new Set([...sizes.keys()].map((key) => key[0]))) {
    const cases = [...sizes].filter(([key]) => key.startsWith(kind!)).sort((a, b) => a[1].size - b[1].size);
    for (const several of [false, true]) {
      const smallest = cases.find(([, { samples }]) => samples > 1 === several);
      if (smallest) kept.add(smallest[0]);
    }
  }
  return new Map([...expected].filter(([name]) => kept.has(keyOf(name))));
}

/** The cases `u0`, `u1` ... of unet.safetensors. */
export async function compareUNet(
  expected: Tensors,
  precision: Precision,
  run: Run<UNetInputs>,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const key of casesOf(expected, /^(u\d+)\.out$/)) {
    const x = the(expected, `${key}.x`);
    const context = the(expected, `${key}.context`);
    const vector = expected.get(`${key}.y`)?.data;
    const [batch = 0, , height = 0, width = 0] = x.dims;
    const inputs = {
      x: x.data,
      batch,
      height,
      width,
      timesteps: the(expected, `${key}.t`).data,
      context: context.data,
      tokens: context.dims[1] ?? 0,
      ...(vector === undefined ? {} : { vector }),
    };
    const name = `${key}.out`;
    comparisons.push(compare(expected, name, await run(inputs, 'out'), TOLERANCES[precision].unet));
  }
  return comparisons;
}

/** What the reference calls the results of a text encoder, and the graph. SDXL's two have their own. */
const TEXT_RESULTS = {
  tokens: [
    [/^penultimate$/, 'skip.2'],
    [/^last$/, 'skip.1'],
    [/^skip(\d+)$/, 'skip.$1'],
  ],
  tokens_l: [[/^l$/, 'hidden.2']],
  tokens_g: [
    [/^g$/, 'hidden.2'],
    [/^pooled$/, 'pooled'],
  ],
} as const;

/**
 * The prompts `p0`, `p1` ... of text.safetensors, by one text encoder. `tokens`: what its ids are called. `outputs`: those the
 * graph has; shorter encoders than the reference's clip skips have fewer.
 */
export async function compareText(
  expected: Tensors,
  precision: Precision,
  tokens: keyof typeof TEXT_RESULTS,
  outputs: readonly string[],
  run: Run<TextInputs>,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const key of casesOf(expected, new RegExp(`^(p\\d+)\\.${tokens}$`))) {
    const { dims, data } = the(expected, `${key}.${tokens}`);
    const inputs = { tokens: Int32Array.from(data), chunks: dims[0] ?? 0 };
    for (const name of expected.keys()) {
      const result = name.startsWith(`${key}.`) ? name.slice(key.length + 1) : '';
      const known = TEXT_RESULTS[tokens].find(([pattern]) => pattern.test(result));
      const output = known && result.replace(known[0], known[1]);
      if (output === undefined || !outputs.includes(output)) continue;
      // Of a pooled text the reference keeps the first chunk's.
      const got = (await run(inputs, output)).subarray(0, the(expected, name).data.length);
      comparisons.push(compare(expected, name, got, TOLERANCES[precision].text));
    }
  }
  return comparisons;
}

/**
 * The pictures `e0`, `e1` ... of vae.safetensors: their means, which is what the app uses, and one logvar, the other half
 * of the same convolution's result. (A run gives one output, and takes a while in software.)
 */
export async function compareEncoder(
  expected: Tensors,
  precision: Precision,
  run: Run<VaeEncoderInputs>,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const [index, key] of casesOf(expected, /^(e\d+)\.mean$/).entries()) {
    const { data, ...size } = planesOf(expected, `${key}.x`);
    for (const output of index === 0 ? ['mean', 'logvar'] : ['mean']) {
      const result = await run({ image: data, ...size }, output);
      comparisons.push(compare(expected, `${key}.${output}`, result, TOLERANCES[precision].vae));
    }
  }
  return comparisons;
}

/** The latents `d0`, `d1` ... of vae.safetensors. */
export async function compareDecoder(
  expected: Tensors,
  precision: Precision,
  run: Run<VaeDecoderInputs>,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const key of casesOf(expected, /^(d\d+)\.image$/)) {
    const { data, ...size } = planesOf(expected, `${key}.latent`);
    const result = await run({ latent: data, ...size }, 'image');
    comparisons.push(compare(expected, `${key}.image`, result, TOLERANCES[precision].vae));
  }
  return comparisons;
}

/** The latents `z0`, `z1` ... of a tiny autoencoder, whose own pictures are 0..1. */
export async function compareTinyDecoder(
  expected: Tensors,
  precision: Precision,
  run: Run<VaeDecoderInputs>,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const key of casesOf(expected, /^(z\d+)\.image$/)) {
    const { data, ...size } = planesOf(expected, `${key}.latent`);
    const image = (await run({ latent: data, ...size }, 'image')).map((value) => (value + 1) / 2);
    comparisons.push(compare(expected, `${key}.image`, image, TOLERANCES[precision].taesd));
  }
  return comparisons;
}

/** Its pictures `e0`, `e1` ... */
export async function compareTinyEncoder(
  expected: Tensors,
  precision: Precision,
  run: Run<VaeEncoderInputs>,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const key of casesOf(expected, /^(e\d+)\.latent$/)) {
    const { data, ...size } = planesOf(expected, `${key}.image`);
    const image = data.map((value) => 2 * value - 1);
    const latent = await run({ image, ...size }, 'latent');
    comparisons.push(compare(expected, `${key}.latent`, latent, TOLERANCES[precision].taesd));
  }
  return comparisons;
}

function planesOf(expected: Tensors, name: string) {
  const { dims, data } = the(expected, name);
  const [batch = 0, , height = 0, width = 0] = dims;
  return { data, batch, height, width };
}

function casesOf(expected: Tensors, pattern: RegExp): string[] {
  return [...expected.keys()].flatMap((name) => pattern.exec(name)?.[1] ?? []).sort();
}

function the(expected: Tensors, name: string): { dims: readonly number[]; data: Float32Array } {
  const tensor = expected.get(name);
  if (tensor === undefined) throw new Error(`The reference data has no ${name}.`);
  return tensor;
}

function compare(expected: Tensors, name: string, actual: Float32Array, limit: number): Comparison {
  return { name, error: relativeError(actual, the(expected, name).data), limit };
}

/** Infinity for a NaN, which would pass every other comparison, and for another number of values. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  let error = 0;
  let scale = 0;
  for (const [i, want] of expected.entries()) {
    const difference = Math.abs((actual[i] ?? NaN) - want);
    if (Number.isNaN(difference)) return Infinity;
    error = Math.max(error, difference);
    scale = Math.max(scale, Math.abs(want));
  }
  return error / scale;
}
