// Extracted LoRAs: full rank gives the difference back, the file is one that others read, and applied to B it makes A.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readAddOn, readParts } from '../../add-ons/file.ts';
import { layersOf } from '../../add-ons/layers.ts';
import { toFloat32 } from '../../checkpoint/convert.ts';
import { openCheckpoint } from '../../checkpoint/open.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import type { Checkpoint } from '../../checkpoint/types.ts';
import { unetNetwork } from '../../models/unet.ts';
import { changedWeights, withWeights } from '../../../tests/model-with-add-ons.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { firstOfEachKind } from '../../../tests/reference-dir.ts';
import { readSafetensors, writeSafetensors } from '../../../tests/safetensors-file.ts';
import {
  loadTinyModel,
  readExpected,
  readTinyModel,
  relativeError,
  type TinyModel,
} from '../../../tests/tiny-model.ts';
import { bytesOf, valuesOf } from '../arithmetic.ts';
import { extractLora, type ExtractedLora } from './extract.ts';
import { LORA_SETTINGS, type LoraSettings } from './types.ts';

const EXACT: LoraSettings = {
  dim: 1024,
  convDim: 1024,
  precision: 'float32',
  clampQuantile: 1,
  minDifference: 0,
};

/** A file with its UNet's and text encoders' matrices moved: by a few directions each, or by anything. */
function moved(file: Uint8Array, pattern: RegExp, ranks: number | null): Uint8Array {
  let state = 7;
  const random = () => ((state = (state * 48_271) % 0x7fffffff) / 0x7fffffff) * 2 - 1;
  return writeSafetensors(
    readSafetensors(file).map((entry) => {
      if (entry.dtype !== 'F16' || entry.shape.length < 2 || !pattern.test(entry.name)) return entry;
      const values = valuesOf(entry.bytes, 'F16') as Float32Array;
      const columns = values.length / entry.shape[0]!;
      if (ranks === null) for (let i = 0; i < values.length; i++) values[i]! += 0.05 * random();
      for (let rank = 0; rank < (ranks ?? 0); rank++) {
        const row = Float32Array.from({ length: columns }, () => 0.05 * random());
        for (let i = 0; i < values.length; i += columns) {
          const factor = random();
          for (let j = 0; j < columns; j++) values[i + j]! += factor * row[j]!;
        }
      }
      return { ...entry, dtype: 'F32', bytes: bytesOf(values, 'F32') };
    }),
  );
}

const opened = (file: Uint8Array): Promise<Checkpoint> => openCheckpoint(bytesSource(file));

interface Extracted extends ExtractedLora {
  readonly file: Uint8Array;
  readonly checkpoint: Checkpoint;
}

async function extracted(a: Checkpoint, b: Checkpoint, settings: LoraSettings): Promise<Extracted> {
  const parts: Uint8Array[] = [];
  const of = (checkpoint: Checkpoint, name: string) => ({ name, checkpoint, sidecar: null });
  let room = 0;
  const result = await extractLora(
    { a: of(a, 'a'), b: of(b, 'b') },
    settings,
    'a title',
    async (headerSize) => {
      room = headerSize;
      return { write: async (bytes) => void parts.push(bytes) };
    },
    () => undefined,
    new AbortController().signal,
  );
  expect(result.header.length).toBe(room);
  const file = new Uint8Array(Buffer.concat([result.header, ...parts]));
  return { ...result, file, checkpoint: await opened(file) };
}

/** Everything that a LoRA can change: matrices of the blocks and of the text encoders' layers. */
const BLOCKS = /^model\.diffusion_model\.(?!input_blocks\.0\.)(?:input_blocks|middle_block|output_blocks)\./;
const TEXT = /\.(?:encoder\.layers|resblocks)\.\d+\.(?:self_attn|attn|mlp)\./;
const ALL = new RegExp(`${BLOCKS.source}|${TEXT.source}`);

