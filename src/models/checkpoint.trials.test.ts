// Checkpoints as people bring them: recognised or refused, read bit for bit, and sampled and encoded with as A1111 does.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toFloat32 } from '../checkpoint/convert.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { CheckpointError } from '../checkpoint/types.ts';
import { alphasCumprodOf } from '../generation/request/alphas.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../generation/request/settings/list.ts';
import { DiscreteTable } from '../sampling/noise-table.ts';
import { buildSigmas } from '../sampling/schedules.ts';
import { openWhole, type OpenedCheckpoint } from '../../tests/opened-checkpoint.ts';
import { openNodeSession } from '../../tests/ort-node.ts';
import { readReference, REFERENCE_DIR } from '../../tests/reference-dir.ts';
import { relativeError } from '../../tests/tiny-model.ts';
import { trialCheckpoint } from '../../tests/trial-checkpoint.ts';
import { hasBase, readTrial, trials, type Trial, TRIALS_DIR } from '../../tests/trials-dir.ts';
import { textEncoderNetwork } from './text-encoder.ts';

type Expected = Readonly<Record<string, unknown>>;

const cases = trials<Expected>('checkpoint');
const possible = cases.filter(hasBase).map((trial) => ({ id: trial.id, trial }));

/** What a tiny model's shapes cannot tell, its heads, lies in its sidecar. */
function sidecarOf({ base }: Trial): Uint8Array | undefined {
  if (base === undefined) return undefined;
  const file = `${base}.yaml`;
  if (existsSync(join(TRIALS_DIR, 'models', base, file))) return readTrial(join('models', base, file));
  return existsSync(join(REFERENCE_DIR, 'models', base, file))
    ? readReference('models', base, file)
    : undefined;
}

if (cases.length === 0) it.skip('there are no trials of checkpoints', () => undefined);
for (const { id, base } of cases.filter((trial) => !hasBase(trial))) {
  it.skip(`${id}: the tiny model ${base} is not there`, () => undefined);
}

describe.skipIf(possible.length === 0)('checkpoints', () => {
  it.each(possible)('$id', async ({ trial }) => {
    const { refused, message_says: says, ...expected } = trial.expected;
    if (refused === true) {
      const error: unknown = await openCheckpoint(bytesSource(trialCheckpoint(trial))).then(
        () => expect.fail('it was accepted'),
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(CheckpointError);
      if (says !== undefined) expect((error as CheckpointError).message).toContain(says);
      return;
    }
    const opened = await openWhole(trialCheckpoint(trial), sidecarOf(trial));
    for (const [key, value] of Object.entries(expected)) await check(opened, key, value, trial);
    if (says !== undefined) expect(reasonOf(opened)).toContain(says);
  });
});

const reasonOf = ({ detection }: OpenedCheckpoint): string => detection.unsupportedReason ?? '';

async function check(opened: OpenedCheckpoint, key: string, value: unknown, trial: Trial): Promise<void> {
  const { detection, buffers } = opened;
  const tolerance = trial.tolerance ?? 1e-5;
  const table = new DiscreteTable(alphasCumprodOf(DEFAULT_IMAGE_SETTINGS, buffers));
  const schedule = /^(.+) (\d+)$/.exec(key);
  switch (key) {
    case 'kind':
      return expect(detection.kind).toBe(value);
    case 'supported': {
      // By itself: without a VAE one has to be chosen, which is said.
      const { supported, networks, notes } = detection;
      const lacksVae = supported && networks?.vae === null;
      expect(supported && !lacksVae, reasonOf(opened)).toBe(value);
      // Whoever is refused has to read why.
      if (lacksVae) expect(notes.join(' ')).toMatch(/has no VAE.*Import one/);
      else if (value === false) expect(reasonOf(opened)).toMatch(/^This is .+\. ?/);
      return;
    }
    case 'bytes_hex':
      return checkBytes(opened, value as Readonly<Record<string, string>>, trialCheckpoint(trial));
    case 'sigma_min':
      return expectClose([table.sigmas[0]!], [value as number], tolerance);
    case 'sigma_max':
      return expectClose([table.sigmas.at(-1)!], [value as number], tolerance);
    case 'alphas_cumprod_first_last': {
      const alphas = alphasCumprodOf(DEFAULT_IMAGE_SETTINGS, buffers);
      return expect([alphas[0], alphas.at(-1)]).toEqual(value);
    }
    case 'position_ids':
      return expect(buffers.positionIds ?? Array.from({ length: 77 }, (_, i) => i)).toEqual(value);
    case 'text':
      return checkText(opened, readTrial(value as string), tolerance);
    case 'blocks_run': {
      // Those whose result reaches the output that is used.
      const { type, layers, absentLayers = [] } = detection.networks!.textEncoders[0]!;
      const used = type === 'open-clip' ? layers - 1 : layers;
      return expect(used - absentLayers.filter((layer) => layer < used).length).toBe(value);
    }
  }
  if (!schedule) throw new Error(`Nobody knows how to check "${key}".`);
  const sigmas = buildSigmas({ scheduler: schedule[1]!, steps: Number(schedule[2]), table });
  expectClose(sigmas, value as readonly number[], tolerance);
}

/** Relative to each value, as the noise levels span decades. */
function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance * Math.abs(value));
  }
}

