// DDColor against the original, on onnxruntime's CPU: layer by layer, and a whole picture coloured; its published layouts.
import { describe, expect, it } from 'vitest';
import { thinned } from '../../../tests/faces.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { expectedOf, loadNetwork, networkCases } from '../../../tests/reference-networks.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import type { DType } from '../../checkpoint/types.ts';
import { colorize } from '../../finishing/colorize.ts';
import { inferShapes } from '../../graph/shapes.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { detect } from '../detect.ts';
import { ddColorNetwork, type ColorizerSize } from './ddcolor.ts';
import { findColorizer, planColorizer } from './file.ts';

/** models/extras/README.md of the reference data, "Tolerances": numbers, and bytes of a whole picture. */
const TOLERANCE = 5e-5;
const BYTES = 1;

const cases = await networkCases(({ label }) => label.startsWith('DDColor'));

describe.skipIf(cases.length === 0).each(cases)('$name', (one) => {
  it("gives the original's numbers", async () => {
    const { catalog, readWeight } = await loadNetwork(one, planColorizer);
    const expected = await expectedOf(one);
    const acts = [...expected.keys()].filter((key) => key.startsWith('act.'));
    const inputs = [...expected.keys()].filter((key) => key.startsWith('x.'));
    expect(inputs.length).toBeGreaterThan(0);
    for (const [i, key] of inputs.entries()) {
      const { data, dims } = expected.get(key)!;
      const [height, width] = dims.slice(-2) as [number, number];
      const taps = i === 0 ? acts.map((act) => act.slice('act.'.length)) : [];
      const network = ddColorNetwork(catalog, 'float32', { height, width }, taps);
      const session = await openNodeSession(network, readWeight);
      const results = await session.run({ image: data });
      const wanted = expected.get(key.replace('x.', 'out.'))!.data;
      expect(relativeError(results['ab']!.data, wanted), key).toBeLessThan(TOLERANCE);
      for (const act of taps.map((name) => `act.${name}`)) {
        const [result, { data, dims }] = [results[act]!, expected.get(act)!];
        const made = dims.length < 4 ? result.data : thinned(result, one.strides[act] ?? 1);
        expect(relativeError(made, data), act).toBeLessThan(TOLERANCE);
      }
      await session.release();
    }
  });

  it('colours a picture', async () => {
    const { catalog, readWeight } = await loadNetwork(one, planColorizer);
    const expected = await expectedOf(one);
    const { note } = readReferenceJson<{ note: string }>(...one.folder, 'index.json');
    const side = Number(/input_size (\d+)/.exec(note)?.[1]);
    const size: ColorizerSize = { height: side, width: side };
    const session = await openNodeSession(ddColorNetwork(catalog, 'float32', size), readWeight);
    const colorizer = {
      size,
      async colours({ data }: { readonly data: Float32Array }) {
        const { ab } = await session.run({ image: data });
        return { data: ab!.data, channels: 2, ...size };
      },
    };
    const pictures = [...expected.keys()].filter((key) => key.endsWith('.picture_bgr'));
    expect(pictures.length).toBeGreaterThan(0);
    for (const key of pictures) {
      const wanted = swapped(expected.get(key.replace('_bgr', '_out_bgr'))!);
      const made = await colorize(swapped(expected.get(key)!), colorizer);
      const errors = Array.from(wanted.data, (value, i) => Math.abs(value - made.data[i]!));
      expect(Math.max(...errors), key).toBeLessThanOrEqual(BYTES);
    }
    await session.release();
  });
});

/** Blue, green, red there. */
function swapped(from: { readonly data: Float32Array; readonly dims: readonly number[] }): PixelImage {
  const [height, width] = from.dims as [number, number];
  const data = Uint8Array.from(from.data, (_, i) => from.data[i + 2 - 2 * (i % 3)]!);
  return { height, width, channels: 3, data };
}

const manifests = listReference('models', 'extras', 'manifests').filter((file) => /ddcolor/.test(file));

describe.skipIf(manifests.length === 0).each(manifests)('%s', (file) => {
  const { tensors } = readReferenceJson<{ tensors: Record<string, { shape: number[]; dtype: DType }> }>(
    ...['models', 'extras', 'manifests', file],
  );
  const shapes = new Map(Object.entries(tensors));

  it('is known, read whole, and gives colours for every pixel', () => {
    expect(detect(shapes, new Map(), null)).toMatchObject({ label: 'DDColor colorizer', supported: true });
    const read = new Set(planColorizer(shapes).flatMap(({ sources }) => sources));
    // What the class knows by itself, and the norm after the last stage, which nothing looks at.
    const unread = /^(mean|std)$|num_batches_tracked$|^encoder\.arch\.norm\./;
    expect([...shapes.keys()].filter((name) => !read.has(name) && !unread.test(name))).toEqual([]);
    const { graph, feeds } = ddColorNetwork(findColorizer(shapes)!.weights, 'float32', {
      height: 512,
      width: 512,
    });
    const told = inferShapes(graph, feeds({ image: new Float32Array(3 * 512 * 512) }));
    expect(told.get(graph.outputs[0]!.value)).toEqual([1, 2, 512, 512]);
  });
});
