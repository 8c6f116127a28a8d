// Upscalers in float16 against the original classes, one of each kind that is computed so, on a WebGPU device with shader-f16
// (models/networks.float16.test.ts says which).
import { describe, expect, it } from 'vitest';
import { BOTH, openBy } from '../../../tests/both-kernels.ts';
import { openDawn } from '../../../tests/ort-dawn.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { expectedOf, loadUpscaler, upscalerCases, type UpscalerCase } from '../../../tests/upscalers.ts';
import { architectureOf } from './architectures.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

/** models/README.md of the reference data, "Tolerances". */
const TOLERANCE = 1e-2;

const kinds = new Map<string, UpscalerCase>();
for (const one of wanted ? await upscalerCases() : []) {
  const { kind } = (await loadUpscaler(one)).detection.upscaler!;
  if (architectureOf(kind).half && !kinds.has(kind)) kinds.set(kind, one);
}

let opened: ReturnType<typeof openDawn> | undefined;

// A file without tests would fail.
if (kinds.size === 0) it.skip('upscalers, where DARKROOM_FLOAT16=1 asks for them');

describe.each([...kinds])('%s', (kind, one) => {
  it.each(BOTH)("computes the reference's numbers, by %s", async (whose) => {
    const dawn = await (opened ??= openDawn());
    const { catalog, detection, readWeight } = await loadUpscaler(one);
    const network = architectureOf(detection.upscaler!.kind).network(catalog, 'float16', true);
    const { run, release } = await openBy(whose, dawn, network, readWeight);
    const expected = await expectedOf(one);
    for (const [input, output] of one.pairs(expected)) {
      const { data, dims } = expected.get(input)!;
      const [height, width] = dims.slice(-2) as [number, number];
      const made = await run({ image: data, height, width }, 'enlarged');
      expect(relativeError(made, expected.get(output)!.data), `${kind} ${output}`).toBeLessThan(TOLERANCE);
    }
    await release();
    // onnxruntime's shaders were all known to runtime/float32-sums.ts.
    expect([...dawn.narrowSums]).toEqual([]);
  });
});
