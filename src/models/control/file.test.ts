// Files of control networks that people bring: the published ones are recognised by names and shapes alone, damaged ones are refused by name.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listReference, readReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { openCheckpoint } from '../../checkpoint/open.ts';
import type { DType } from '../../checkpoint/types.ts';
import { detect } from '../detect.ts';
import { planWeights } from '../plan.ts';
import { tensorShapes } from '../tensor-shapes.ts';

interface Manifests {
  readonly layouts: Readonly<
    Record<string, { readonly tensors: Readonly<Record<string, readonly number[]>> }>
  >;
}

const layouts = listReference('models', 'control').includes('manifests.json.gz')
  ? Object.entries(readReferenceJson<Manifests>('models', 'control', 'manifests.json.gz').layouts)
  : [];
const files = listReference('models', 'control').filter((name) =>
  /^(control|t2i)_(?!.*_part\.).*\.safetensors\.gz$/.test(name),
);

const NO_METADATA: ReadonlyMap<string, string> = new Map();

describe.skipIf(layouts.length === 0)('published layouts', () => {
  it.each(layouts.filter(([name]) => /controlnet|t2i/.test(name) && !/style/.test(name)))(
    '%s is recognised',
    (name, layout) => {
      const tensors = new Map(
        Object.entries(layout.tensors).map(([tensor, shape]) => [tensor, { shape, dtype: 'F16' as DType }]),
      );
      const { kind, control, label, unsupportedReason } = detect(tensors, NO_METADATA, null);
      expect([kind, unsupportedReason]).toEqual(['controlnet', null]);
      expect(control!.family, label).toBe(/sdxl/.test(name) ? 'sdxl' : /sd2/.test(name) ? 'sd2' : 'sd1');
      expect(control!.controlTypes > 0).toBe(/union/.test(name));
    },
  );
});

describe.skipIf(files.length === 0).each(files)('%s', (file) => {
  it('with any one tensor gone or of another shape is refused by its name, or does without', async () => {
    const checkpoint = await openCheckpoint(bytesSource(readReference('models', 'control', file)));
    const { metadata } = checkpoint;
    const shapes = tensorShapes(checkpoint);
    const whole = detect(shapes, metadata, null);
    const plan = planWeights(shapes, whole);
    expect(plan.length).toBeGreaterThan(30);
    for (const { sources } of whole.control!.kind === 'control-lora'
      ? []
      : plan.filter((_, index) => index % 17 === 0)) {
      const [source] = sources;
      const bent = new Map(shapes);
      bent.set(source!, { dtype: 'F16', shape: [...shapes.get(source!)!.shape, 3] });
      const { supported, kind } = detect(bent, metadata, null);
      expect([source, supported], kind).toEqual([source, false]);
    }
  });
});

const every = listReference('models', 'control').filter((name) => name.endsWith('.safetensors.gz'));

describe.skipIf(every.length === 0)('files of every kind', () => {
  it.each(every)('%s is refused in words, or taken, whatever its shapes are', async (file) => {
    const checkpoint = await openCheckpoint(bytesSource(readReference('models', 'control', file)));
    const { metadata } = checkpoint;
    const whole = tensorShapes(checkpoint);
    const size = fc.constantFrom(0, 1, 2, 3, 64, 2 ** 31 - 1);
    const change = fc.record({
      at: fc.nat(),
      shape: fc.option(fc.array(size, { maxLength: 5 }), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const damaged = new Map(whole);
        for (const { at, shape } of changes) {
          const name = [...damaged.keys()][at % damaged.size]!;
          if (shape) damaged.set(name, { dtype: 'F16', shape });
          else damaged.delete(name);
        }
        const detection = detect(damaged, metadata, null);
        expect(detection.supported || detection.unsupportedReason !== null).toBe(true);
        // What is taken can be read.
        if (detection.supported) expect(planWeights(damaged, detection).length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});
