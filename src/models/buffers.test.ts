// Buffers that no file should have, and what of a sound file's own is kept.
import { describe, expect, it } from 'vitest';
import type { Checkpoint, DType } from '../checkpoint/types.ts';
import { alphasCumprodOf, vFactorsOf } from '../generation/request/alphas.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../generation/request/settings/list.ts';
import { positionsAdvice, positionsToText } from '../generation/request/positions-text.ts';
import { downcastAlphas, linearAlphasCumprod, zeroTerminalSnr } from '../sampling/noise-table.ts';
import { readBuffers, usualSchedule } from './buffers.ts';
import type { Detection, TextEncoderConfig } from './types.ts';

const POSITION_IDS = 'cond_stage_model.transformer.text_model.embeddings.position_ids';
const TOKENS = 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight';

/** A file of these tensors, all float32 unless given as integers, beside a text encoder's first. */
function fileOf(tensors: Readonly<Record<string, readonly number[] | BigInt64Array>>): Checkpoint {
  const data = new Map<string, { dtype: DType; bytes: Uint8Array; count: number }>();
  for (const [name, values] of Object.entries({ [TOKENS]: [0], ...tensors })) {
    const array = values instanceof BigInt64Array ? values : Float32Array.from(values);
    const dtype = values instanceof BigInt64Array ? 'I64' : 'F32';
    data.set(name, { dtype, bytes: new Uint8Array(array.buffer), count: array.length });
  }
  return {
    format: 'safetensors',
    tensors: new Map(
      [...data].map(([name, { dtype, count }]) => [
        name,
        { name, dtype, shape: [count], elementCount: count, position: 0 },
      ]),
    ),
    unreadable: new Map(),
    metadata: new Map(),
    read: async (name) => data.get(name)!.bytes,
  };
}

const ENCODER: TextEncoderConfig = {
  type: 'clip',
  prefix: 'cond_stage_model.transformer.text_model.',
  width: 8,
  layers: 1,
  heads: 1,
  mlpWidth: 32,
  vocabulary: 49408,
  positions: 77,
  activation: 'quick_gelu',
  projection: null,
};
const DETECTION = { kind: 'sd1', networks: { textEncoders: [ENCODER] } } as unknown as Detection;
const SDXL_V = { kind: 'sdxl-base', networks: null, prediction: { value: 'v', from: 'shapes' } } as Detection;

const read = (tensors: Parameters<typeof fileOf>[0]) => readBuffers(fileOf(tensors), DETECTION);
const usual = [...linearAlphasCumprod()];
const sound = Array.from({ length: 77 }, (_, i) => i);
const at = (values: readonly number[], index: number, value: number): number[] => values.with(index, value);

describe('noise levels of a file', () => {
  it('are kept where they are its own', async () => {
    const half = [...downcastAlphas(usual)];
    expect(await read({ alphas_cumprod: half })).toEqual({ buffers: { alphasCumprod: half }, notes: [] });
    expect(await read({})).toEqual({ buffers: {}, notes: [] });
  });

  it("are not, of SDXL's, for which A1111 has its own", async () => {
    const file = fileOf({ alphas_cumprod: [...downcastAlphas(usual)] });
    expect(await readBuffers(file, SDXL_V)).toEqual({ buffers: {}, notes: [] });
  });

  it('end without signal where the file says so, and the setting nothing else', async () => {
    const file = fileOf({ ztsnr: [], v_pred: [] });
    const { buffers, notes } = await readBuffers(file, SDXL_V);
    expect(buffers).toEqual({ zeroTerminalSnr: true });
    expect(notes).toEqual([expect.stringMatching(/zero terminal SNR/)]);
    const said = { ...fileOf({}), metadata: new Map([['ss_zero_terminal_snr', 'True']]) };
    expect((await readBuffers(said, SDXL_V)).buffers).toEqual(buffers);
    // Predicting noise, nothing could be drawn from it.
    expect((await readBuffers(file, DETECTION)).buffers).toEqual({});

    const alphas = (noiseSchedule: 'Default' | 'Ordinary') =>
      alphasCumprodOf({ ...DEFAULT_IMAGE_SETTINGS, noiseSchedule }, buffers);
    expect(alphas('Default')).toEqual(zeroTerminalSnr(usual));
    expect(alphas('Ordinary')).toEqual(linearAlphasCumprod());
  });

  it('are not, where they are the usual ones, or read by nothing', async () => {
    const { alphasCumprod, sqrtAlphasCumprod, sqrtOneMinusAlphasCumprod } = usualSchedule();
    const tensors = {
      alphas_cumprod: [...alphasCumprod],
      sqrt_alphas_cumprod: [...sqrtAlphasCumprod],
      sqrt_one_minus_alphas_cumprod: [...sqrtOneMinusAlphasCumprod],
      betas: usual,
      scale_factor: [0.3],
      logvar: usual,
    };
    expect(await read(tensors)).toEqual({ buffers: {}, notes: [] });
  });

  it.each<[string, readonly number[], RegExp]>([
    ['NaN', at(usual, 500, NaN), /no numbers/],
    ['infinity', at(usual, 0, Infinity), /no numbers/],
    ['negative ones', at(usual, 999, -0.1), /between 0 and 1/],
    ['huge ones', at(usual, 0, 3e38), /between 0 and 1/],
    ['no signal at the end', at(usual, 999, 0), /between 0 and 1/],
    ['no noise at the start', at(usual, 0, 1), /between 0 and 1/],
    ['a step back', at(usual, 500, 0.9), /one way/],
    ['equal ones at the end', at(usual, 999, usual[998]!), /last two/],
    ['too few', usual.slice(1), /999 of them instead of 1000/],
    ['too many', [...usual, 0.001], /1001/],
  ])('with %s are left aside with a word', async (_, values, why) => {
    const { buffers, notes } = await read({ alphas_cumprod: values });
    expect(buffers).toEqual({});
    expect(notes).toEqual([expect.stringMatching(why)]);
  });

  it('in a form that cannot be read are left aside with a word', async () => {
    const file = fileOf({});
    const unreadable = new Map([['alphas_cumprod', { shape: [1000], form: 'the number format "F4"' }]]);
    const { buffers, notes } = await readBuffers({ ...file, unreadable }, DETECTION);
    expect(buffers).toEqual({});
    expect(notes.join()).toContain('F4');
  });

  it('are bent by the settings like the usual ones; the roots that v-prediction reads never are', () => {
    const alphasCumprod = usual.map((alpha) => Math.fround(alpha * 0.99));
    const sqrtAlphasCumprod = usual.map((alpha) => Math.fround(Math.sqrt(alpha) * 0.9));
    const buffers = { alphasCumprod, sqrtAlphasCumprod };
    const settings = { ...DEFAULT_IMAGE_SETTINGS, noiseSchedule: 'Zero Terminal SNR' as const };
    expect([...alphasCumprodOf(DEFAULT_IMAGE_SETTINGS, buffers)]).toEqual(alphasCumprod);
    expect(alphasCumprodOf(settings, buffers)).toEqual(zeroTerminalSnr(alphasCumprod));
    expect(vFactorsOf(buffers).v).toBe(sqrtAlphasCumprod);
    // A1111 leaves a model's roots alone, whatever its alphas are.
    expect(vFactorsOf({ alphasCumprod })).toEqual(vFactorsOf({}));
    expect(vFactorsOf({}).x[999]).toBe(Math.sqrt(1 - usual[999]!));
  });
});

