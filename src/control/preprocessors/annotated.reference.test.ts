// Preprocessors that run networks, whole pictures against the extension (models/control/detect.json of the reference data), and
// people found in maps and drawn.
import { describe, expect, it } from 'vitest';
import {
  annotatorNumbers,
  annotatorPicture,
  annotatorReference,
  loadAnnotator,
  networkOf,
  type AnnotatorCase,
} from '../../../tests/annotators.ts';
import { controlJson, controlTensors, differences, rasterOf } from '../../../tests/control-pictures.ts';
import type { Tensors } from '../../../tests/goldens.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { withoutPause } from '../../image/pause.ts';
import { ARCHITECTURES } from '../../models/annotators/architectures.ts';
import type { RunAnnotator } from './annotators.ts';
import { depthInput } from './depth.ts';
import { asRgb } from './hint.ts';
import { detectedMap, type MapOrder } from './hints.ts';
import { drawnPeople } from './pose/draw-people.ts';
import { findPeople } from './pose/find-people.ts';
import { mapsOf, networkInput, peopleOf } from './pose/openpose.ts';
import type { Keypoints, Person } from './pose/pose.ts';
import { PREPROCESSORS } from './table.ts';

const reference = annotatorReference();
const numbers: Tensors = reference ? await annotatorNumbers(reference) : new Map();

/** control/README.md of the reference data, "Tolerances": pictures, scores. Shapes follow OpenCV's polygons, and are the same. */
const [PICTURES, SCORES] = [1, 1e-4];

function order(more: Partial<MapOrder> & Pick<MapOrder, 'picture' | 'preprocessor'>): MapOrder {
  return {
    mask: null,
    resolution: 512,
    thresholdA: -1,
    thresholdB: -1,
    pixelPerfect: false,
    resizeMode: 'Just Resize',
    target: more.picture,
    seed: 0,
    ...more,
  };
}

/** The case's network on onnxruntime's CPU; null where its file is not there. */
async function runnerOf(one: AnnotatorCase): Promise<RunAnnotator | null> {
  const loaded = await loadAnnotator(one);
  if (!loaded) return null;
  const { readWeight } = loaded;
  return async ({ kind }, { width, height, data }, outputs) => {
    expect(kind).toBe(loaded.detection.annotator!.kind);
    const network = networkOf(one, loaded, 'float32', { width, height });
    const session = await openNodeSession(network, readWeight);
    const results = await session.run({ image: data as Float32Array }, outputs);
    await session.release();
    return outputs.map((output) => results[output]!.data);
  };
}

describe.skipIf(!reference).each(reference?.networks ?? [])('$name', (one) => {
  it.each(one.runs)("makes the extension's map: $module of $picture", async (run) => {
    const annotate = await runnerOf(one);
    if (!annotate) return;
    const picture = await annotatorPicture(run.picture);
    const asked = order({ picture, preprocessor: run.module, resolution: run.resolution });
    const made = await detectedMap(asked, { annotate, pause: withoutPause });
    const expected = rasterOf(numbers, run.map);
    expect([made.width, made.height]).toEqual([expected.width, expected.height]);
    expect(differences(made.data, expected.data).largest).toBeLessThanOrEqual(PICTURES);
  });

  it.skipIf(!one.transform)('brings pictures to the size of its network', async () => {
    const { picture, size, each_14 } = one.transform!;
    const { channels, width, height, data } = await depthInput(
      asRgb(await annotatorPicture(picture)),
      withoutPause,
    );
    expect([channels, height, width]).toEqual(size);
    const { dims, data: expected } = numbers.get(each_14)!;
    const [, rows, columns] = dims as [number, number, number];
    const kept = Array.from(expected, (_, i) => {
      const [c, at] = [Math.floor(i / (rows * columns)), i % (rows * columns)];
      const [x, y] = [14 * (at % columns), 14 * Math.floor(at / columns)];
      return data[(c * height + y) * width + x]!;
    });
    expect(differences(kept, expected).largest).toBeLessThan(1e-5);
  });
});

