// Merges of checkpoints made up: pieces and whole, quick and slow, block weights, refusals.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.ts';
import { safetensorsFile } from '../checkpoint/safetensors-file.ts';
import { bytesSource } from '../checkpoint/source.ts';
import type { Checkpoint, DType } from '../checkpoint/types.ts';
import { writeSafetensors } from '../../tests/safetensors-file.ts';
import { bytesOf } from './arithmetic.ts';
import { BLOCKS } from './blocks.ts';
import { mergedCheckpoint } from './merged-checkpoint.ts';
import { planMerge } from './plan.ts';
import type { MergeModels, MergeSettings } from './types.ts';

type Tensors = Readonly<Record<string, readonly [DType, readonly number[]]>>;

/** Values that go on from tensor to tensor. */
async function checkpointOf(tensors: Tensors, seed: number): Promise<Checkpoint> {
  let state = seed;
  const next = () => ((state = (state * 48_271) % 0x7fffffff) / 0x7fffffff) * 4 - 2;
  const entries = Object.entries(tensors).map(([name, [dtype, shape]]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values =
      dtype === 'I64'
        ? BigInt64Array.from({ length: count }, () => BigInt(Math.round(1000 * next())))
        : Float32Array.from({ length: count }, next);
    return { name, dtype, shape, bytes: bytesOf(values, dtype) };
  });
  return openCheckpoint(bytesSource(writeSafetensors(entries)));
}

const UNET = 'model.diffusion_model.';
const TENSORS: Tensors = {
  [`${UNET}input_blocks.0.0.weight`]: ['F16', [4, 4, 3, 3]],
  [`${UNET}input_blocks.3.0.op.weight`]: ['F32', [7, 5]],
  [`${UNET}middle_block.0.weight`]: ['BF16', [9]],
  [`${UNET}output_blocks.11.0.weight`]: ['F16', [3, 3]],
  [`${UNET}out.2.bias`]: ['F32', [4]],
  'first_stage_model.quant_conv.bias': ['F16', [8]],
  'model.count': ['I64', []],
  betas: ['F32', [3]],
};

const SETTINGS: MergeSettings = {
  method: 'Weighted sum',
  multiplier: 0.3,
  blocks: null,
  precision: 'float32',
  discard: '',
};

async function models(a: Tensors = TENSORS, b: Tensors = a, c: Tensors = a): Promise<MergeModels> {
  return {
    a: { name: 'a', checkpoint: await checkpointOf(a, 1) },
    b: { name: 'b', checkpoint: await checkpointOf(b, 2) },
    c: { name: 'c', checkpoint: await checkpointOf(c, 3) },
    vae: null,
  };
}

async function fileOf(given: MergeModels, settings: MergeSettings): Promise<Uint8Array> {
  const file = safetensorsFile(mergedCheckpoint(given, planMerge(given, settings)));
  return file.read(0, file.size);
}

describe('the file of a merge', () => {
  it('is the same in whatever pieces it is read', async () => {
    const given = await models();
    const file = safetensorsFile(mergedCheckpoint(given, planMerge(given, SETTINGS)));
    const whole = await file.read(0, file.size);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.size), fc.nat(file.size), async (from, to) => {
        const [start, end] = from < to ? [from, to] : [to, from];
        expect(await file.read(start, end - start)).toEqual(whole.subarray(start, end));
      }),
      { numRuns: 200 },
    );
    await expect(file.read(file.size, 1)).rejects.toThrow(RangeError);
  });

  it('is aligned', async () => {
    const given = await models();
    const { tensors } = await openCheckpoint(bytesSource(await fileOf(given, SETTINGS)));
    const sizes: Partial<Record<DType, number>> = { I64: 8, F32: 4, F16: 2, BF16: 2 };
    for (const { position, dtype } of tensors.values()) expect(position % sizes[dtype]!).toBe(0);
  });

  it('is A with nothing to merge, in the chosen precision', async () => {
    const given = await models();
    const settings = { ...SETTINGS, method: 'No interpolation', precision: 'bfloat16' } as const;
    const merged = await openCheckpoint(bytesSource(await fileOf(given, settings)));
    for (const [name, { dtype }] of merged.tensors) {
      const own = given.a!.checkpoint.tensors.get(name)!.dtype;
      expect(dtype).toBe(own === 'F32' ? 'BF16' : own);
    }
  });
});

describe('block weights', () => {
  it('are a plain weighted sum where they are all the same', async () => {
    const given = await models();
    const blocks = BLOCKS.map(() => 0.3);
    const plain = { ...SETTINGS, multiplier: 0.3 };
    expect(await fileOf(given, { ...plain, multiplier: 0.9, blocks })).toEqual(await fileOf(given, plain));
  });

  it('take each tensor as a merge by its block does', async () => {
    const given = await models();
    const blocks = BLOCKS.map((_, i) => i / 32);
    const merged = mergedCheckpoint(given, planMerge(given, { ...SETTINGS, blocks }));
    const block: Record<string, string> = {
      [`${UNET}input_blocks.0.0.weight`]: 'IN00',
      [`${UNET}input_blocks.3.0.op.weight`]: 'IN03',
      [`${UNET}middle_block.0.weight`]: 'M00',
      [`${UNET}output_blocks.11.0.weight`]: 'OUT11',
      [`${UNET}out.2.bias`]: 'OUT11',
      'first_stage_model.quant_conv.bias': 'BASE',
    };
    for (const [name, of] of Object.entries(block)) {
      const multiplier = BLOCKS.indexOf(of) / 32;
      const plain = mergedCheckpoint(given, planMerge(given, { ...SETTINGS, multiplier }));
      expect(await merged.read(name), name).toEqual(await plain.read(name));
    }
  });

  it('are as many as the model has blocks', async () => {
    const given = await models();
    expect(() => planMerge(given, { ...SETTINGS, blocks: [1, 2] })).toThrow(/26 numbers/);
  });
});

describe('what is refused', () => {
  it('names the first tensor that differs', async () => {
    const wide = { ...TENSORS, [`${UNET}middle_block.0.weight`]: ['BF16', [11]] } as const;
    const given = await models(TENSORS, wide);
    expect(() => planMerge(given, SETTINGS)).toThrow(
      /size of tensor a \(9\).*middle_block\.0\.weight is \[9\] in A/,
    );
  });

  it('does not spread a matrix over a convolution', async () => {
    const name = `${UNET}middle_block.1.proj_in.weight`;
    const given = await models({ [name]: ['F16', [3, 3, 1, 1]] }, { [name]: ['F16', [3, 3]] });
    expect(() => planMerge(given, SETTINGS)).toThrow(/differ/);
  });

  it('leaves something', async () => {
    const given = await models();
    expect(() => planMerge(given, { ...SETTINGS, discard: '.' })).toThrow(/Nothing would be left/);
    const vae = { name: 'vae', checkpoint: await checkpointOf({ 'decoder.x': ['F32', [1]] }, 4) };
    expect(() => planMerge({ ...given, vae }, SETTINGS)).toThrow(/VAE has no tensor/);
  });
});
