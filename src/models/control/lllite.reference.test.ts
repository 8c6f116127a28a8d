// LLLite within a UNet, beside what the extension gives (models/control/nets.json).
import { describe, expect, it } from 'vitest';
import {
  controlFile,
  controlRows,
  controlTensors,
  openControl,
  readHint,
} from '../../../tests/control-networks.ts';

import { beside } from '../../../tests/ip-adapters.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel, readExpected, relativeError } from '../../../tests/tiny-model.ts';
import type { TensorShapes } from '../types.ts';
import { unetNetwork } from '../unet.ts';
import { planLite, readLite } from './lllite-file.ts';

const PREFIX = 'lite.';
/** control/README.md, "Tolerances". */
const TOLERANCE = 5e-5;

const rows = controlRows.filter(({ base, type }) => tinyModels().includes(base) && /lllite/i.test(type));

describe.skipIf(rows.length === 0).each(rows)('$name', (row) => {
  it('moves what the UNet gives as the extension does', { timeout: 120_000 }, async () => {
    const base = await loadTinyModel(row.base);
    const given = (await readExpected(row.base, 'unet.safetensors'))!;
    const expected = await controlTensors();
    const lite = await openControl((await controlFile(row, base))!, base);
    expect(lite.info).toMatchObject({ kind: 'lllite', family: base.family.id });
    const { catalog, readWeight } = beside(base, new Map([[PREFIX, lite]]));
    const network = unetNetwork(base.unet, catalog, 'float32', { lites: [{ prefix: PREFIX }] });
    const session = await openNodeSession(network, readWeight);
    let compared = 0;
    for (const { case: key, hint: file, out = {} } of row.cases) {
      const of = (name: string) => given.get(`${key}.${name}`)!;
      const [batch = 0, , height = 0, width = 0] = of('x').dims;
      const inputs = {
        ...{ batch, height, width, x: of('x').data, timesteps: of('t').data },
        ...{ context: of('context').data, tokens: of('context').dims[1]! },
        ...(base.unet.vectorDim !== null && { vector: of('y').data }),
      };
      const hint = await readHint('models', 'control', file);
      const predict = async (weight: number | null): Promise<Float32Array> => {
        const lites = weight === null ? {} : { lites: [{ hint, weight }] };
        return (await session.run({ ...inputs, ...lites }))['out']!.data;
      };
      for (const [label, name] of Object.entries(out)) {
        const weight = Number(/^s([\d.]+)$/.exec(label)?.[1]);
        expect(relativeError(await predict(weight), expected.get(name)!.data), name).toBeLessThan(TOLERANCE);
        compared += 1;
      }
      const plain = of('out').data;
      expect(relativeError(await predict(0), plain)).toBeLessThan(TOLERANCE);
      expect(relativeError(await predict(null), plain)).toBeLessThan(TOLERANCE);
    }
    expect(compared).toBeGreaterThan(0);
  });
});

describe('a file', () => {
  const module = 'lllite_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q';
  const whole: readonly (readonly [string, readonly number[]])[] = [
    ['conditioning1.0.weight', [4, 3, 4, 4]],
    ['conditioning1.0.bias', [4]],
    ['down.0.weight', [8, 64]],
    ['down.0.bias', [8]],
    ['mid.0.weight', [8, 12]],
    ['mid.0.bias', [8]],
    ['up.0.weight', [64, 8]],
    ['up.0.bias', [64]],
  ];
  const shapes = (
    tensors: readonly (readonly [string, readonly number[]])[],
    prefix = `${module}.`,
  ): TensorShapes => new Map(tensors.map(([name, shape]) => [prefix + name, { dtype: 'F16', shape }]));

  it('is read with all that it holds', () => {
    expect(readLite(shapes(whole))).toMatchObject({
      problem: null,
      info: { kind: 'lllite', family: 'sdxl' },
    });
    expect(planLite(shapes(whole))).toHaveLength(whole.length);
    expect(readLite(new Map())).toBeNull();
  });

  it.each(whole.map(([name], index) => [name, index] as const))(
    'is refused without %s, or with another shape',
    (_, index) => {
      const without = whole.filter((_, i) => i !== index);
      const other = whole.map(
        ([name, shape], i) => [name, i === index ? [...shape.slice(0, -1), 7] : shape] as const,
      );
      for (const tensors of [without, other]) expect(readLite(shapes(tensors))?.info).toBeNull();
    },
  );

  it('is refused with modules for what is no attention', () => {
    expect(readLite(shapes(whole, 'lllite_unet_out_2.'))?.problem).toContain('no attention');
    expect(readLite(new Map([...shapes(whole), ['else', { dtype: 'F16', shape: [1] }]]))?.problem).toContain(
      'else',
    );
  });
});
