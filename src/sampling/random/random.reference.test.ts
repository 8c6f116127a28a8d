// Generators against PyTorch's, A1111's and torchsde's own numbers (tests/reference/rng, samplers/brownian_*).
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { listReference, readReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { BrownianTree } from './brownian.ts';
import type { RandomSource } from './generator.ts';
import { ImageRng } from './image-rng.ts';
import { MersenneTwister } from './mersenne-twister.ts';
import { PhiloxGenerator } from './philox.ts';
import { generateState } from './seed-sequence.ts';
import { TorchGenerator } from './torch-generator.ts';

interface Draw {
  readonly call?: 'randn' | 'rand';
  readonly shape: readonly number[];
  readonly sum_float64?: number;
  readonly sha256_float32le?: string;
  readonly values?: readonly number[];
  readonly first64?: readonly number[];
  readonly last64?: readonly number[];
}
interface Draws {
  readonly seed: number;
  readonly draws: readonly Draw[];
}

const has = (folder: string, name: string): boolean => listReference(folder).includes(name);
/** A file of the reference; null, and its tests skipped, where it is not there. */
const load = <T>(folder: string, name: string): T | null =>
  has(folder, name) ? readReferenceJson<T>(folder, name) : null;
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const sha256 = (values: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

/** The files give the shortest text of a float32. */
const float32 = (values: readonly number[]): Float32Array => Float32Array.from(values);

function expectDraw(actual: Float32Array, draw: Draw, tolerance: number, bits = true): void {
  if (draw.values) expectClose(actual, float32(draw.values), tolerance);
  if (draw.first64) expectClose(actual.subarray(0, 64), float32(draw.first64), tolerance);
  if (draw.last64) expectClose(actual.subarray(-64), float32(draw.last64), tolerance);
  if (bits && draw.sha256_float32le) expect(sha256(actual)).toBe(draw.sha256_float32le);
}

describe.skipIf(!has('rng', 'torch_cpu.json'))('torch CPU generator', () => {
  interface TorchFile {
    readonly by_seed: readonly {
      readonly seed: number;
      readonly randn: readonly Draw[];
      readonly rand: readonly Draw[];
      readonly mt19937_words_first16: readonly number[];
      readonly mt19937_words_620_to_640: readonly number[];
    }[];
    readonly consecutive_randn_one_generator: readonly Draws[];
    readonly mixed_calls_one_generator: readonly Draws[];
    readonly float64_randn: readonly {
      readonly seed: number;
      readonly shape: number[];
      readonly values: number[];
    }[];
    readonly negative_seeds: readonly (Draw & { readonly seed: number })[];
  }
  const file = load<TorchFile>('rng', 'torch_cpu.json');

  it.each(file?.by_seed ?? [])('seed $seed: words, rand and randn, bit for bit', (entry) => {
    const engine = new MersenneTwister(entry.seed);
    const words = Array.from({ length: 640 }, () => engine.nextUint32());
    expect(words.slice(0, 16)).toEqual(entry.mt19937_words_first16);
    expect(words.slice(620)).toEqual(entry.mt19937_words_620_to_640);
    for (const draw of entry.randn) {
      expectDraw(new TorchGenerator(entry.seed).randn(product(draw.shape)), draw, 0);
    }
    for (const draw of entry.rand) {
      expectDraw(new TorchGenerator(entry.seed).rand(product(draw.shape)), draw, 0);
    }
  });

  it.each([...(file?.consecutive_randn_one_generator ?? []), ...(file?.mixed_calls_one_generator ?? [])])(
    'seed $seed: several draws from one generator',
    ({ seed, draws }) => {
      const generator = new TorchGenerator(seed);
      for (const draw of draws) expectDraw(generator[draw.call ?? 'randn'](product(draw.shape)), draw, 0);
    },
  );

  it.each(file?.float64_randn ?? [])('seed $seed, float64 $shape', ({ seed, shape, values }) => {
    expectClose(new TorchGenerator(seed).randn64(product(shape)), values, 1e-14);
  });

  it.each(file?.negative_seeds ?? [])('negative seed $seed', (draw) => {
    expectDraw(new TorchGenerator(draw.seed).randn(product(draw.shape)), draw, 0);
  });
});

describe.skipIf(!has('rng', 'nv_philox.json'))('Philox generator', () => {
  interface PhiloxFile {
    readonly by_seed: readonly {
      readonly seed: number;
      readonly randn: readonly Draw[];
      readonly consecutive: readonly Draw[];
    }[];
  }
  const file = load<PhiloxFile>('rng', 'nv_philox.json');

  it.each(file?.by_seed ?? [])('seed $seed', ({ seed, randn, consecutive }) => {
    for (const draw of randn) expectDraw(new PhiloxGenerator(seed).randn(product(draw.shape)), draw, 0);
    const generator = new PhiloxGenerator(seed);
    for (const draw of consecutive) expectDraw(generator.randn(product(draw.shape)), draw, 0);
  });
});

describe.skipIf(!has('rng', 'image_rng.json'))('ImageRng', () => {
  interface Case {
    readonly name: string;
    readonly randn_source: RandomSource;
    readonly shape: readonly [number, number, number];
    readonly eta_noise_seed_delta: number;
    readonly seeds: readonly number[];
    readonly subseeds?: readonly number[];
    readonly subseed_strength?: number;
    readonly seed_resize_from_h?: number;
    readonly seed_resize_from_w?: number;
    readonly draws: readonly Draw[];
    readonly npy?: string;
  }
  const { cases } = load<{ readonly cases: readonly Case[] }>('rng', 'image_rng.json') ?? { cases: [] };

  /** Data of a little-endian float32 .npy file in C order, version 1. */
  function readNpy(name: string): Float32Array {
    const bytes = readReference('rng', name);
    const header = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
    return new Float32Array(bytes.slice(10 + header).buffer);
  }

  it.each(cases)('$name, $randn_source', (c) => {
    const rng = new ImageRng({
      source: c.randn_source,
      shape: c.shape,
      seeds: c.seeds,
      etaNoiseSeedDelta: c.eta_noise_seed_delta,
      ...(c.subseeds && { subseeds: c.subseeds }),
      subseedStrength: c.subseed_strength ?? 0,
      seedResizeFromHeight: c.seed_resize_from_h ?? 0,
      seedResizeFromWidth: c.seed_resize_from_w ?? 0,
    });
    const stacked = c.npy === undefined ? null : readNpy(c.npy);
    let offset = 0;
    c.draws.forEach((draw, i) => {
      const actual = rng.next();
      // Interpolated noise is the sum of float32 operations in another order; everything else is exact.
      const interpolated = i === 0 && (c.subseed_strength ?? 0) !== 0;
      expectDraw(actual, draw, interpolated ? 3e-6 : 0, !interpolated);
      if (stacked) expectClose(actual, stacked.subarray(offset, offset + actual.length), 3e-6);
      offset += actual.length;
    });
  });
});

describe.skipIf(!has('samplers', 'seed_sequence.json'))('SeedSequence', () => {
  interface Case {
    readonly entropy: number;
    readonly pool_size: number;
    readonly root_generate_state_3: readonly number[];
    readonly nodes: readonly { readonly spawn_key: number[]; readonly generate_state_4: readonly number[] }[];
  }
  const { cases } = load<{ readonly cases: readonly Case[] }>('samplers', 'seed_sequence.json') ?? {
    cases: [],
  };

  it.each(cases)('entropy $entropy', ({ entropy, pool_size, root_generate_state_3, nodes }) => {
    expect([...generateState(entropy, [], pool_size, 3)]).toEqual(root_generate_state_3);
    for (const { spawn_key, generate_state_4 } of nodes) {
      expect([...generateState(entropy, spawn_key, pool_size, 4)]).toEqual(generate_state_4);
    }
  });
});

describe.skipIf(!has('samplers', 'brownian_tree.json'))('Brownian tree', () => {
  interface Query {
    readonly sigma: number;
    readonly sigma_next: number;
    readonly noise: readonly number[];
  }
  interface TreeCase {
    readonly randn_source: RandomSource;
    readonly seed: number;
    readonly sigma_min: number;
    readonly sigma_max: number;
    readonly shape: readonly number[];
    readonly queries: readonly Query[];
  }
  const { cases } = load<{ readonly cases: readonly TreeCase[] }>('samplers', 'brownian_tree.json') ?? {
    cases: [],
  };

  it.each(cases)('$randn_source, seed $seed', (c) => {
    const tree = new BrownianTree(c.randn_source, c.seed, product(c.shape), c.sigma_min, c.sigma_max);
    for (const { sigma, sigma_next, noise } of c.queries)
      expectClose(tree.noise(sigma, sigma_next), noise, 1e-5);
    for (const { sigma, sigma_next, noise } of [...c.queries].reverse()) {
      expectClose(tree.noise(sigma, sigma_next), noise, 1e-5);
    }
  });

  interface NoiseCase {
    readonly randn_source: RandomSource;
    readonly seeds: readonly number[];
    readonly shape: readonly [number, number, number, number];
    readonly sampler_like: string;
    readonly sigma_min: number;
    readonly sigma_max: number;
    readonly queries: readonly Query[];
  }
  const noise =
    load<{ readonly cases: readonly NoiseCase[] }>('samplers', 'brownian_noise.json')?.cases ?? [];

  it.each(noise)('batch $seeds, $randn_source, as $sampler_like asks', (c) => {
    const [, channels, height, width] = c.shape;
    const rng = new ImageRng({ source: c.randn_source, seeds: c.seeds, shape: [channels, height, width] });
    const sampler = rng.brownian(c.sigma_min, c.sigma_max);
    for (const query of c.queries) expectClose(sampler(query.sigma, query.sigma_next), query.noise, 1e-5);
  });
});