async function unetOf(folder: string, model: TinyModel): Promise<Float32Array> {
  const expected = (await readExpected(folder, 'unet.safetensors'))!;
  const session = await openNodeSession(unetNetwork(model.unet, model.catalog, 'float32'), model.readWeight);
  const [x, context] = [expected.get('u0.x')!, expected.get('u0.context')!];
  const vector = expected.get('u0.y')?.data;
  const { out } = await session.run({
    x: x.data,
    batch: x.dims[0]!,
    height: x.dims[2]!,
    width: x.dims[3]!,
    timesteps: expected.get('u0.t')!.data,
    context: context.data,
    tokens: context.dims[1]!,
    ...(vector ? { vector } : {}),
  });
  await session.release();
  return out!.data;
}

const names = [...firstOfEachKind()];
const strength = { text: 1, unet: 1, dyn: null };

describe.skipIf(names.length === 0).each(names)('of a model made from %s', (name) => {
  it('is all of the difference where the rank is enough, and makes A of B', async () => {
    const b = await loadTinyModel(name);
    const a = await loadTinyModel(name, { name: 'a', make: (file) => moved(file, ALL, 3) });
    const settings: LoraSettings = { ...EXACT, dim: 4, convDim: 4 };
    const lora = await extracted(a.checkpoint, b.checkpoint, settings);
    expect(lora.hasText).toBe(true);
    expect(lora.missing).toBeLessThan(1e-3);
    const changed = await changedWeights(b, [{ checkpoint: lora.checkpoint, strength }]);
    let compared = 0;
    for (const { name: tensor, dtype } of a.checkpoint.tensors.values()) {
      if (!ALL.test(tensor) || dtype !== 'F32') continue;
      const wanted = toFloat32(await a.checkpoint.read(tensor), dtype);
      expect(relativeError(changed.get(tensor)!, wanted), tensor).toBeLessThan(2e-6);
      compared++;
    }
    expect(compared).toBe(changed.size - [...changed.keys()].filter((key) => key.endsWith('bias')).length);

    const ofA = await unetOf(name, a);
    expect(relativeError(await unetOf(name, b), ofA)).toBeGreaterThan(1e-2);
    // models/README.md, "Tolerances".
    expect(relativeError(await unetOf(name, withWeights(b, changed)), ofA)).toBeLessThan(5e-5);
  });
});

