// Whole files on tiny models: which layer is which, what each changes, and what the networks compute with it, as in A1111.
import { beforeAll, describe, expect, it } from 'vitest';
import { toFloat32 } from '../checkpoint/convert.ts';
import { loraFolders, readLoraFolder, type LoraFolder } from '../../tests/lora-runs.ts';
import { predictU0, roundingOf } from '../../tests/lora-rounding.ts';
import { changedWeights, withWeights } from '../../tests/model-with-add-ons.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import {
  loadTinyModel,
  readExpected,
  relativeError,
  type Tensors,
  type TinyModel,
} from '../../tests/tiny-model.ts';
import { textEncoderNetwork } from '../models/text-encoder.ts';
import { layerOf, readAddOn, readParts } from './file.ts';
import { layersOf } from './layers.ts';
import { deltaOf, type Strength } from './module.ts';

/** models/README.md, "Tolerances". */
const TOLERANCE = { delta: 5e-5, unet: 5e-5, text: 1e-5 };

const folders = loraFolders();
const full: Strength = { text: 1, unet: 1, dyn: null };

describe.skipIf(folders.length === 0).each(folders)('$folder', ({ folder, model: name }) => {
  let model: TinyModel;
  let lora: LoraFolder;

  beforeAll(async () => {
    model = await loadTinyModel(name);
    lora = await readLoraFolder(folder);
  });

  it('finds the layer of every name', () => {
    const layers = layersOf(model.checkpoint.tensors.values());
    for (const info of lora.infos) {
      for (const [key, layer] of Object.entries(info.layer_names))
        expect(layerOf(key, layers), key).toBe(layer);
      const found = readAddOn(lora.files.get(info.file.replace(/\.safetensors$/, ''))!, layers);
      expect(found.modules.size).toBe(info.layers);
      expect(found.unused).toEqual([]);
      expect(found.incomplete).toEqual([]);
    }
  });

  it('computes what each layer is changed by', async () => {
    const layers = layersOf(model.checkpoint.tensors.values());
    let compared = 0;
    for (const [key, want] of lora.expected) {
      const [, stem, layerKey] = /^(.+)\.delta\.(.+)$/.exec(key) ?? [];
      if (stem === undefined) continue;
      const file = lora.files.get(stem)!;
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

  it('gives what the networks compute with it, at every strength', async () => {
    const text = (await readExpected(name, 'text.safetensors'))!;
    const unet = (await readExpected(name, 'unet.safetensors'))!;
    for (const { name: run, used } of lora.runs) {
      const weights = await changedWeights(model, used);
      const changed = withWeights(model, weights);
      const out = await predictU0(changed, unet);
      const error = relativeError(out, lora.expected.get(`${run}.u0.out`)!.data);
      const allowed =
        error < TOLERANCE.unet ? TOLERANCE.unet : 10 * (await roundingOf(model, unet, { used }, 'float32'));
      expect(error, run).toBeLessThan(allowed);
      await compareText(run, changed, text);
    }
    expect(lora.runs.length).toBeGreaterThan(1);
  });

  async function compareText(run: string, changed: TinyModel, text: Tensors): Promise<void> {
    const isXl = model.unet.vectorDim !== null;
    for (const encoder of model.textEncoders) {
      const side = isXl ? (encoder.type === 'clip' ? 'l' : 'g') : '';
      const wanted = lora.expected.get(`${run}.text${side}`);
      if (!wanted) continue;
      const pooled = side === 'g' ? lora.expected.get(`${run}.pooled`) : undefined;
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
