// Control networks, and the UNet with what they add, against Mikubill's extension (models/control/) and lllyasviel's own ControlNet
// (models/controlnet-tiny-sd1/), on onnxruntime's CPU.
import { describe, expect, it } from 'vitest';
import {
  adapterGraph,
  controlFile,
  controlGraph,
  controlRows,
  controlTensors,
  openControl,
  readHint,
  type ControlCase,
  type ControlRow,
  type OpenedControl,
} from '../../../tests/control-networks.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import {
  loadTinyModel,
  readExpected,
  relativeError,
  type Tensors,
  type TinyModel,
} from '../../../tests/tiny-model.ts';
import type { Precision } from '../../graph/types.ts';
import type { Planes } from '../../image/tiles.ts';
import { sizeAtLevel } from '../levels.ts';
import type { BlockInputs } from '../unet-blocks.ts';
import { unetNetwork } from '../unet.ts';
import { controlPlaces, featurePlaces } from './ports.ts';
import { controlScales } from './scales.ts';
import { ControlSum, type Addition, type ControlOutput } from './sum.ts';

/** control/README.md, "Tolerances". */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 5e-5, float16: 2e-2 };

interface Inputs extends BlockInputs {
  readonly x: Float32Array;
}

/** Of a case: once, or twice with another context. */
function inputsOf(expected: Tensors, key: string, twice: boolean): Inputs {
  const of = (name: string) => expected.get(`${key}.${name}`)!;
  const [batch = 0, , height = 0, width = 0] = of('x').dims;
  const tokens = of('context').dims[1]!;
  const vector = expected.get(`${key}.y`)?.data;
  const again = (data: Float32Array) => (twice ? Float32Array.from([...data, ...data]) : data);
  const context = of('context').data;
  return {
    ...{ x: again(of('x').data), batch: twice ? 2 * batch : batch, height, width, tokens },
    timesteps: again(of('t').data),
    context: twice ? Float32Array.from([...context, ...rolled(context, of('context').dims)]) : context,
    ...(vector && { vector: again(vector) }),
  };
}

/** numpy.roll(context, (1, 3)) over tokens and channels, * 0.9. */
function rolled(context: Float32Array, [, tokens = 0, channels = 0]: readonly number[]): Float32Array {
  return context.map((_, i) => {
    const [item, token, channel] = [
      Math.floor(i / channels / tokens),
      Math.floor(i / channels) % tokens,
      i % channels,
    ];
    const from =
      (item * tokens + ((token + tokens - 1) % tokens)) * channels + ((channel + channels - 3) % channels);
    return Math.fround(context[from]! * Math.fround(0.9));
  });
}

/** 1 in the rows above the middle and the columns right of the first quarter. */
function regionOf({ height, width }: Planes): Planes {
  const data = Float32Array.from({ length: height * width }, (_, i) =>
    Number(Math.floor(i / width) < height / 2 && i % width >= Math.floor(width / 4)),
  );
  return { data, channels: 1, height, width };
}

/** What nets.json's labels say of how outputs are added. */
function additionOf(
  label: string,
  kind: OpenedControl['info']['kind'],
  outputs: number,
  hint: Planes,
  batch: number,
  averaged: boolean,
): Addition {
  const strength = /^s([\d.]+)$/.exec(label);
  const soft = ['soft', 'cfg', 'cfg_soft'].includes(label);
  const scales =
    label === 'advanced'
      ? Array.from({ length: outputs }, (_, i) => 0.1 + 0.07 * i)
      : controlScales(kind, strength ? Number(strength[1]) : 1, soft, outputs);
  const without = label === 'cfg' || averaged;
  return {
    scales,
    leftOut: Array.from(
      { length: batch },
      (_, item) => without && label.startsWith('cfg') && item >= batch / 2,
    ),
    averaged,
    region: label === 'region' ? regionOf(hint) : null,
  };
}

class ControlBench {
  constructor(
    readonly base: TinyModel,
    readonly control: OpenedControl,
    readonly unet: Tensors,
    readonly precision: Precision,
    readonly row: Pick<ControlRow, 'control_type' | 'name'>,
  ) {}

  get places() {
    return this.control.info.kind === 't2i-adapter'
      ? featurePlaces(this.base.unet)
      : controlPlaces(this.base.unet);
  }

  /** The extension's way with SD 2, unless the row says otherwise. */
  get heads() {
    const { linearProjections, vectorDim, heads } = this.base.unet;
    return linearProjections && vectorDim === null && !this.row.name.endsWith('_heads')
      ? { count: 8 }
      : heads;
  }

  async outputs(inputs: Inputs, hint: Planes): Promise<ControlOutput[]> {
    const { control, base, precision } = this;
    if (control.info.kind === 't2i-adapter') {
      const session = await openNodeSession(adapterGraph(control, precision), control.readWeight);
      const results = await session.run({ picture: hint.data, height: hint.height, width: hint.width });
      await session.release();
      return this.places.map((_, i) => {
        const { data, dims } = results[`feature.${i}`]!;
        return { data, height: dims[2]!, width: dims[3]! };
      });
    }
    const { network } = controlGraph(control, base, precision, this.heads);
    const session = await openNodeSession(network, control.readWeight);
    const channels = base.catalog.shapeOf('model.diffusion_model.input_blocks.0.0.weight')![1]!;
    const cells = inputs.height * inputs.width;
    // Inpainting models are given more than their ControlNets.
    const x = inputs.x.filter((_, i) => Math.floor(i / cells) % channels < 4);
    const told = this.row.control_type === undefined ? {} : { controlType: this.row.control_type };
    const results = await session.run({ ...inputs, x, hint: hint.data, ...told });
    await session.release();
    return this.places.map(({ level }, i) => ({
      data: results[`control.${i}`]!.data,
      ...sizeAtLevel({ height: inputs.height, width: inputs.width }, level),
    }));
  }

