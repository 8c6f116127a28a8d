// YOLOv8 against ultralytics: files, letterboxed pictures, the networks' numbers, boxes and masks. onnxruntime's CPU.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensors } from '../../../tests/goldens.ts';
import { openNodeSession, type NodeSession } from '../../../tests/ort-node.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import {
  filesOf,
  loadDetector,
  pictureOf,
  yoloNumbers,
  yoloReference,
  type PictureCase,
  type TestedDetector,
} from '../../../tests/yolo.ts';
import { yoloNetwork, yoloSizes, type YoloInputs } from '../../models/detectors/yolo.ts';
import { letterboxed, letterboxOf, networkInput } from './letterbox.ts';
import { decodeCells } from './yolo-boxes.ts';
import { maskOf } from './yolo-masks.ts';
import { detect, type Yolo } from './yolo.ts';

const reference = yoloReference();
let numbers: Tensors;

if (!reference) it.skip('the reference data has no detectors', () => undefined);

/** extensions/README.md of the reference data, "Tolerances". */
const RAW = { float32: 1e-4, float16: 1e-2 };
const PIXEL = 1e-2;

beforeAll(async () => {
  if (reference) numbers = await yoloNumbers();
});

describe.skipIf(!reference)('letterbox', () => {
  it.each(reference?.letterbox ?? [])('$size in $imgsz, auto $auto', (one) => {
    const [width, height] = one.size;
    const box = letterboxOf({ width, height }, one.imgsz, !one.auto);
    expect([box.height, box.width]).toEqual(one.out_hw);
    if (one.in === undefined) return;
    const made = letterboxed(pictureOf(numbers, one.in), box);
    expect(made.data).toEqual(pictureOf(numbers, one.out_rgb!).data);
  });
});