describe('position ids of a file', () => {
  it('are cut off to whole numbers', async () => {
    const merged = sound.map((id) => Math.fround(id * (1 - 1e-7)));
    const { buffers, notes } = await read({ [POSITION_IDS]: merged });
    expect(buffers.positionIds).toEqual(merged.map(Math.trunc));
    expect(notes).toEqual([]);
    expect((await read({ [POSITION_IDS]: at(sound, 0, -0.5) })).buffers).toEqual({});
  });

  it('are nothing to say when sound, as whole numbers or not', async () => {
    const integers = BigInt64Array.from(sound, BigInt);
    expect(await read({ [POSITION_IDS]: integers })).toEqual({ buffers: {}, notes: [] });
    expect(await read({ [POSITION_IDS]: sound.map((id) => id + 0.25) })).toEqual({ buffers: {}, notes: [] });
  });

  it('go by their old name, too', async () => {
    const old = POSITION_IDS.replace('text_model.', '');
    expect((await read({ [old]: at(sound, 5, 4) })).buffers.positionIds).toEqual(at(sound, 5, 4));
  });

  it.each<[string, readonly number[] | BigInt64Array, RegExp]>([
    ['beyond the last', at(sound, 0, 77), /lead out/],
    ['negative', at(sound, 0, -1), /lead out/],
    ['NaN', at(sound, 0, NaN), /lead out/],
    ['immense', BigInt64Array.from(sound, BigInt).with(3, 2n ** 62n), /lead out/],
    ['too few', sound.slice(1), /76 of them/],
  ])('%s: sound ones are used, with a word', async (_, values, why) => {
    const { buffers, notes } = await read({ [POSITION_IDS]: values });
    expect(buffers).toEqual({});
    expect(notes).toEqual([expect.stringMatching(why)]);
  });

  it('are told by pictures only where they differ from what A1111 draws with', () => {
    const buffers = { positionIds: at(sound, 5, 4) };
    const told = [{ name: 'Sound position ids', value: 'True' }];
    expect(positionsToText({ buffers, soundPositions: true })).toEqual({ 'Sound position ids': true });
    expect(positionsToText({ buffers, soundPositions: false })).toEqual({});
    expect(positionsToText({ buffers: {}, soundPositions: true })).toEqual({});
    expect(positionsAdvice(told, { buffers, soundPositions: true })).toBeNull();
    expect(positionsAdvice([], { buffers })).toBeNull();
    expect(positionsAdvice(told, { buffers })).toMatch(/sound position ids/);
    expect(positionsAdvice([], { buffers, soundPositions: true })).toMatch(/of the model's file/);
    expect(positionsAdvice(told, { buffers: {} })).toBeNull();
  });
});
