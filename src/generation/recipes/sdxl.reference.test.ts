// Whole runs of SDXL's kinds, from prompt to picture and text, as webui 1.10.1 made them (tests/reference/sdxl/runs).
import { describe, expect, it } from 'vitest';
import { nodeNetworks } from '../../../tests/node-networks.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel, relativeError, type TinyModel } from '../../../tests/tiny-model.ts';
import { readTensors, type Tensors } from '../../../tests/goldens.ts';
import type { Checkpoint } from '../../checkpoint/types.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { vaeOutputToPixels } from '../../image/pixels.ts';
import { readBuffers } from '../../models/buffers.ts';
import { detect } from '../../models/detect.ts';
import { tensorShapes } from '../../models/tensor-shapes.ts';
import type { Networks } from '../../runtime/networks.ts';
import { alphasCumprodOf } from '../request/alphas.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import { parseInfotext, type Infotext } from '../request/infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from '../request/parameters.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../request/request.ts';
import { seedsOf } from '../request/seeds.ts';
import { CondCache, encodePrompts, type Cond } from './conditioning.ts';
import { sampleTxt2Img } from './txt2img.ts';

interface Case {
  readonly id: string;
  readonly about: string;
  readonly mode: string;
  readonly model: string;
  readonly part: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly vae?: unknown;
  /** None where the original failed. */
  readonly infotexts?: readonly string[];
  readonly passes: readonly { readonly calls: { readonly network_items: readonly (readonly number[])[] } }[];
  readonly tensors: readonly string[];
  readonly same_as: Readonly<Record<string, string>>;
  readonly spread: { readonly f32: Readonly<Record<string, number | readonly [number, number]>> };
}

interface Index {
  readonly models: Readonly<Record<string, { readonly sha256: string; readonly derived?: string }>>;
  readonly cases: readonly Case[];
}

const FOLDER = ['sdxl', 'runs'];
const { models, cases } = listReference(...FOLDER).includes('index.json')
  ? readReferenceJson<Index>(...FOLDER, 'index.json')
  : { models: {}, cases: [] };

/** A1111's names of what a request says. */
const PARAMETERS: Readonly<Record<string, keyof GenerationParameters>> = {
  prompt: 'prompt',
  negative_prompt: 'negativePrompt',
  seed: 'seed',
  steps: 'steps',
  cfg_scale: 'cfgScale',
  width: 'width',
  height: 'height',
  sampler_name: 'sampler',
  scheduler: 'scheduler',
  batch_size: 'batchSize',
};
const SETTINGS: Readonly<Record<string, keyof ImageSettings>> = {
  sdxl_crop_top: 'sdxlCropTop',
  sdxl_crop_left: 'sdxlCropLeft',
  sdxl_refiner_low_aesthetic_score: 'sdxlLowAestheticScore',
  sdxl_refiner_high_aesthetic_score: 'sdxlHighAestheticScore',
  sdxl_clip_l_skip: 'sdxlClipLSkip',
  emphasis: 'emphasis',
  pad_cond_uncond: 'padConds',
  sd_noise_schedule: 'noiseSchedule',
};
const CLIP_SKIP = 'CLIP_stop_at_last_layers';

/** Why a case cannot be run yet; null when it can. */
function missing({ mode, params, options = {}, vae, infotexts = [], part }: Case): string | null {
  if (mode !== 'txt2img') return mode;
  if (vae !== undefined) return 'VAE choices';
  if (infotexts.some((text) => /\bTI(?: hashes)?: /.test(text))) return 'embeddings';
  const unknown = [
    ...Object.keys(params).filter((name) => !(name in PARAMETERS)),
    ...Object.keys(options).filter((name) => !(name in SETTINGS) && name !== CLIP_SKIP),
  ];
  if (unknown.length > 0) return unknown.join(', ');
  return listReference(...FOLDER).includes(`${part}.safetensors.gz`) ? null : `${part}.safetensors.gz`;
}

