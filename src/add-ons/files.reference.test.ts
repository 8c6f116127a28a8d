// Whole files on tiny models: which layer is which, what each changes, and what the networks compute with it, as in A1111.
import { beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { toFloat32 } from '../checkpoint/convert.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { changedWeights, withWeights, type UsedAddOn } from '../../tests/model-with-add-ons.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from '../../tests/reference-dir.ts';
import {
  loadTinyModel,
  readExpected,
  relativeError,
  type Tensors,
  type TinyModel,
} from '../../tests/tiny-model.ts';
import { textEncoderNetwork } from '../models/text-encoder.ts';
import { unetNetwork } from '../models/unet.ts';
import { layerOf, readAddOn, readParts } from './file.ts';
import { layersOf } from './layers.ts';
import { deltaOf, type Strength } from './module.ts';

interface FileInfo {
  readonly file: string;
  readonly layers: number;
  readonly kinds: readonly string[];
  readonly layer_names: Readonly<Record<string, string>>;
}

/** models/README.md, "Tolerances". */
const TOLERANCE = { delta: 5e-5, unet: 5e-5, text: 1e-5 };

/** Folders that begin so, and the model that they are for. */
const folders = listReference('models').flatMap((folder) => {
  const model = /^lora-(.+)$/.exec(folder)?.[1];
  const isThere = model !== undefined && listReference('models', folder).includes('expected.safetensors');
  return isThere && tinyModels().includes(model) ? [{ folder, model }] : [];
});

const full: Strength = { text: 1, unet: 1, dyn: null };

/** "s0.5", "te0.25-unet0.75". */
function strengthOf(text: string): Strength | null {
  const one = /^s([\d.]+)$/.exec(text);
  if (one) return { text: Number(one[1]), unet: Number(one[1]), dyn: null };
  const two = /^te([\d.]+)-unet([\d.]+)$/.exec(text);
  return two && { text: Number(two[1]), unet: Number(two[2]), dyn: null };
}

const open = async (folder: string, file: string): Promise<Checkpoint> =>
  openCheckpoint(bytesSource(readReference('models', folder, file)));

describe.skipIf(folders.length === 0).each(folders)('$folder', ({ folder, model: name }) => {
  const infos = readReferenceJson<FileInfo[]>('models', folder, 'index.json');
  const stems = infos.map(({ file }) => file.replace(/\.safetensors$/, ''));
  let model: TinyModel;
  let expected: Tensors;
  const files = new Map<string, Checkpoint>();

  beforeAll(async () => {
    model = await loadTinyModel(name);
    expected = (await readExpected(folder, 'expected.safetensors'))!;
    for (const [i, { file }] of infos.entries()) files.set(stems[i]!, await open(folder, file));
  });

  it('finds the layer of every name', () => {
    const layers = layersOf(model.checkpoint.tensors.values());
    for (const [i, info] of infos.entries()) {
      for (const [key, layer] of Object.entries(info.layer_names))
        expect(layerOf(key, layers), key).toBe(layer);
      const found = readAddOn(files.get(stems[i]!)!, layers);
      expect(found.modules.size).toBe(info.layers);
      expect(found.unused).toEqual([]);
      expect(found.incomplete).toEqual([]);
    }
  });

  it('computes what each layer is changed by', async () => {
    const layers = layersOf(model.checkpoint.tensors.values());
    let compared = 0;
    for (const [key, want] of expected) {
      const [, stem, layerKey] = /^(.+)\.delta\.(.+)$/.exec(key) ?? [];
      if (stem === undefined) continue;
      const file = files.get(stem)!;
      const layer = layers.byName.get(layerOf(layerKey!, layers)!)!;
      const parts = await readParts(file, readAddOn(file, layers).modules.get(layer.name)!);
      const { dtype } = model.checkpoint.tensors.get(layer.weight)!;
      const all = toFloat32(await model.checkpoint.read(layer.weight), dtype);
      const count = all.length / (layer.part?.of ?? 1);
      const start = count * (layer.part?.index ?? 0);
      const weight = { shape: layer.shape, data: all.subarray(start, start + count) };
      const { weight: delta } = deltaOf(layer.name, parts, weight, full);
      expect(relativeError(delta.data, want.data), key).toBeLessThan(TOLERANCE.delta);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  /** The files that a result was made with, and how strongly; null for what is none. */
  function usedFor(key: string): readonly UsedAddOn[] | null {
    const run = /^(.+)\.(?:u0\.out|text[lg]?|pooled)$/.exec(key)?.[1];
    if (run === undefined) return null;
    if (run === 'plain') return [];
    if (run.includes('@')) {
      return run.split('+').map((one) => {
        const [stem, strength] = one.split('@') as [string, string];
        return { checkpoint: files.get(stem)!, strength: strengthOf(`s${strength}`)! };
      });
    }
    const stem = stems.find((stem) => run.startsWith(`${stem}.`));
    const strength = stem === undefined ? null : strengthOf(run.slice(stem.length + 1));
    return strength && [{ checkpoint: files.get(stem!)!, strength }];
  }

  it('gives what the networks compute with it, at every strength', async () => {
    const text = (await readExpected(name, 'text.safetensors'))!;
    const runs = new Set(
      [...expected.keys()].flatMap((key) =>
        usedFor(key) ? [key.replace(/\.(u0\.out|text[lg]?|pooled)$/, '')] : [],
      ),
    );
    for (const run of runs) {
      const used = usedFor(`${run}.u0.out`)!;
      const weights = await changedWeights(model, used);
      const changed = withWeights(model, weights);
      const out = await predict(changed);
      const wanted = expected.get(`${run}.u0.out`)!;
      const error = relativeError(out, wanted.data);
      // Some files at full strength make a network that enlarges roundings: it is allowed ten times what the last
      // place of its weights moves, as whole runs are (pipelines/README.md).
      const allowed =
        error < TOLERANCE.unet ? TOLERANCE.unet : 10 * relativeError(await predict(nudged(weights)), out);
      expect(error, run).toBeLessThan(allowed);
      await compareText(run, changed, text);
    }
    expect(runs.size).toBeGreaterThan(1);
  });

  /** Every other weight one place up. */
  const nudged = (weights: ReadonlyMap<string, Float32Array>): TinyModel =>
    withWeights(
      model,
      new Map(
        [...weights].map(([key, values]) => [key, values.map((x, i) => (i % 2 ? x * (1 + 2 ** -23) : x))]),
      ),
    );

  async function predict({ unet: config, catalog, readWeight }: TinyModel): Promise<Float32Array> {
    const unet = (await readExpected(name, 'unet.safetensors'))!;
    const session = await openNodeSession(unetNetwork(config, catalog, 'float32'), readWeight);
    const [x, context] = [unet.get('u0.x')!, unet.get('u0.context')!];
    const vector = unet.get('u0.y')?.data;
    const { out } = await session.run({
      x: x.data,
      batch: x.dims[0]!,
      height: x.dims[2]!,
      width: x.dims[3]!,
      timesteps: unet.get('u0.t')!.data,
      context: context.data,
      tokens: context.dims[1]!,
      ...(vector ? { vector } : {}),
    });
    await session.release();
    return out!.data;
  }

  async function compareText(run: string, changed: TinyModel, text: Tensors): Promise<void> {
    const isXl = model.unet.vectorDim !== null;
    for (const encoder of model.textEncoders) {
      const side = isXl ? (encoder.type === 'clip' ? 'l' : 'g') : '';
      const wanted = expected.get(`${run}.text${side}`);
      if (!wanted) continue;
      const pooled = side === 'g' ? expected.get(`${run}.pooled`) : undefined;
      const network = textEncoderNetwork(encoder, model.catalog, 'float32', { pooled: side === 'g' });
      const session = await openNodeSession(network, changed.readWeight);
      const tokens = text.get(`p1.tokens${side && `_${side}`}`)!;
      const result = await session.run({ tokens: Int32Array.from(tokens.data), chunks: tokens.dims[0]! });
      await session.release();
      const state = isXl ? 'hidden.2' : encoder.type === 'clip' ? 'skip.1' : 'skip.2';
      expect(relativeError(result[state]!.data, wanted.data), `${run} ${side}`).toBeLessThan(TOLERANCE.text);
      if (pooled)
        expect(relativeError(result['pooled']!.data, pooled.data), run).toBeLessThan(TOLERANCE.text);
    }
  }
});
