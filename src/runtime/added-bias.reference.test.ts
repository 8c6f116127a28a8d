// Biases that an add-on gives to layers without one, held against what comes to the same: attention weights add up to one, so a bias
// of the values adds what the layer after them makes of it to that layer's bias, and a bias of the keys changes nothing.
import { beforeAll, describe, expect, it } from 'vitest';
import { readAddOn } from '../add-ons/file.ts';
import { layersOf } from '../add-ons/layers.ts';
import { LoraChanges } from '../add-ons/lora-changes.ts';
import { kohyaName } from '../add-ons/names.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { toFloat32 } from '../checkpoint/convert.ts';
import { keptWeights } from '../../tests/kept-weights.ts';
import { predictU0 } from '../../tests/lora-rounding.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { writeSafetensors } from '../../tests/safetensors-file.ts';
import {
  loadTinyModel,
  readExpected,
  relativeError,
  type Tensors,
  type TinyModel,
} from '../../tests/tiny-model.ts';
import { ChangedWeights } from './changed-weights.ts';

const [name] = tinyModels();

describe.skipIf(name === undefined)('a bias for a layer without one', () => {
  let model: TinyModel;
  let unet: Tensors;
  let attention: string;
  let plain: Float32Array;

  beforeAll(async () => {
    model = await loadTinyModel(name!);
    unet = (await readExpected(name!, 'unet.safetensors'))!;
    const values = [...model.checkpoint.tensors.keys()].filter((key) => key.endsWith('.attn2.to_v.weight'));
    attention = values.at(-1)!.replace('.to_v.weight', '');
    plain = await withBias({});
  });

  const tensorOf = (part: string) => model.checkpoint.tensors.get(`${attention}.${part}.weight`)!;

  /** What the UNet gives where these layers of the attention have their biases changed by so much. */
  async function withBias(biases: Readonly<Record<string, Float32Array>>): Promise<Float32Array> {
    const weights = new ChangedWeights(await keptWeights(model.checkpoint));
    const layers = layersOf(model.checkpoint.tensors.values());
    const entries = Object.entries(biases).flatMap(([part, bias]) => {
      const layer = [...layers.byName.values()].find(
        ({ weight }) => weight === `${attention}.${part}.weight`,
      )!;
      const module = kohyaName(layer.name, layers.isXl);
      const zeros = new Float32Array(tensorOf(part).elementCount);
      const entry = (ending: string, shape: readonly number[], data: Float32Array) => ({
        ...{ name: `${module}.${ending}`, dtype: 'F32', shape, bytes: new Uint8Array(data.buffer) },
      });
      return [entry('diff', tensorOf(part).shape, zeros), entry('diff_b', [bias.length], bias)] as const;
    });
    if (entries.length > 0) {
      const checkpoint = await openCheckpoint(bytesSource(writeSafetensors(entries)));
      const strength = { text: 1, unet: 1, dyn: null };
      const lora = { name: 'biases', sha256: '', strength, checkpoint, file: readAddOn(checkpoint, layers) };
      const changes = new LoraChanges(layers, [lora], (remark) => expect.fail(remark));
      await changes.load();
      weights.use({ changes, hypernetworks: null });
    }
    return predictU0(
      { ...model, catalog: weights, readWeight: async (...weight) => weights.read(...weight) },
      unet,
    );
  }

  it('of values is one of what comes after them', async () => {
    const [outputs = 0, inputs = 0] = tensorOf('to_out.0').shape;
    const bias = Float32Array.from({ length: inputs }, (_, i) => Math.sin(i));
    const { dtype } = tensorOf('to_out.0');
    const weight = toFloat32(await model.checkpoint.read(`${attention}.to_out.0.weight`), dtype);
    const after = Float32Array.from({ length: outputs }, (_, row) =>
      bias.reduce((sum, x, i) => sum + x * weight[row * inputs + i]!, 0),
    );
    const [own, same] = [await withBias({ to_v: bias }), await withBias({ 'to_out.0': after })];
    expect(relativeError(own, same)).toBeLessThan(5e-5);
    expect(relativeError(own, plain)).toBeGreaterThan(1e-3);
  });

  it('of keys changes nothing, of queries something', async () => {
    const bias = Float32Array.from({ length: tensorOf('to_k').shape[0]! }, (_, i) => 3 * Math.cos(i));
    expect(relativeError(await withBias({ to_k: bias }), plain)).toBeLessThan(5e-5);
    expect(relativeError(await withBias({ to_q: bias }), plain)).toBeGreaterThan(1e-4);
  });
});
