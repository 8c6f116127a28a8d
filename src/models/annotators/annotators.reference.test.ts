// The networks' own numbers against the originals, on onnxruntime's CPU (models/control/detect.json of the reference data).
import { describe, expect, it } from 'vitest';
import {
  annotatorNumbers,
  annotatorReference,
  loadAnnotator,
  networkOf,
  rawOf,
} from '../../../tests/annotators.ts';
import { relativeError, type Tensors } from '../../../tests/goldens.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { inferShapes } from '../../graph/shapes.ts';
import { detect } from '../detect.ts';
import { ARCHITECTURES } from './architectures.ts';
import { planAnnotator } from './file.ts';

const reference = annotatorReference();
const numbers: Tensors = reference ? await annotatorNumbers(reference) : new Map();

/** control/README.md of the reference data, "Tolerances": raw outputs. */
const TOLERANCE = 5e-5;

describe.skipIf(!reference).each(reference?.networks ?? [])('$name', (one) => {
  it("computes the original's numbers", async (context) => {
    const loaded = await loadAnnotator(one);
    if (!loaded) return context.skip('its file is not in the reference data');
    const { detection, readWeight } = loaded;
    expect(detection.supported).toBe(true);
    const raw = await rawOf(one, loaded, numbers);
    if (!raw) return context.skip('the reference data has no raw outputs');
    const built = networkOf(one, loaded, 'float32', raw.size);
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
