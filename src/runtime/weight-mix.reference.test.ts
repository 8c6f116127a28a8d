// A merge that is tried is the merge that would be written: the weights that are mixed as they are read are, byte for byte, those of the
// merged file, and so is what a network computes with them.
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.ts';
import { safetensorsFile } from '../checkpoint/safetensors-file.ts';
import { bytesSource } from '../checkpoint/source.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { mergedCheckpoint } from '../merging/merged-checkpoint.ts';
import { planMerge } from '../merging/plan.ts';
import { weightMix, type KeptModel, type MixedModels } from '../merging/weight-mix.ts';
import { keptWeights } from '../../tests/kept-weights.ts';
import { predictU0 } from '../../tests/lora-rounding.ts';
import { firstOfEachKind, readReferenceJson, tinyModels } from '../../tests/reference-dir.ts';
import { readSafetensors, writeSafetensors, type Entry } from '../../tests/safetensors-file.ts';
import { loadTinyModel, readExpected, readTinyModel, type ReferenceConfig } from '../../tests/tiny-model.ts';
import { ChangedWeights } from './changed-weights.ts';

const FIRST = 'model.diffusion_model.input_blocks.0.0.weight';
/** A first layer of more channels is mixed in part. */
const models = tinyModels().filter((name) => firstOfEachKind().has(name) || channelsOf(name) > 4);

function channelsOf(name: string): number {
  return readReferenceJson<ReferenceConfig>('models', name, 'config.json').unet.in_channels;
}

/** The model's file with its halves made others; `channels`: of its first layer only the first ones. */
async function another(name: string, by: number, channels = Infinity): Promise<Checkpoint> {
  const entries = readSafetensors(readTinyModel(name)).map((entry): Entry => {
    if (entry.dtype !== 'F16') return entry;
    const halves = new Uint16Array(entry.bytes.slice().buffer).map((half, i) => half ^ ((i * by) & 0x3ff));
    const [outputs = 1, inputs = 1, ...rest] = entry.shape;
    if (entry.name !== FIRST || inputs <= channels) return { ...entry, bytes: new Uint8Array(halves.buffer) };
    const area = rest.reduce((product, size) => product * size, 1);
    const cut = Array.from({ length: outputs }, (_, i) => [
      ...halves.subarray(i * inputs * area, (i * inputs + channels) * area),
    ]).flat();
    return {
      ...entry,
      shape: [outputs, channels, ...rest],
      bytes: new Uint8Array(Uint16Array.from(cut).buffer),
    };
  });
  return openCheckpoint(bytesSource(writeSafetensors(entries)));
}

async function kept(name: string, checkpoint: Checkpoint): Promise<KeptModel> {
  const { readNow } = await keptWeights(checkpoint);
  return { name, sha256: name, checkpoint, readNow };
}

const summed = (multiplier: number) => ({ method: 'Weighted sum', multiplier, blocks: null }) as const;
const added = { method: 'Add difference', multiplier: 0.7, blocks: null } as const;

describe.skipIf(models.length === 0).each(models)('a merge over %s', (name) => {
  async function mixed(): Promise<MixedModels> {
    const { checkpoint, unet } = await loadTinyModel(name);
    const channels = unet.inChannels > 4 ? 4 : Infinity;
    const b = await kept('b', await another(name, 37, channels));
    const c = await kept('c', await another(name, 11, channels));
    return { a: { name, checkpoint }, b, c, vae: null };
  }

  // The arithmetic is the same for all of them; names and first layers are not.
  const ways = name === models[0] ? [summed(0), summed(0.25), summed(1), added] : [summed(0.5), added];

  it.each(ways)('has the bytes of the file: $method, M = $multiplier', async (settings) => {
    const given = await mixed();
    const plan = planMerge(given, { ...settings, precision: 'float16', discard: '' });
    const file = safetensorsFile(mergedCheckpoint(given, plan));
    const merged = await openCheckpoint(file);
    const wanted = await keptWeights(merged);
    const weights = new ChangedWeights(await keptWeights(given.a.checkpoint));
    const names = weights.use({ mix: weightMix(given, settings), changes: null, hypernetworks: null });
    for (const tensor of merged.tensors.values()) {
      if (given.a.checkpoint.tensors.get(tensor.name)!.dtype !== 'F16') continue;
      const ref = { name: tensor.name, shape: tensor.shape, start: 0 };
      const same = Buffer.from(weights.read(ref, 'float16')).equals(wanted.read(ref, 'float16'));
      expect(same, tensor.name).toBe(true);
    }
    expect(names.size).toBeGreaterThan(100);
    expect(weights.use({ changes: null, hypernetworks: null })).toEqual(names);
  });

  it('computes what the file computes', async (context) => {
    const unet = await readExpected(name, 'unet.safetensors');
    if (!unet?.has('u0.context')) return context.skip('no inputs');
    const given = await mixed();
    const model = await loadTinyModel(name);
    const settings = summed(0.05);
    const plan = planMerge(given, { ...settings, precision: 'float16', discard: '' });
    const wanted = await keptWeights(await openCheckpoint(safetensorsFile(mergedCheckpoint(given, plan))));
    const weights = new ChangedWeights(await keptWeights(given.a.checkpoint));
    weights.use({ mix: weightMix(given, settings), changes: null, hypernetworks: null });
    const [tried, written] = await Promise.all(
      [weights, wanted].map((own) =>
        predictU0({ ...model, catalog: own, readWeight: async (...weight) => own.read(...weight) }, unet),
      ),
    );
    expect(tried).toEqual(written);
    expect(tried!.every(Number.isFinite)).toBe(true);
  });
});