describe.skipIf(!reference).each(reference?.openpose ?? [])('people in the maps "$name"', (one) => {
  const [height, width] = one.picture_hw;
  const maps = async () => {
    const [parts, limbs] = [numbers.get(one.heatmaps)!, numbers.get(one.pafs)!];
    const [, rows, columns] = parts.dims as [number, number, number];
    const blank = { width, height, channels: 3 as const, data: new Uint8Array(3 * width * height) };
    const { input, size } = await networkInput(blank, withoutPause);
    expect([1, input.channels, input.height, input.width]).toEqual(one.network_input);
    const cells = { width: columns, height: rows };
    return mapsOf(parts.data, limbs.data, cells, size, blank, withoutPause);
  };

  it('are where the extension finds them', async () => {
    const { candidates, people } = await findPeople(await maps(), withoutPause);
    expect(candidates.map(({ x, y }) => [x, y])).toEqual(one.candidates.map(([x, y]) => [x, y]));
    for (const [i, { score }] of candidates.entries())
      expect(Math.abs(score - one.candidates[i]![2])).toBeLessThan(SCORES);
    expect(people.map(({ parts, count }) => [...parts, count])).toEqual(
      one.people.map((row) => [...row.slice(0, 18), row[19]]),
    );
    for (const [i, { score }] of people.entries())
      expect(Math.abs(score - one.people[i]![18]!)).toBeLessThan(SCORES);
  });

  it('are told and drawn as there', async () => {
    const people = await peopleOf(await maps(), withoutPause);
    const told = people.map(({ body }) =>
      body.flatMap((point) => (point ? [point.x, point.y, 1] : [0, 0, 0])),
    );
    for (const [i, { pose_keypoints_2d }] of one.json.people.entries())
      expect(differences(told[i]!, pose_keypoints_2d).largest).toBeLessThan(1e-9);
    const drawn = drawnPeople(people, { width, height }, { body: true, hands: false, face: false });
    expect(differences(drawn.data, rasterOf(numbers, one.drawn).data).share).toBe(0);
  });
});

interface DrawCase {
  readonly id: string;
  readonly kind: string;
  readonly pose: {
    readonly people: readonly Readonly<Record<string, readonly number[] | null>>[];
    readonly canvas_height: number;
    readonly canvas_width: number;
  };
  readonly out: Readonly<Record<string, string>>;
}

const pictures = controlJson<{ readonly tensors: string; readonly cases: readonly DrawCase[] }>('pre.json');
const drawings: Tensors = pictures ? await controlTensors(pictures.tensors) : new Map();

describe.skipIf(!pictures)('people', () => {
  it.each((pictures?.cases ?? []).filter(({ kind }) => kind === 'openpose_draw'))(
    'are drawn: $id',
    ({ pose, out }) => {
      const keypoints = (list: readonly number[] | null | undefined): Keypoints | null =>
        list
          ? Array.from({ length: list.length / 3 }, (_, i) =>
              list[3 * i + 2]! < 1 ? null : { x: list[3 * i]!, y: list[3 * i + 1]! },
            )
          : null;
      const people = pose.people.map((one): Person => ({
        body: keypoints(one['pose_keypoints_2d']) ?? [],
        leftHand: keypoints(one['hand_left_keypoints_2d']),
        rightHand: keypoints(one['hand_right_keypoints_2d']),
        face: keypoints(one['face_keypoints_2d']),
      }));
      const size = { width: pose.canvas_width, height: pose.canvas_height };
      for (const [name, wanted] of Object.entries(out)) {
        const all = name === 'all';
        const made = drawnPeople(people, size, { body: true, hands: all, face: all });
        expect(differences(made.data, rasterOf(drawings, wanted).data).share, name).toBe(0);
      }
    },
  );
});

it('every kind of file that the table names is asked for', async () => {
  const picture = { width: 64, height: 64, channels: 3 as const, data: new Uint8Array(3 * 64 * 64) };
  // What CLIP sees is no map.
  const mapping = PREPROCESSORS.filter(({ by }) => by in ARCHITECTURES && by !== 'clip-vision');
  for (const { name, by } of mapping) {
    const annotate: RunAnnotator = ({ kind, preprocessor }) =>
      Promise.reject(new Error(`${kind} for ${preprocessor}`));
    await expect(
      detectedMap(order({ picture, preprocessor: name, resolution: 64 }), { annotate, pause: withoutPause }),
    ).rejects.toThrow(`${by} for ${name}`);
  }
});