/** The answers may be those of several files; a tensor may only be missing where the file never names it. */
async function checkBytes(
  { checkpoint }: OpenedCheckpoint,
  all: Readonly<Record<string, string>>,
  file: Uint8Array,
): Promise<void> {
  for (const [name, hex] of Object.entries(all)) {
    const there = checkpoint.tensors.has(name);
    expect(there || !Buffer.from(file).includes(name), `${name} is lost`).toBe(true);
    if (there) expect(Buffer.from(await checkpoint.read(name)).toString('hex'), name).toBe(hex);
  }
  expect([...checkpoint.tensors.keys()].filter((name) => !Object.hasOwn(all, name))).toEqual([]);
}

/** Tokens of several prompts, and what the text encoder makes of each. */
async function checkText(opened: OpenedCheckpoint, file: Uint8Array, tolerance: number): Promise<void> {
  const { detection, buffers, catalog, readWeight } = opened;
  const wanted = await openCheckpoint(bytesSource(file));
  const read = async (name: string): Promise<Float32Array> =>
    toFloat32(await wanted.read(name), wanted.tensors.get(name)!.dtype);
  const config = detection.networks!.textEncoders[0]!;
  const { positionIds } = buffers;
  const network = textEncoderNetwork(config, catalog, 'float32', positionIds ? { positionIds } : {});
  const session = await openNodeSession(network, readWeight);
  let compared = 0;
  for (const { name, shape } of wanted.tensors.values()) {
    const prompt = /^(.+)\.tokens$/.exec(name)?.[1];
    if (prompt === undefined) continue;
    const tokens = Int32Array.from(await read(name));
    const states = await session.run({ tokens, chunks: shape[0]! }, network.outputs);
    for (const state of wanted.tensors.keys()) {
      const output = state.startsWith(`${prompt}.`)
        ? outputOf(state.slice(prompt.length + 1), config.layers)
        : null;
      if (output === null || !network.outputs.includes(output)) continue;
      expect(relativeError(states[output]!.data, await read(state)), state).toBeLessThan(tolerance);
      compared++;
    }
  }
  await session.release();
  expect(compared).toBeGreaterThan(0);
}

/** The graph's name of a state: "hidden0" counts from the embeddings on. */
function outputOf(state: string, layers: number): string | null {
  if (state === 'penultimate') return 'skip.2';
  if (state === 'last') return 'skip.1';
  const [, kind, number] = /^(skip|hidden)(\d+)$/.exec(state) ?? [];
  if (kind === undefined) return null;
  return kind === 'skip' ? `skip.${number}` : `hidden.${layers + 1 - Number(number)}`;
}
