// What networks for faces are said to take of the GPU's memory, by the published layouts.
import { describe, expect, it } from 'vitest';
import { computing } from '../../../tests/computing.ts';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import type { DType } from '../../checkpoint/types.ts';
import type { StoredModel } from '../../library/types.ts';
import { detect } from '../../models/detect.ts';
import { planWeights } from '../../models/plan.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../request/settings/list.ts';
import { facesNeed } from './face-memory.ts';

interface Manifest {
  readonly tensors: Record<string, { readonly shape: number[]; readonly dtype: DType }>;
}

const files = [
  ['models', 'manifests'],
  ['models', 'extras', 'manifests'],
].flatMap((folder) =>
  listReference(...folder)
    .filter((name) => /^face-.*\.json\.gz$/.test(name) && !name.includes('mobile'))
    .map((name) => fileOf(name, readReferenceJson<Manifest>(...folder, name))),
);

/** As far as memory goes. */
function fileOf(name: string, { tensors }: Manifest): StoredModel {
  const shapes = new Map(Object.entries(tensors));
  const detection = detect(shapes, new Map(), null);
  const place = { network: 'face' as const, chunk: 0, offset: 0, byteLength: 0 };
  const kept = planWeights(shapes, detection).map(({ name, shape }) => ({ name, shape, ...place }));
  return { name, fileName: name, sha256: name, detection, tensors: kept } as unknown as StoredModel;
}

const without = (kind: string): StoredModel[] =>
  files.filter(({ detection }) => detection.face!.kind !== kind);

const needs = (models: readonly StoredModel[], on = computing(), side = 512, asked = true) => {
  const settings = { ...DEFAULT_IMAGE_SETTINGS, faceRestoration: asked };
  const request = { width: side, height: side, batchSize: 1 };
  return facesNeed({ ...request, settings: { ...settings, faceRestorationModel: 'CodeFormer' } }, models, on);
};

const kinds = new Set(files.map(({ detection }) => detection.face!.kind));

describe.skipIf(!kinds.has('codeformer') || !kinds.has('retina-face'))('published networks for faces', () => {
  it('take their weights, each in the precision in which it is computed', () => {
    // CodeFormer has 94.1 million, in float32 everywhere; RetinaFace 27.3 million, in halves where there are any.
    const [half, whole] = [true, false].map((shaderF16) =>
      needs(without('parse-net'), computing('onnxruntime', shaderF16)),
    );
    expect(half!.weights).toBeCloseTo(4 * 94.1e6 + 2 * 27.3e6, -7);
    expect(whole!.weights).toBeCloseTo(4 * 94.1e6 + 4 * 27.3e6, -7);
    expect(needs(files).weights).toBeGreaterThan(half!.weights);
  });

  it('take what the layers of a face take, whatever the size of the picture', () => {
    // 64 channels of a face in float32.
    const layer = 64 * 512 ** 2 * 4;
    const need = needs(files);
    expect(need.largest).toBeGreaterThanOrEqual(layer);
    expect(need.peak).toBeGreaterThan(2 * need.largest);
    expect(need.peak).toBeLessThan(16 * need.largest);
    expect(needs(files, computing(), 2048)).toEqual(need);
  });

  it('take nothing where faces are left as they are, or one of them is missing', () => {
    const nothing = { weights: 0, peak: 0, largest: 0 };
    expect(needs(files, computing(), 512, false)).toEqual(nothing);
    expect(needs(without('codeformer'))).toEqual(nothing);
    expect(needs(without('retina-face'))).toEqual(nothing);
  });
});