  async predict(inputs: Inputs, hint: Planes, label: string, averaged: boolean): Promise<Float32Array> {
    const { places, control, base, precision } = this;
    const sum = new ControlSum(places, inputs);
    const outputs = await this.outputs(inputs, hint);
    sum.add(outputs, additionOf(label, control.info.kind, places.length, hint, inputs.batch, averaged));
    const features = control.info.kind === 't2i-adapter';
    const use = { controls: !features, features };
    const session = await openNodeSession(
      unetNetwork(base.unet, base.catalog, precision, { control: use }),
      base.readWeight,
    );
    const added = features ? { features: sum.totals } : { controls: sum.totals };
    const { out } = await session.run({ ...inputs, control: added });
    await session.release();
    return out!.data;
  }
}

const rows = controlRows.filter(
  ({ base, type }) => tinyModels().includes(base) && type !== 'Controlllite, Kohya',
);
/** One of each kind. */
const firstOfType = new Map(
  rows
    .filter(({ type }) => type !== undefined)
    .map((row) => [`${row.type} ${row.base}`, row.name])
    .reverse() as [string, string][],
);

describe.skipIf(rows.length === 0).each(rows)('$name', (row) => {
  const precisions: Precision[] = [...firstOfType.values()].includes(row.name)
    ? ['float32', 'float16']
    : ['float32'];

  it.each(precisions)('gives what the extension gives, in %s', { timeout: 120_000 }, async (precision) => {
    const base = await loadTinyModel(row.base);
    const unet = (await readExpected(row.base, 'unet.safetensors'))!;
    const expected = await controlTensors();
    const bytes = await controlFile(row, base);
    if (!bytes) return expect.fail(`The reference data lacks the file of ${row.name}.`);
    const control = await openControl(bytes, base);
    const bench = new ControlBench(base, control, unet, precision, row);
    const averaged = row.name.includes('shuffle');
    let compared = 0;
    const cases = precision === 'float32' ? row.cases : row.cases.slice(0, 1);
    for (const one of cases) {
      const hint = await readHint('models', 'control', one.hint);
      if (one.control) compared += await compareOutputs(bench, expected, one, hint);
      const labels = Object.entries(one.out ?? {});
      for (const [label, name] of precision === 'float32' ? labels : labels.slice(0, 1)) {
        const inputs = inputsOf(unet, one.case, label.startsWith('cfg'));
        const out = await bench.predict(inputs, hint, label, averaged);
        expect(relativeError(out, expected.get(name)!.data), name).toBeLessThan(TOLERANCE[precision]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
  });
});

/** Of each output every fourth channel is kept. */
async function compareOutputs(
  bench: ControlBench,
  expected: Tensors,
  one: ControlCase,
  hint: Planes,
): Promise<number> {
  const inputs = inputsOf(bench.unet, one.case, false);
  const outputs = await bench.outputs(inputs, hint);
  for (const [index, name] of one.control!.entries()) {
    const { data, height, width } = outputs[index]!;
    const kept = data.filter((_, i) => Math.floor(i / height / width) % 4 === 0);
    expect(relativeError(kept, expected.get(name)!.data), name).toBeLessThan(TOLERANCE[bench.precision]);
  }
  return one.control!.length;
}

interface OwnIndex {
  readonly base: string;
  readonly file: string;
  readonly cases: readonly { readonly case: string; readonly hint: string }[];
}

const own = listReference('models').filter((name) => name.startsWith('controlnet-'));

describe.skipIf(own.length === 0).each(own)('%s', (folder) => {
  it('gives what the ControlNet repository gives', { timeout: 120_000 }, async () => {
    const index = readReferenceJson<OwnIndex>('models', folder, 'index.json');
    const base = await loadTinyModel(index.base);
    const unet = (await readExpected(index.base, 'unet.safetensors'))!;
    const expected = (await readExpected(folder, 'expected.safetensors'))!;
    const control = await openControl(readReference('models', folder, index.file), base);
    const bench = new ControlBench(base, control, unet, 'float32', { name: folder });
    let compared = 0;
    for (const { case: key, hint: file } of index.cases) {
      const inputs = inputsOf(unet, key, false);
      // "u0-hint.png, as float 0..1"
      const hint = await readHint('models', folder, file.split(',')[0]!);
      const outputs = await bench.outputs(inputs, hint);
      for (const [index, { data }] of outputs.entries()) {
        const want = expected.get(`${key}.control.${index}`);
        if (!want) continue;
        expect(relativeError(data, want.data), `${key}.control.${index}`).toBeLessThan(TOLERANCE.float32);
        compared++;
      }
      for (const [label, ours] of [
        ['s1', 's1'],
        ['s0.6', 's0.6'],
        ['guess', 'soft'],
      ] as const) {
        const want = expected.get(`${key}.${label}.out`);
        if (!want) continue;
        const out = await bench.predict(inputs, hint, ours, false);
        expect(relativeError(out, want.data), `${key}.${label}`).toBeLessThan(TOLERANCE.float32);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
  });
});