/** The request; "Default" of A1111's does not heed what a file says of its noise levels. */
function requestOf({ params, options = {} }: Case): GenerationParameters {
  const named = Object.entries(params).map(([name, value]) => [PARAMETERS[name]!, value]);
  const set = Object.entries(options).flatMap(([name, value]) =>
    name in SETTINGS ? [[SETTINGS[name]!, value]] : [],
  );
  return {
    ...DEFAULT_PARAMETERS,
    ...(Object.fromEntries(named) as Partial<GenerationParameters>),
    rng: 'CPU',
    clipSkip: (options[CLIP_SKIP] as number | undefined) ?? 1,
    settings: { ...DEFAULT_PARAMETERS.settings, noiseSchedule: 'Ordinary', ...Object.fromEntries(set) },
  };
}

const parts = new Map<string, Promise<Tensors>>();
function tensorsOf(part: string): Promise<Tensors> {
  const known =
    parts.get(part) ?? readTensors(bytesSource(readReference(...FOLDER, `${part}.safetensors.gz`)));
  parts.set(part, known);
  return known;
}

/** A model of the reference data; one derived from another has empty tensors more, which say how it was trained. */
async function openModel(name: string): Promise<Networks> {
  const source = tinyModels()
    .filter((folder) => name === folder || name.startsWith(`${folder}-`))
    .sort((a, b) => b.length - a.length)[0]!;
  const model = await loadTinyModel(source);
  const derived = models[name]?.derived;
  if (derived === undefined) return nodeNetworks(model, 'epsilon');
  const markers = /empty F32 tensors ([\w, ]+);/.exec(derived)![1]!.split(', ');
  const { prediction, buffers } = await readMarkers(model, markers);
  expect([prediction, buffers.zeroTerminalSnr]).toEqual(['v', true]);
  return { ...(await nodeNetworks(model, prediction)), buffers };
}

async function readMarkers({ checkpoint }: TinyModel, names: readonly string[]) {
  const empty = names.map((name, i) => {
    const info = { name, dtype: 'F32', shape: [0], elementCount: 0, position: i } as const;
    return [name, info] as const;
  });
  const marked: Checkpoint = {
    ...checkpoint,
    read: (...args) => checkpoint.read(...args),
    tensors: new Map([...checkpoint.tensors, ...empty]),
  };
  const detection = detect(tensorShapes(marked), checkpoint.metadata, null);
  return { prediction: detection.prediction!.value!, ...(await readBuffers(marked, detection)) };
}

const opened = new Map<string, Promise<Networks>>();
function networksOf(name: string): Promise<Networks> {
  const known = opened.get(name) ?? openModel(name);
  opened.set(name, known);
  return known;
}

describe.skipIf(cases.length === 0)('runs', () => {
  for (const one of cases) {
    const reason = missing(one);
    if (reason !== null) it.skip(`${one.id} ${one.about}: ${reason}`, () => undefined);
    else it(`${one.id} ${one.about}`, () => check(one));
  }
});

