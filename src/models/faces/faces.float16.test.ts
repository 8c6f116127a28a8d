// Networks for faces against the original classes on a WebGPU device with shader-f16 (models/networks.float16.test.ts says which), each in
// the precision in which it is computed there.
import { describe, expect, it } from 'vitest';
import { faceCases, largestOf, thinned } from '../../../tests/faces.ts';
import { openDawn, openDawnSession } from '../../../tests/ort-dawn.ts';
import { expectedOf, loadNetwork, type NetworkCase } from '../../../tests/reference-networks.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import type { Network } from '../network.ts';
import { faceArchitectureOf } from './architectures.ts';
import { codeFormerNetwork } from './codeformer.ts';
import { gfpganNetwork } from './gfpgan.ts';
import { FACE_KINDS, type FaceKind } from './kinds.ts';
import { parseNetNetwork } from './parse-net.ts';
import { retinaFaceNetwork } from './retina-face.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

/** models/extras/README.md of the reference data, "Tolerances". */
const TOLERANCES = { float32: 5e-5, float16: 1e-2 };

interface Given {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
  /** What is expected under a name of this input. */
  readonly at: (name: string) => Float32Array;
}

interface Tried {
  /** `run` gives an output of the network that was made. */
  readonly make: (catalog: WeightCatalog, precision: Precision) => Network<never>;
  readonly inputs: (given: Given) => object;
  /** Outputs, and what is expected of them. */
  readonly outputs: Readonly<Record<string, (given: Given) => Float32Array>>;
  readonly made?: (data: Float32Array, given: Given) => Float32Array;
}

/** Blue, green, red less these. */
const MEANS = [104, 117, 123];

const TRIED: Readonly<Partial<Record<FaceKind, Tried>>> = {
  'retina-face': {
    make: (catalog, precision) => retinaFaceNetwork(catalog, precision),
    inputs: ({ data, height, width }) => ({
      image: data.map((value, i) => value - MEANS[Math.floor(i / (height * width))]!),
      height,
      width,
    }),
    outputs: {
      loc: ({ at }) => at('loc'),
      conf: ({ at }) => at('conf'),
      landms: ({ at }) => at('landms'),
    },
  },
  'parse-net': {
    make: (catalog, precision) => parseNetNetwork(catalog, precision, ['out_mask_conv']),
    inputs: ({ data, height, width }) => ({ image: data, height, width }),
    outputs: { 'act.out_mask_conv': ({ at }) => at('mask_logits_every_3rd') },
    made: (data, { height, width }) => thinned({ data, dims: [height, width] }, 3),
  },
  gfpgan: {
    make: (catalog, precision) => gfpganNetwork(catalog, precision),
    inputs({ data, at }) {
      let i = 0;
      return { image: data, normal: () => at(`noise${i++}`), weight: 0 };
    },
    outputs: { restored: ({ at }) => at('random_noise') },
  },
  // A face of 512 pixels takes minutes in software: where its nodes lie is looked at alone.
  codeformer: {
    make: (catalog, precision) => codeFormerNetwork(catalog, precision),
    inputs: () => ({}),
    outputs: {},
  },
};

interface Case extends NetworkCase {
  readonly kind: FaceKind;
  readonly tried: Tried;
}

const cases: Case[] = [];
for (const kind of wanted ? FACE_KINDS : []) {
  const tried = TRIED[kind];
  if (tried) for (const one of await faceCases(kind)) cases.push({ ...one, kind, tried });
}

let opened: ReturnType<typeof openDawn> | undefined;

// A file without tests would fail.
if (cases.length === 0) it.skip('networks for faces, where DARKROOM_FLOAT16=1 asks for them');

describe.each(cases)('$kind', ({ kind, tried, ...one }) => {
  it("computes the reference's numbers", { timeout: 600_000 }, async () => {
    const dawn = await (opened ??= openDawn());
    const { catalog, readWeight } = await loadNetwork(one);
    const precision = faceArchitectureOf(kind).half ? 'float16' : 'float32';
    const { make, inputs, outputs, made = (data: Float32Array) => data } = tried;
    const network = make(catalog, precision);
    const { run, placement, release } = await openDawnSession(dawn, network, readWeight);
    expect(placement).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
    const expected = await expectedOf(one);
    for (const [key, { data, dims }] of expected) {
      const [, id] = /^x\.(.+)$/.exec(key) ?? [];
      if (id === undefined) continue;
      const [height, width] = dims.slice(-2) as [number, number];
      const given = { data, height, width, at: (name: string) => expected.get(`out.${id}.${name}`)!.data };
      for (const [output, of] of Object.entries(outputs)) {
        const result = made(await run(inputs(given) as never, output), given);
        expect(relativeError(result, of(given)), `${kind} ${output}`).toBeLessThan(TOLERANCES[precision]);
      }
      if (kind !== 'parse-net') continue;
      const mask = await run(inputs(given) as never, 'act.out_mask_conv');
      const labels = await run(inputs(given) as never, 'labels');
      expect(Array.from(labels)).toEqual(largestOf(mask, height * width));
    }
    await release();
    // onnxruntime's shaders were all known to runtime/float32-sums.ts.
    expect([...dawn.narrowSums]).toEqual([]);
  });
});
