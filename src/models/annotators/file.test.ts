// Files of networks for control maps: known behind what is put around their names, of every published size, and refused in words.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DType } from '../../checkpoint/types.ts';
import { inferShapes } from '../../graph/shapes.ts';
import { detect } from '../detect.ts';
import { planWeights } from '../plan.ts';
import type { TensorShape, TensorShapes } from '../types.ts';
import { depthAnythingNetwork } from './depth-anything.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

function file(shapes: Shapes, dtype: DType = 'F32', prefix = ''): TensorShapes {
  return new Map(
    Object.entries(shapes).map(([name, shape]): [string, TensorShape] => [prefix + name, { shape, dtype }]),
  );
}

/** A convolution with its bias. */
const conv = (name: string, ...shape: readonly number[]): Shapes => ({
  [`${name}.weight`]: shape,
  [`${name}.bias`]: [shape[0]!],
});

/** ControlNetHED.pth. */
const HED: Shapes = Object.assign(
  { norm: [1, 3, 1, 1] },
  ...[64, 128, 256, 512, 512].flatMap((width, i, widths): Shapes[] => [
    ...Array.from({ length: i < 2 ? 2 : 3 }, (_, k) =>
      conv(`block${i + 1}.convs.${k}`, width, k > 0 ? width : (widths[i - 1] ?? 3), 3, 3),
    ),
    conv(`block${i + 1}.projection`, 1, width, 1, 1),
  ]),
) as Shapes;

/** depth_anything_v2_vits, _vitb and _vitl. */
function depthAnything(width: number, blocks: number, features: number, outs: readonly number[]): Shapes {
  const linear = (name: string, out: number, inputs: number): Shapes => conv(name, out, inputs);
  const norm = (name: string): Shapes => ({ [`${name}.weight`]: [width], [`${name}.bias`]: [width] });
  const scratch = 'depth_head.scratch';
  return Object.assign(
    {
      'pretrained.cls_token': [1, 1, width],
      'pretrained.pos_embed': [1, 1370, width],
    },
    conv('pretrained.patch_embed.proj', width, 3, 14, 14),
    norm('pretrained.norm'),
    ...Array.from({ length: blocks }, (_, i): Shapes => {
      const at = `pretrained.blocks.${i}`;
      return Object.assign(
        { [`${at}.ls1.gamma`]: [width], [`${at}.ls2.gamma`]: [width] },
        norm(`${at}.norm1`),
        norm(`${at}.norm2`),
        linear(`${at}.attn.qkv`, 3 * width, width),
        linear(`${at}.attn.proj`, width, width),
        linear(`${at}.mlp.fc1`, 4 * width, width),
        linear(`${at}.mlp.fc2`, width, 4 * width),
      ) as Shapes;
    }),
    ...outs.flatMap((out, i): Shapes[] => [
      conv(`depth_head.projects.${i}`, out, width, 1, 1),
      { [`${scratch}.layer${i + 1}_rn.weight`]: [features, out, 3, 3] },
      conv(`${scratch}.refinenet${i + 1}.out_conv`, features, features, 1, 1),
      ...[1, 2].flatMap((unit) =>
        [1, 2].map((k) =>
          conv(`${scratch}.refinenet${i + 1}.resConfUnit${unit}.conv${k}`, features, features, 3, 3),
        ),
      ),
    ]),
    conv('depth_head.resize_layers.0', outs[0]!, outs[0]!, 4, 4),
    conv('depth_head.resize_layers.1', outs[1]!, outs[1]!, 2, 2),
    conv('depth_head.resize_layers.3', outs[3]!, outs[3]!, 3, 3),
    conv(`${scratch}.output_conv1`, features / 2, features, 3, 3),
    conv(`${scratch}.output_conv2.0`, 32, features / 2, 3, 3),
    conv(`${scratch}.output_conv2.2`, 1, 32, 1, 1),
  ) as Shapes;
}

const said = (tensors: TensorShapes) => detect(tensors, new Map(), null).unsupportedReason;

describe('a file of a network for control maps', () => {
  it.each(['', 'module.', 'state_dict.', 'state_dict.module.'])(
    'is known behind "%s", and kept by its own names',
    (prefix) => {
      const tensors = file(HED, 'F16', prefix);
      const detection = detect(tensors, new Map(), null);
      expect(detection).toMatchObject({ kind: 'annotator', supported: true, annotator: { kind: 'hed' } });
      const plan = planWeights(tensors, detection).map(({ name, sources }) => [name, ...sources]);
      expect(plan.sort()).toEqual(
        Object.keys(HED)
          .map((name) => [name, prefix + name])
          .sort(),
      );
    },
  );

  it.each([
    ['vits', 384, 12, 64, [48, 96, 192, 384]],
    ['vitb', 768, 12, 128, [96, 192, 384, 768]],
    ['vitl', 1024, 24, 256, [256, 512, 1024, 1024]],
  ] as const)('is Depth Anything V2 of the published size %s', (_, width, blocks, features, outs) => {
    const tensors = file(depthAnything(width, blocks, features, outs));
    const detection = detect(tensors, new Map(), null);
    expect([detection.annotator?.kind, detection.unsupportedReason]).toEqual(['depth-anything-v2', null]);
    const size = { height: 518, width: 742 };
    const catalog = { shapeOf: (name: string) => tensors.get(name)?.shape };
    const { graph, feeds } = depthAnythingNetwork(catalog, 'float32', size);
    const shapes = inferShapes(graph, feeds({ image: new Float32Array(3 * 518 * 742) }));
    const depth = graph.outputs.find(({ name }) => name === 'depth')!;
    expect(shapes.get(depth.value)).toEqual([1, 1, 518, 742]);
  });

  it('is refused by the tensor that it lacks, or that does not fit', () => {
    const { 'block3.convs.1.weight': weight, ...without } = HED;
    expect(weight).toBeDefined();
    expect(said(file({ ...without, 'block3.convs.1.weight': [256, 255, 3, 3] }))).toMatch(
      /HED, which cannot be used\. .*Download it again/,
    );
    expect(said(file({ ...HED, 'block1.projection.weight': [1, 64, 3, 1] }))).toMatch(/not square/);
    expect(said(file(HED, 'I8'))).toMatch(/quantised/);
    const odd = depthAnything(384, 13, 64, [48, 96, 192, 384]);
    expect(said(file(odd))).toMatch(/13 blocks/);
  });

  it('is refused in words whatever its shapes are', () => {
    const size = fc.constantFrom(0, 1, 2, 3, 64, 2 ** 31 - 1);
    const change = fc.record({
      at: fc.nat(),
      shape: fc.option(fc.array(size, { maxLength: 5 }), { nil: null }),
    });
    const all = [HED, depthAnything(384, 12, 64, [48, 96, 192, 384])];
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (shapes, changes) => {
          const damaged = new Map(Object.entries(shapes));
          for (const { at, shape } of changes) {
            const name = [...damaged.keys()][at % damaged.size]!;
            if (shape) damaged.set(name, shape);
            else damaged.delete(name);
          }
          const detection = detect(file(Object.fromEntries(damaged)), new Map(), null);
          expect(detection.supported || detection.unsupportedReason !== null).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});