async function check(one: Case): Promise<void> {
  const stored = await tensorsOf(one.part);
  const expected = (name: string) => {
    const found = stored.get(one.same_as[name] ?? `${one.id}/${name}`);
    if (!found) throw new Error(`${one.id} has no ${name}`);
    return found;
  };
  const close = (actual: Float32Array, name: string, limit: number) => {
    const { data } = expected(name);
    if (data.some((value) => value !== 0)) expect(relativeError(actual, data), name).toBeLessThan(limit);
    else expect(actual, name).toEqual(data);
  };

  const real = await networksOf(one.model);
  const batches: number[] = [];
  const networks: Networks = {
    ...real,
    unet: (inputs) => {
      batches.push(inputs.batch);
      return real.unet(inputs);
    },
    // A grey picture has no variance for a group norm to divide by: rounding shows.
    async encode(...args) {
      close(await real.encode(...args), 'encode0.latent', 1e-3);
      return expected('encode0.latent').data.slice();
    },
  };
  const parameters = requestOf(one);
  const conditions = await encodePrompts(networks, parameters, new CondCache());
  const closeCond = ({ context, vector }: Cond, name: string): void => {
    // Stored as they were before they were filled up.
    close(context.subarray(0, expected(`${name}.crossattn`).data.length), `${name}.crossattn`, 1e-5);
    close(vector!, `${name}.vector`, 1e-5);
  };
  conditions.positive.forEach(({ schedule }, part) =>
    schedule.forEach(([, cond], entry) => closeCond(cond, `pass0.cond.0.${part}.${entry}`)),
  );
  conditions.negative.forEach(([, cond], entry) => closeCond(cond, `pass0.uncond.0.${entry}`));

  const run = sampleTxt2Img(networks, parameters, conditions, { first: 0, size: parameters.batchSize });
  let next = await run.next();
  while (!next.done) next = await run.next();
  const spread = one.spread.f32['pass0.result'] as number;
  close(next.value, 'pass0.result', Math.max(5e-5, 10 * spread));
  expect(batches).toEqual(one.passes[0]!.calls.network_items.flat());

  const { width, height, batchSize } = parameters;
  const size = next.value.length / batchSize;
  for (let i = 0; i < batchSize; i++) {
    // Where the reference's own rounding moves the result further than a byte, its latent is decoded.
    const latents = spread > 1e-3 ? expected('decode0.latent').data : next.value;
    const latent = latents.slice(i * size, (i + 1) * size);
    const image = vaeOutputToPixels(await networks.decode(latent, height / 8, width / 8), width, height);
    const name = `image${i}.before_overlay`;
    const [most = 1] = (one.spread.f32[name] as readonly number[] | undefined) ?? [];
    const whole = one.tensors.includes(name);
    const actual = whole ? [...image.data] : blockMeans(image.data, width, height);
    const { data } = expected(whole ? name : `${name}.blocks`);
    expect(actual).toHaveLength(data.length);
    expect(Math.max(...actual.map((value, at) => Math.abs(value - data[at]!)))).toBeLessThanOrEqual(
      Math.max(1, most),
    );
    // Spaces at the ends of prompts are lost in texts.
    const read = toGenerationParameters(checkText(one, parameters, networks, conditions.padded, i));
    if (read.prompt !== parameters.prompt || read.negativePrompt !== parameters.negativePrompt) continue;
    const again = { ...parameters, ...read };
    expect(await encodePrompts(networks, again, new CondCache())).toEqual(conditions);
    expect(alphasCumprodOf(again.settings, networks.buffers)).toEqual(
      alphasCumprodOf(parameters.settings, networks.buffers),
    );
  }
}

/** [height, width, 3] -> [height / 8, width / 8, 3]. */
function blockMeans(pixels: ArrayLike<number>, width: number, height: number): number[] {
  const columns = width / 8;
  const sums = new Array<number>((height / 8) * columns * 3).fill(0);
  for (let i = 0; i < width * height * 3; i++) {
    const [pixel, colour] = [Math.floor(i / 3), i % 3];
    const block = Math.floor(pixel / width / 8) * columns + Math.floor((pixel % width) / 8);
    sums[3 * block + colour]! += pixels[i]! / 64;
  }
  return sums;
}

/** What A1111 says of the picture is said by our text, which is given. */
function checkText(
  one: Case,
  parameters: GenerationParameters,
  { family, buffers }: Networks,
  padded: 'padConds' | 'padCondsV0' | null,
  index: number,
): Infotext {
  const { sha256 } = models[one.model]!;
  const text = fromGenerationParameters(parameters, {
    ...seedsOf(parameters, index),
    ...{ padded, family, buffers, modelHash: sha256.slice(0, 10), modelName: one.model },
  });
  const said = parseInfotext(text);
  const fields = (infotext: Infotext) =>
    Object.entries(infotext).flatMap(([name, value]) =>
      name === 'Version' ? [] : [[name, Number.isNaN(Number(value)) ? value : Number(value)]],
    );
  // Where ours has more, it is of settings that A1111 keeps to itself.
  expect(Object.fromEntries(fields(said))).toMatchObject(
    Object.fromEntries(fields(parseInfotext(one.infotexts![index]!))),
  );

  return said;
}
