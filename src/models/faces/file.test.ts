// Files that are nearly networks for faces: each is refused in words, quickly, or taken.
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import type { DType } from '../../checkpoint/types.ts';
import { detect } from '../detect.ts';
import { planWeights } from '../plan.ts';
import type { TensorShapes } from '../types.ts';

type Tensors = Record<string, { shape: number[]; dtype: DType }>;

/** The published layouts by what they are. */
const layouts = [
  ['models', 'manifests'],
  ['models', 'extras', 'manifests'],
].flatMap((folder) =>
  listReference(...folder)
    .filter((file) => /^face-.*\.json\.gz$/.test(file) && !file.includes('mobile'))
    .map((file) => {
      const { tensors } = readReferenceJson<{ tensors: Tensors }>(...folder, file);
      return { file, tensors };
    }),
);

const say = (tensors: Tensors) => detect(fileOf(tensors), new Map(), null);
const fileOf = (tensors: Tensors): TensorShapes => new Map(Object.entries(tensors));

/** Without prefixes that the layout itself has. */
function bare(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name.replace(/^module\./, ''), tensor]),
  );
}

describe.skipIf(layouts.length === 0).each(layouts)('$file', ({ tensors }) => {
  const whole = bare(tensors);
  const planned = planWeights(fileOf(whole), say(whole));

  it.each(['', 'params_ema.', 'params.', 'module.', 'state_dict.module.'])(
    'is known behind "%s", and kept by its own names',
    (prefix) => {
      const around = Object.fromEntries(
        Object.entries(whole).map(([name, tensor]) => [prefix + name, tensor]),
      );
      const detection = say(around);
      expect(detection.unsupportedReason).toBeNull();
      expect(detection.kind).toMatch(/^face-/);
      const plan = planWeights(fileOf(around), detection);
      expect(plan.map(({ name }) => name)).toEqual(planned.map(({ name }) => name));
      for (const { sources } of plan) expect(around).toHaveProperty([sources[0]!]);
    },
  );

  it('keeps the roots of variances, each in two numbers', () => {
    for (const { name, sources, form, shape } of planned) {
      const [source] = sources as [string];
      const isVariance = source.endsWith('running_var');
      expect(form, name).toBe(isVariance ? 'roots' : undefined);
      expect(shape, name).toEqual(isVariance ? [2, ...whole[source]!.shape] : whole[source]!.shape);
    }
  });

  it('is refused by any tensor that it lacks', () => {
    // Each costs a graph: every tenth.
    for (const { name, sources } of planned.filter((_, i) => i % 10 === 3)) {
      const { [sources[0]!]: gone, ...rest } = whole;
      expect(gone).toBeDefined();
      const { kind, supported, unsupportedReason } = say(rest);
      // Without one of those that it is known by, it is nothing that is known.
      if (kind === 'unknown') continue;
      expect(supported, name).toBe(false);
      expect(unsupportedReason, name).toMatch(/cannot be used\. .+ Download it again/);
    }
  });

  it('is refused where shapes do not fit, have no sense, or hold integers', () => {
    const { name, sources } = planned.find(({ shape }) => shape.length === 4 && shape[1]! > 3)!;
    const { shape } = whole[sources[0]!]!;
    const withShape = (changed: number[]) =>
      say({ ...whole, [sources[0]!]: { shape: changed, dtype: 'F32' } }).unsupportedReason;
    expect(withShape(shape.with(1, shape[1]! + 1)), name).toMatch(/cannot be used/);
    expect(withShape(shape.with(0, 2 ** 31 - 1)), name).toMatch(/cannot be used/);
    expect(withShape(shape.slice(0, 2)), name).toMatch(/cannot be used/);
    const whole8: Tensors = Object.fromEntries(
      Object.entries(whole).map(([key, { shape }]) => [key, { shape, dtype: 'I8' as const }]),
    );
    expect(say(whole8).unsupportedReason).toMatch(/quantised/);
  });
});

describe.skipIf(layouts.length === 0)('a size beyond all sense', () => {
  const sized = layouts.flatMap(({ tensors }) => {
    const position = tensors['position_emb'];
    return position ? [{ tensors, position }] : [];
  });

  it.each(sized)('is refused before anything is made of it', ({ tensors, position }) => {
    for (const places of [0, 64 ** 2, 2 ** 31]) {
      const shape = position.shape.with(0, places);
      const { kind, supported, unsupportedReason } = say({
        ...tensors,
        position_emb: { ...position, shape },
      });
      expect([kind, supported]).toEqual(['face-restorer', false]);
      expect(unsupportedReason).toMatch(/cannot be used/);
    }
  });
});

describe('relatives that are not run', () => {
  const tensor = { shape: [8, 3, 3, 3], dtype: 'F32' } as const;
  it.each([
    [
      ['params_ema.conv_body_first.0.weight', 'params_ema.stylegan_decoder.constant_input.weight'],
      'face-restorer',
      /GFPGAN 1\.0.*GFPGAN 1\.3 and 1\.4/,
    ],
    [['cp.resnet.conv1.weight', 'conv_out16.conv_out.weight'], 'face-parser', /BiSeNet.*ParseNet/],
  ] as const)('%s', (names, kind, said) => {
    const file = Object.fromEntries(names.map((name) => [name, { ...tensor, shape: [...tensor.shape] }]));
    const detection = say(file);
    expect(detection).toMatchObject({ kind, supported: false });
    expect(detection.unsupportedReason).toMatch(said);
  });
});
