// The networks' own numbers against the originals, on onnxruntime's CPU (models/control/detect.json of the reference data).
import { describe, expect, it } from 'vitest';
import {
  annotatorNumbers,
  annotatorPicture,
  annotatorReference,
  loadAnnotator,
  type AnnotatorCase,
} from '../../../tests/annotators.ts';
import { relativeError, type Tensors } from '../../../tests/goldens.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { inferShapes } from '../../graph/shapes.ts';
import { detect } from '../detect.ts';
import type { AnnotatorInputs, AnnotatorSize } from './annotator-layers.ts';
import { ARCHITECTURES } from './architectures.ts';
import { depthAnythingNetwork } from './depth-anything.ts';
import { planAnnotator } from './file.ts';

const reference = annotatorReference();
const numbers: Tensors = reference ? await annotatorNumbers(reference) : new Map();

/** control/README.md of the reference data, "Tolerances": raw outputs. */
const TOLERANCE = 5e-5;

interface Raw {
  readonly size: AnnotatorSize;
  readonly inputs: AnnotatorInputs;
  /** Names of expected numbers, by output. */
  readonly expected: ReadonlyMap<string, string>;
}

/** What a case feeds its network, and what comes out; null for a case that does not tell. */
async function rawOf({ raw, runs }: AnnotatorCase, outputs: readonly string[]): Promise<Raw | null> {
  if (!raw) return null;
  const named = new Map<string, string>();
  const lists = Object.values(raw).filter((value): value is string[] => Array.isArray(value));
  const singles = Object.entries(raw).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && numbers.has(entry[1]),
  );
  if (numbers.has(String(raw['x']))) {
    const { dims, data } = numbers.get(String(raw['x']))!;
    const [height, width] = dims.slice(-2) as [number, number];
    named.set('depth', String(raw['depth']));
    for (const [key, value] of Object.entries(raw)) {
      const blocks = key.startsWith('patch_tokens') ? key.match(/\d+/g) : null;
      for (const [i, block] of (blocks ?? []).entries()) named.set(`tokens${block}`, (value as string[])[i]!);
    }
    return { size: { height, width }, inputs: { image: data }, expected: named };
  }
  const told = String(raw['input']);
  const [height, width] = /(\d+) x (\d+)/.exec(told)!.slice(1).map(Number) as [number, number];
  const picture = await annotatorPicture(/of (\S+\.png)/.exec(told)?.[1] ?? runs[0]!.picture);
  const scale = told.includes('0..255') ? 1 : 255;
  const image = new Float32Array(3 * height * width);
  for (let i = 0; i < image.length; i += 1) {
    const [c, at] = [Math.floor(i / (height * width)), i % (height * width)];
    const channel = told.includes('BGR') ? 2 - c : c;
    const pixel = Math.floor(at / width) * picture.width + (at % width);
    image[i] = picture.data[pixel * picture.channels + channel]! / scale;
  }
  const wanted = lists[0] ?? singles.map(([, name]) => name);
  for (const [i, name] of wanted.entries()) named.set(outputs[i]!, name);
  return { size: { height, width }, inputs: { image }, expected: named };
}

describe.skipIf(!reference).each(reference?.networks ?? [])('$name', (one) => {
  it("computes the original's numbers", async (context) => {
    const loaded = await loadAnnotator(one);
    if (!loaded) return context.skip('its file is not in the reference data');
    const { detection, catalog, readWeight } = loaded;
    expect(detection.supported).toBe(true);
    const { network, tried } = ARCHITECTURES[detection.annotator!.kind];
    const { outputs } = network(catalog, 'float32', { height: tried, width: tried });
    const raw = await rawOf(one, outputs);
    if (!raw) return context.skip('the reference data has no raw outputs');
    const heads = one.config?.['heads'];
    const built =
      typeof heads === 'number'
        ? depthAnythingNetwork(catalog, 'float32', raw.size, heads)
        : network(catalog, 'float32', raw.size);
    const session = await openNodeSession(built, readWeight);
    const results = await session.run(raw.inputs);
    expect(raw.expected.size).toBeGreaterThan(0);
    for (const [output, name] of raw.expected)
      expect(relativeError(results[output]!.data, numbers.get(name)!.data), name).toBeLessThan(TOLERANCE);
    // The shapes that the graph says of itself are those that come out.
    const shapes = inferShapes(built.graph, built.feeds(raw.inputs));
    for (const { name, value } of built.graph.outputs) expect(shapes.get(value)).toEqual(results[name]!.dims);
    await session.release();
  });
});

describe.skipIf(!reference)("OpenPose's network for bodies", () => {
  const layout = new Map(
    Object.entries(reference?.openpose_body_layout ?? {}).map(([name, shape]) => [
      name,
      { dtype: 'F32' as const, shape },
    ]),
  );

  it('is known by its tensors, reads all of them, and gives 38 and 19 maps', () => {
    const detection = detect(layout, new Map(), null);
    expect([detection.annotator?.kind, detection.unsupportedReason]).toEqual(['openpose-body', null]);
    expect(
      planAnnotator(layout)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...layout.keys()].sort());
    const size = { height: 184, width: 144 };
    const catalog = { shapeOf: (name: string) => layout.get(name)?.shape };
    const { graph, feeds } = ARCHITECTURES['openpose-body'].network(catalog, 'float32', size);
    const shapes = inferShapes(graph, feeds({ image: new Float32Array(3 * 184 * 144) }));
    const told = Object.fromEntries(graph.outputs.map(({ name, value }) => [name, shapes.get(value)]));
    expect(told).toEqual({ limbs: [1, 38, 23, 18], parts: [1, 19, 23, 18] });
  });

  it('is refused without one of them, by name', () => {
    const [first, ...others] = layout;
    const detection = detect(new Map(others), new Map(), null);
    expect(detection.supported).toBe(false);
    expect(detection.unsupportedReason).toContain(first![0]);
  });
});
