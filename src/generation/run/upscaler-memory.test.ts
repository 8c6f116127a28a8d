// What upscalers are said to take of the GPU's memory, by the published layouts.
import { describe, expect, it } from 'vitest';
import { computing } from '../../../tests/computing.ts';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import type { DType } from '../../checkpoint/types.ts';
import type { StoredModel } from '../../library/types.ts';
import { detect } from '../../models/detect.ts';
import { planWeights } from '../../models/plan.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../request/settings/list.ts';
import { upscalersNeed } from './upscaler-memory.ts';

const FOLDER = ['models', 'manifests'];
const NAME = 'upscaler-realesrgan-x4plus.json.gz';

function published(): Pick<StoredModel, 'detection' | 'tensors'> {
  const { tensors } = readReferenceJson<{ tensors: Record<string, { shape: number[]; dtype: DType }> }>(
    ...FOLDER,
    NAME,
  );
  const file = new Map(Object.entries(tensors));
  const detection = detect(file, new Map(), null);
  const place = { network: 'upscaler' as const, chunk: 0, offset: 0, byteLength: 0 };
  return {
    detection,
    tensors: planWeights(file, detection).map(({ name, shape }) => ({ name, shape, ...place })),
  };
}

describe.skipIf(!listReference(...FOLDER).includes(NAME))('Real-ESRGAN x4', () => {
  const model = published();
  const needs = (esrganTile: number, on = computing()) =>
    upscalersNeed(
      [model],
      { width: 512, height: 512, batchSize: 1, settings: { ...DEFAULT_IMAGE_SETTINGS, esrganTile } },
      on,
    );

  it('takes what a tile takes, and its weights', () => {
    // 16.7 million weights.
    expect(needs(192).weights).toBeCloseTo(33.4e6, -5);
    expect(needs(192, computing('onnxruntime', false)).weights).toBeCloseTo(66.8e6, -5);
    // At four times the size, 64 channels before a convolution and after it.
    const layer = 64 * (4 * 192) ** 2 * 2;
    expect(needs(192).largest).toBe(layer);
    expect(needs(192).peak).toBeGreaterThan(2 * layer);
    // Buffers come in a few sizes, and wait for the end of a submit.
    expect(needs(192).peak).toBeLessThan(16 * layer);
  });

  it('takes less by our own kernels', () => {
    const own = needs(192, computing('own'));
    expect(own.weights / needs(192).weights).toBeCloseTo(1, 2);
    expect(own.peak).toBeLessThan(needs(192).peak);
  });

  it('grows with the tile, and with the whole picture where there are none', () => {
    const [small, usual, whole] = [needs(96), needs(192), needs(0)];
    expect(small.peak).toBeLessThan(usual.peak / 2);
    expect(whole.peak).toBeGreaterThan(4 * usual.peak);
  });

  it('is nothing where no upscaler is asked for', () => {
    expect(upscalersNeed([], { width: 512, height: 512, batchSize: 1 }, computing())).toEqual({
      weights: 0,
      peak: 0,
      largest: 0,
    });
  });
});
