// Hypernetworks against A1111 (hypernetworks-*/ of the reference data): alone, and in the UNet.
import { beforeAll, describe, expect, it } from 'vitest';
import { toFloat32 } from '../checkpoint/convert.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { bytesSource } from '../checkpoint/source.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { Graph } from '../graph/graph.ts';
import type { Precision, WeightCatalog, WeightRef } from '../graph/types.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, readExpected, relativeError, type Tensors } from '../../tests/tiny-model.ts';
import { detect } from './detect.ts';
import { readHypernetwork, transformed, type Role, type UsedHypernetwork } from './hypernetwork.ts';
import { float32Tensor } from './network.ts';
import { tensorShapes } from './tensor-shapes.ts';
import { unetNetwork } from './unet.ts';

/** models/README.md, "Tolerances". */
const UNET = 5e-5;
const ALONE = 1e-5;

const folders = listReference('models').flatMap((folder) => {
  const model = /^hypernetworks-(.+)$/.exec(folder)?.[1];
  if (!model || !tinyModels().includes(model)) return [];
  const there = listReference('models', folder);
  const complete = ['index.json', 'expected.safetensors'].every((file) => there.includes(file));
  return complete ? [{ folder, model }] : [];
});

interface Opened {
  readonly checkpoint: Checkpoint;
  use(prefix: string, strength: number): UsedHypernetwork;
}

async function open(folder: string, file: string): Promise<Opened> {
  const checkpoint = await openCheckpoint(bytesSource(readReference('models', folder, file)));
  const shapes = tensorShapes(checkpoint);
  const { info, layers, problem } = readHypernetwork(shapes, checkpoint.metadata)!;
  expect(problem).toBeNull();
  return { checkpoint, use: (prefix, strength) => ({ info: info!, layers, prefix, strength }) };
}

/** The model's weights with those of hypernetworks beside them, each behind its prefix. */
function beside(
  base: { catalog: WeightCatalog; readWeight(ref: WeightRef, precision: Precision): Promise<Uint8Array> },
  others: ReadonlyMap<string, Checkpoint>,
) {
  const find = (name: string) => [...others].find(([prefix]) => name.startsWith(prefix));
  return {
    catalog: {
      shapeOf(name: string) {
        const own = find(name);
        return own ? own[1].tensors.get(name.slice(own[0].length))?.shape : base.catalog.shapeOf(name);
      },
    },
    async readWeight(ref: WeightRef, precision: Precision) {
      const own = find(ref.name);
      if (!own) return base.readWeight(ref, precision);
      const [prefix, checkpoint] = own;
      const name = ref.name.slice(prefix.length);
      const values = toFloat32(await checkpoint.read(name), checkpoint.tensors.get(name)!.dtype).slice();
      return new Uint8Array(values.buffer);
    },
  };
}

const NOTHING = {
  catalog: { shapeOf: () => undefined },
  readWeight: () => Promise.reject(new Error('no such weight')),
};

describe.skipIf(folders.length === 0).each(folders)('$folder', ({ folder, model }) => {
  const files = readReferenceJson<{ file: string }[]>('models', folder, 'index.json').map(({ file }) => file);
  const stem = (file: string) => file.replace(/\.[^.]*$/, '');
  let expected: Tensors;
  beforeAll(async () => {
    expected = (await readExpected(folder, 'expected.safetensors'))!;
  });

  it.each(files)('%s is recognised', async (file) => {
    const { checkpoint } = await open(folder, file);
    const { kind, supported, hypernetwork } = detect(tensorShapes(checkpoint), checkpoint.metadata, null);
    expect({ kind, supported }).toEqual({ kind: 'hypernetwork', supported: true });
    expect(hypernetwork!.widths.length).toBeGreaterThan(0);
  });

  it.each(files)('%s transforms what is looked at', async (file) => {
    const { checkpoint, use } = await open(folder, file);
    const { catalog, readWeight } = beside(NOTHING, new Map([['h.', checkpoint]]));
    let compared = 0;
    for (const [name, { data }] of expected) {
      const found = /^(.+)\.m([\d.]+)\.([kv])(\d+)$/.exec(name);
      if (found?.[1] !== stem(file)) continue;
      const [, , strength, side, size] = found;
      const width = Number(size);
      const input = [...expected].find(([, { dims }]) => dims.at(-1) === width && dims.length === 3)![1];
      const given = expected.get(width === 64 ? 'x64' : 'u0.context') ?? input;
      const rows = given.data.length / width;
      const graph = new Graph('float32');
      const role: Role = side === 'k' ? 'keys' : 'values';
      const x = graph.input('x', 'float32', [rows, width]);
      const out = transformed(x, width, role, [use('h.', Number(strength))], { graph, catalog });
      graph.output('out', out, [rows, width]);
      const feeds = () => ({ x: float32Tensor('x', given.data, [rows, width]) });
      const session = await openNodeSession({ graph, outputs: ['out'], feeds }, readWeight);
      const result = await session.run(undefined as never);
      expect(relativeError(result['out']!.data, data), name).toBeLessThan(ALONE);
      await session.release();
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  it('change what the UNet makes', async () => {
    const tiny = await loadTinyModel(model);
    const unet = (await readExpected(model, 'unet.safetensors'))!;
    const at = (name: string) => unet.get(`u0.${name}`)!;
    const [batch, , height, width] = at('x').dims as [number, number, number, number];
    const context = expected.get('u0.context') ?? at('context');
    let compared = 0;
    for (const [name, { data }] of expected) {
      const found = /^(.+)\.m([\d.]+)\.u0\.out$/.exec(name);
      if (!found) continue;
      const opened = await Promise.all(
        found[1]!.split('+').map((each) =>
          open(
            folder,
            files.find((file) => stem(file) === each)!,
          ),
        ),
      );
      const prefixes = opened.map((_, i) => `hypernetwork.${i}.`);
      const all = beside(tiny, new Map(opened.map(({ checkpoint }, i) => [prefixes[i]!, checkpoint])));
      const hypernetworks = opened.map(({ use }, i) => use(prefixes[i]!, Number(found[2])));
      const network = unetNetwork(tiny.unet, all.catalog, 'float32', { hypernetworks });
      const session = await openNodeSession(network, all.readWeight);
      const { out } = await session.run({
        ...{ x: at('x').data, batch, height, width, timesteps: [...at('t').data] },
        ...{ context: context.data, tokens: context.dims[1]! },
      });
      expect(relativeError(out!.data, data), name).toBeLessThan(UNET);
      await session.release();
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });
});
