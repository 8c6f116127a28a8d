// Detectors in float16 against the original, on a WebGPU device with shader-f16 (models/networks.float16.test.ts says which).
import { describe, expect, it } from 'vitest';
import { BOTH, openBy } from '../../../tests/both-kernels.ts';
import { openDawn } from '../../../tests/ort-dawn.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { filesOf, loadDetector, pictureOf, yoloNumbers, yoloReference } from '../../../tests/yolo.ts';
import { letterboxed, letterboxOf, networkInput } from '../../finishing/detection/letterbox.ts';
import { decodeCells } from '../../finishing/detection/yolo-boxes.ts';
import { yoloNetwork, yoloSizes } from './yolo.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';
const models = wanted ? (yoloReference()?.models ?? []) : [];

/** As for all networks in float16: models/README.md of the reference data, "Tolerances". */
const TOLERANCE = 1e-2;

let opened: ReturnType<typeof openDawn> | undefined;

// A file without tests would fail.
if (models.length === 0) it.skip('detectors, where DARKROOM_FLOAT16=1 asks for them');

describe.each(models)('$name', ({ name, cases }) => {
  it.each(BOTH)("computes the reference's numbers, by %s", async (whose) => {
    const dawn = await (opened ??= openDawn());
    const { catalog, readWeight } = await loadDetector(filesOf(name)[0]!);
    const numbers = await yoloNumbers();
    const { run, release } = await openBy(whose, dawn, yoloNetwork(catalog, 'float16'), readWeight);
    for (const { picture, imgsz } of cases) {
      const expected = numbers.get(picture.replace(/picture$/, 'pred'));
      if (!expected) continue;
      const pixels = pictureOf(numbers, picture);
      const { width, height, ...box } = letterboxOf(pixels, imgsz);
      const image = networkInput(letterboxed(pixels, { width, height, ...box }));
      const cells = await run({ image, width, height }, 'cells');
      const { boxes, scores, mixtures } = decodeCells(cells, yoloSizes(catalog), width, height);
      const made = new Float32Array([...boxes.flatMap((row) => [...row]), ...scores, ...mixtures]);
      expect(relativeError(made, expected.data), picture).toBeLessThan(TOLERANCE);
    }
    await release();
    // onnxruntime's shaders were all known to runtime/float32-sums.ts.
    expect([...dawn.narrowSums]).toEqual([]);
  });
});