describe.skipIf(names.length === 0)('an extracted LoRA', () => {
  const file = names.length > 0 ? readTinyModel(names[0]!) : new Uint8Array();

  it("has kohya's names, shapes and metadata, and the hash of its data", async () => {
    const [a, b] = [await opened(moved(file, ALL, 3)), await opened(file)];
    const settings: LoraSettings = { ...LORA_SETTINGS, dim: 4, convDim: 2 };
    const { checkpoint, file: bytes, header, layers } = await extracted(a, b, settings);
    const { tensors, metadata } = checkpoint;
    expect(tensors.size).toBe(3 * layers);
    for (const { name, dtype, shape } of tensors.values()) {
      expect(name).toMatch(/^lora_(unet|te[12]?)_\w+\.(lora_up\.weight|lora_down\.weight|alpha)$/);
      expect(dtype).toBe('F16');
      if (!name.endsWith('.lora_down.weight')) continue;
      expect(shape[0]).toBeLessThanOrEqual(shape.slice(2).some((size) => size > 1) ? 2 : 4);
      const alpha = await checkpoint.read(name.replace('lora_down.weight', 'alpha'));
      expect(valuesOf(alpha, 'F16')[0]).toBe(shape[0]);
    }
    expect(metadata.get('ss_network_module')).toBe('networks.lora');
    expect(metadata.get('ss_network_dim')).toBe('4');
    expect(metadata.get('ss_network_alpha')).toBe('4.0');
    expect(metadata.get('ss_network_args')).toBe('{"conv_dim": "2", "conv_alpha": "2.0"}');
    expect(metadata.get('modelspec.title')).toBe('a title');
    const hash = createHash('sha256').update(bytes.subarray(header.length)).digest('hex');
    expect(metadata.get('sshs_model_hash')).toBe(hash);
  });

  it('is all of the difference at full rank', async () => {
    const linear = /^model\.diffusion_model\.middle_block\.1\.transformer_blocks\./;
    const [a, b] = [await opened(moved(file, linear, null)), await opened(file)];
    const { missing, checkpoint } = await extracted(a, b, { ...EXACT, convDim: null });
    expect(missing).toBeLessThan(1e-3);
    const changed = await changedWeights({ checkpoint: b }, [{ checkpoint, strength }]);
    const compared = [...a.tensors.values()].filter(
      ({ name, dtype }) => linear.test(name) && dtype === 'F32',
    );
    expect(compared.length).toBeGreaterThan(0);
    for (const { name, dtype } of compared) {
      const wanted = toFloat32(await a.read(name), dtype);
      expect(relativeError(changed.get(name)!, wanted), name).toBeLessThan(2e-6);
    }
  });

  it('holds what is of its rank, and says how much it leaves out of more', async () => {
    const [a, b] = [await opened(moved(file, ALL, 3)), await opened(file)];
    const settings: LoraSettings = { ...EXACT, dim: 3, convDim: 3 };
    const whole = await extracted(a, b, settings);
    expect(whole.missing).toBeLessThan(1e-3);
    const part = await extracted(a, b, { ...settings, dim: 1, convDim: 1 });
    expect(part.missing).toBeGreaterThan(0.1);
    expect(part.missing).toBeLessThan(1);
  });

  it('leaves a text encoder out that is the same, and residual blocks without a rank for them', async () => {
    const b = await opened(file);
    const a = await opened(moved(file, BLOCKS, 2));
    const { hasText, checkpoint } = await extracted(a, b, { ...LORA_SETTINGS, dim: 2 });
    expect(hasText).toBe(false);
    const found = readAddOn(checkpoint, layersOf(b.tensors.values()));
    expect(found.unused).toEqual([]);
    for (const layer of found.modules.keys()) {
      expect(layer).toMatch(/_1_(proj_in|proj_out|transformer_blocks_)/);
    }
  });

  it('is clamped to the quantile of its values', async () => {
    const [a, b] = [await opened(moved(file, ALL, null)), await opened(file)];
    const settings: LoraSettings = { ...EXACT, dim: 2, convDim: null };
    const free = await extracted(a, b, settings);
    const clamped = await extracted(a, b, { ...settings, clampQuantile: 0.9 });
    const layers = layersOf(b.tensors.values());
    const modules = readAddOn(free.checkpoint, layers).modules;
    for (const [layer, names] of [...modules].slice(0, 5)) {
      const [before, after] = [
        await readParts(free.checkpoint, names),
        await readParts(clamped.checkpoint, names),
      ];
      const all = ['lora_up.weight', 'lora_down.weight'].flatMap((part) => [...before.get(part)!.data]);
      all.sort((x, y) => x - y);
      const place = 0.9 * (all.length - 1);
      const [low, high] = [all[Math.floor(place)]!, all[Math.ceil(place)]!];
      const limit = low + (high - low) * (place % 1);
      for (const part of ['lora_up.weight', 'lora_down.weight']) {
        const wanted = before.get(part)!.data.map((x) => Math.min(limit, Math.max(-limit, x)));
        expect(relativeError(after.get(part)!.data, wanted), layer).toBeLessThan(1e-6);
      }
    }
  });

  it('is refused of models that do not belong together', async () => {
    const b = await opened(file);
    for (const other of names.slice(1)) {
      const a = (await loadTinyModel(other)).checkpoint;
      await expect(extracted(a, b, LORA_SETTINGS)).rejects.toThrow(/same family/);
    }
    await expect(extracted(b, b, { ...LORA_SETTINGS, dim: 0 })).rejects.toThrow(/rank/);
  });
});