describe.skipIf(!reference).each(reference?.models ?? [])('$name', ({ name, nc, names, cases }) => {
  const files = filesOf(name);
  let loaded: TestedDetector;
  const sessions = new Map<string, NodeSession<YoloInputs>>();

  beforeAll(async () => {
    loaded = await loadDetector(files.find((file) => file.includes('safetensors')) ?? files[0]!);
    for (const precision of ['float32', 'float16'] as const) {
      const network = yoloNetwork(loaded.catalog, precision);
      sessions.set(precision, await openNodeSession(network, loaded.readWeight));
    }
  });

  it.each(files)('%s is known, whatever its name', async (file) => {
    const { detection, catalog, readWeight } = await loadDetector(file);
    expect(detection).toMatchObject({ kind: 'detector', supported: true, unsupportedReason: null });
    expect(detection.detector!.classes).toHaveLength(nc);
    if (file.includes('.pt')) expect(detection.detector!.classes).toEqual(Object.values(names));
    // The same weights, whatever they lie in.
    const other = await loadDetector(files[0]!);
    for (const ref of yoloNetwork(catalog, 'float32').graph.weights)
      expect(await readWeight(ref, 'float32'), ref.name).toEqual(await other.readWeight(ref, 'float32'));
  });

  /** The network on a session, at a case's size. */
  const onCpu = ({ imgsz }: PictureCase, precision: 'float32' | 'float16' = 'float32'): Yolo => ({
    sizes: yoloSizes(loaded.catalog),
    classes: Object.values(names),
    size: imgsz,
    async run(inputs) {
      const { cells, prototypes } = await sessions.get(precision)!.run(inputs);
      return { cells: cells!.data, prototypes: prototypes?.data ?? null };
    },
  });

  it.each(
    cases.flatMap((one) => (['float32', 'float16'] as const).map((precision) => ({ ...one, precision }))),
  )('$picture: raw numbers in $precision', async ({ precision, ...one }) => {
    const expected = numbers.get(one.picture.replace(/picture$/, 'pred'));
    const picture = pictureOf(numbers, one.picture);
    const box = letterboxOf(picture, one.imgsz);
    expect([box.height, box.width]).toEqual(one.input_hw);
    const yolo = onCpu(one, precision);
    const image = networkInput(letterboxed(picture, box));
    const { cells, prototypes } = await yolo.run({ image, width: box.width, height: box.height });
    const { count, boxes, scores, mixtures } = decodeCells(cells, yolo.sizes, box.width, box.height);
    expect(count).toBeGreaterThan(0);
    if (expected) {
      const made = new Float32Array([...boxes.flatMap((row) => [...row]), ...scores, ...mixtures]);
      expect(expected.dims).toEqual([made.length / count, count]);
      expect(relativeError(made, expected.data)).toBeLessThan(RAW[precision]);
      expect(relativeError(scores, expected.data.subarray(4 * count, (4 + nc) * count))).toBeLessThan(
        RAW[precision],
      );
    }
    const proto = numbers.get(one.picture.replace(/picture$/, 'proto'));
    if (proto) expect(relativeError(prototypes!, proto.data)).toBeLessThan(RAW[precision]);
  });

  it.each(cases)('$picture: boxes and masks', async (one) => {
    const tensor = (kind: string) => numbers.get(one.picture.replace(/picture$/, kind));
    const picture = pictureOf(numbers, one.picture);
    const finds = await detect(onCpu(one), picture, one.conf, one.iou);
    const expected = tensor('boxes')!;
    const rows = Array.from({ length: expected.dims[0]! }, (_, i) =>
      expected.data.subarray(6 * i, 6 * i + 6),
    );
    // Scores as near to the threshold as the numbers differ may fall on either side of it, and change what they suppress.
    const near = one.score_margin < 10 * RAW.float32;
    if (!near) expect(finds).toHaveLength(rows.length);
    else expect(Math.abs(finds.length - rows.length)).toBeLessThanOrEqual(1);
    const unmatched = rows.filter(
      ([x1, y1, x2, y2, score, kind]) =>
        !finds.some(
          ({ box, confidence, name: found }) =>
            [x1!, y1!, x2!, y2!].every((at, i) => Math.abs(at - box[i]!) < PIXEL) &&
            Math.abs(confidence - score!) < RAW.float32 &&
            found === names[`${kind}`],
        ),
    );
    expect(unmatched.length).toBeLessThanOrEqual(near ? 1 : 0);

    const masks = tensor('mask_pictures');
    if (!masks) return;
    const area = picture.width * picture.height;
    for (let i = 0; i < masks.dims[0]!; i += 1) {
      const wanted = rows[i]!;
      const found = finds.find(({ confidence }) => Math.abs(confidence - wanted[4]!) < 1e-6) ?? finds[i]!;
      const mask = found.mask!();
      expect([mask.width, mask.height]).toEqual([picture.width, picture.height]);
      expect(differing(mask.data, masks.data.subarray(i * area, (i + 1) * area)), `mask ${i}`).toBe(0);
    }
  });

  it.each(cases)("$picture: masks of the original's boxes", async (one) => {
    const tensor = (kind: string) => numbers.get(one.picture.replace(/picture$/, kind));
    const [proto, masks, nms, pred] = ['proto', 'masks', 'nms', 'pred'].map(tensor);
    if (!proto || !masks || !pred) return;
    const [channels, height, width] = proto.dims as [number, number, number];
    const planes = { data: proto.data, channels, height, width };
    const count = pred.dims[1]!;
    for (let i = 0; i < masks.dims[0]!; i += 1) {
      const [x1, y1, x2, y2, score] = nms!.data.subarray(6 * i, 6 * i + 5) as unknown as number[];
      const cell = pred.data.subarray(4 * count, (4 + nc) * count).indexOf(score!) % count;
      const mixture = Array.from({ length: channels }, (_, k) => pred.data[(4 + nc + k) * count + cell]!);
      const made = maskOf(planes, mixture, [x1!, y1!, x2!, y2!]);
      const size = made.width * made.height;
      expect(differing(made.data, masks.data.subarray(i * size, (i + 1) * size)), `mask ${i}`).toBe(0);
    }
  });
});

function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < b.length; i += 1) if (a[i] !== b[i]) count += 1;
  return count;
}
