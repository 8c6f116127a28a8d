// Networks for control maps in float16 against the originals, on a WebGPU device with shader-f16 (models/networks.float16.test.ts says
// which).
import { describe, expect, it } from 'vitest';
import {
  annotatorNumbers,
  annotatorReference,
  loadAnnotator,
  networkOf,
  rawOf,
  type AnnotatorCase,
} from '../../../tests/annotators.ts';
import { relativeError } from '../../../tests/goldens.ts';
import { openDawn, openDawnSession } from '../../../tests/ort-dawn.ts';
import type { TestedNetwork } from '../../../tests/reference-networks.ts';
import { ARCHITECTURES } from './architectures.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';
const reference = wanted ? annotatorReference() : null;
const cases: [AnnotatorCase, TestedNetwork][] = [];
for (const one of reference?.networks ?? []) {
  const loaded = one.raw ? await loadAnnotator(one) : null;
  if (loaded && ARCHITECTURES[loaded.detection.annotator!.kind].half) cases.push([one, loaded]);
}

/** As for control networks in half precision: control/README.md of the reference data, "Tolerances". */
const TOLERANCE = 2e-2;

let opened: ReturnType<typeof openDawn> | undefined;

// A file without tests would fail.
if (cases.length === 0) it.skip('networks for control maps, where DARKROOM_FLOAT16=1 asks for them');

describe.each(cases)('$name', (one, loaded) => {
  it("computes the reference's numbers", async () => {
    const numbers = await annotatorNumbers(reference!);
    const raw = (await rawOf(one, loaded, numbers))!;
    const dawn = await (opened ??= openDawn());
    const network = networkOf(one, loaded, 'float16', raw.size);
    const { run, placement, release } = await openDawnSession(dawn, network, loaded.readWeight);
    expect(placement).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
    for (const [output, name] of raw.expected) {
      const made = await run(raw.inputs, output);
      expect(relativeError(made, numbers.get(name)!.data), name).toBeLessThan(TOLERANCE);
    }
    await release();
    // onnxruntime's shaders were all known to runtime/float32-sums.ts.
    expect([...dawn.narrowSums]).toEqual([]);
  });
});
