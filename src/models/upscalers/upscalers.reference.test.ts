// The graphs of upscalers against the original classes, on onnxruntime's CPU; and their published layouts.
import { describe, expect, it } from 'vitest';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { expectedOf, loadUpscaler, upscalerCases } from '../../../tests/upscalers.ts';
import type { DType } from '../../checkpoint/types.ts';
import { detect } from '../detect.ts';
import { planWeights } from '../plan.ts';
import { architectureOf } from './architectures.ts';

const cases = await upscalerCases();

/** models/README.md and models/extras/README.md of the reference data, "Tolerances". */
const TOLERANCES = { float32: 5e-5, float16: 1e-2 };

describe.skipIf(cases.length === 0).each(cases)('$folder $file', (one) => {
  it.for(['float32', 'float16'] as const)('in %s', async (precision, context) => {
    const { detection, catalog, readWeight } = await loadUpscaler(one);
    expect(detection.unsupportedReason).toBeNull();
    const { kind, scale } = detection.upscaler!;
    const { half, network } = architectureOf(kind);
    if (precision === 'float16' && !half) return context.skip('computed in float32 everywhere');
    const session = await openNodeSession(network(catalog, precision, true), readWeight);
    const expected = await expectedOf(one);
    const pairs = one.pairs(expected);
    expect(pairs.length).toBeGreaterThan(0);
    for (const [input, output] of pairs) {
      const { data, dims } = expected.get(input)!;
      const [height, width] = dims.slice(-2) as [number, number];
      const { enlarged } = await session.run({ image: data, height, width });
      expect(enlarged!.dims).toEqual([1, 3, scale * height, scale * width]);
      expect(relativeError(enlarged!.data, expected.get(output)!.data), output).toBeLessThan(
        TOLERANCES[precision],
      );
    }
    await session.release();
  });
});

interface Manifest {
  readonly family: string;
  readonly tensors: Readonly<Record<string, { readonly shape: number[]; readonly dtype: DType }>>;
}

const manifests = [
  ['models', 'manifests'],
  ['models', 'extras', 'manifests'],
].flatMap((folder) =>
  listReference(...folder)
    .filter((file) => /^upscaler-.*\.json\.gz$/.test(file))
    .map((file) => ({ file, manifest: readReferenceJson<Manifest>(...folder, file) })),
);

describe.skipIf(manifests.length === 0)('published layouts', () => {
  it.each(manifests)('$file', ({ file, manifest }) => {
    const tensors = new Map(Object.entries(manifest.tensors));
    const detection = detect(tensors, new Map(), null);
    expect(detection.unsupportedReason).toBeNull();
    const told = /x(\d)/.exec(file)?.[1];
    if (told !== undefined) expect(detection.upscaler!.scale).toBe(Number(told));
    // Whatever no graph reads is a buffer, or made of what is read.
    const read = new Set(planWeights(tensors, detection).map(({ name }) => name));
    const unread = [...tensors.keys()].filter((name) => !read.has(name));
    expect(
      unread.filter(
        (name) =>
          !/attn_mask|relative_position_index|eval_conv|rpe_biases|num_batches_tracked|\.(biases|grid)$/.test(
            name,
          ),
      ),
    ).toEqual([]);
  });
});
