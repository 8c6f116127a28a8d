// Whole runs of SDXL's kinds and of VAE choices, from prompt to picture and text, as webui 1.10.1 made them
// (tests/reference/sdxl/runs).
import { describe, expect, it } from 'vitest';
import { nodeNetworks } from '../../../tests/node-networks.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { loadTinyModel, relativeError, type TinyModel } from '../../../tests/tiny-model.ts';
import { loadTinyVae, tinyVaeFolders } from '../../../tests/tiny-vae.ts';
import { openVaeFile, sha256Of, turnedVae } from '../../../tests/turned-vae.ts';
import { readTensors, type Tensors } from '../../../tests/goldens.ts';
import type { Checkpoint } from '../../checkpoint/types.ts';
import { blockMeans, fieldsOf } from '../../../tests/whole-runs.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { familyOf } from '../../families/families.ts';
import { pixelsToVaeInput, vaeOutputToPixels } from '../../image/pixels.ts';
import { readBuffers } from '../../models/buffers.ts';
import { detect } from '../../models/detect.ts';
import type { StoredModel } from '../../library/types.ts';
import { tinyDecoderNetwork, tinyEncoderNetwork } from '../../models/taesd.ts';
import { tensorShapes } from '../../models/tensor-shapes.ts';
import type { Detection } from '../../models/types.ts';
import type { Networks } from '../../runtime/networks.ts';
import { alphasCumprodOf } from '../request/alphas.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import { parseInfotext, type Infotext } from '../request/infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from '../request/parameters.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../request/request.ts';
import { seedsOf } from '../request/seeds.ts';
import { chooseDecoders, type Decoders } from '../run/decoders.ts';
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
  readonly vae?: {
    /** Beside the model; a .json is user metadata of a checkpoint. */
    readonly files: readonly string[];
    readonly settings: Readonly<Record<string, unknown>>;
  };
  /** None where the original failed. */
  readonly infotexts?: readonly string[];
  readonly passes: readonly { readonly calls: { readonly network_items: readonly (readonly number[])[] } }[];
  readonly tensors: readonly string[];
  readonly same_as: Readonly<Record<string, string>>;
  readonly spread: { readonly f32: Readonly<Record<string, number | readonly [number, number]>> };
}

interface Index {
  readonly models: Readonly<Record<string, { readonly sha256: string; readonly derived?: string }>>;
  /** Of the file made of a model's VAE (tests/turned-vae.ts). */
  readonly vaes?: Readonly<Record<string, { readonly sha256: string }>>;
  readonly cases: readonly Case[];
}

const FOLDER = ['sdxl', 'runs'];
const { models, vaes, cases } = listReference(...FOLDER).includes('index.json')
  ? readReferenceJson<Index>(...FOLDER, 'index.json')
  : { models: {}, vaes: {}, cases: [] };

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
  token_merging_ratio: 'tokenMergingRatio',
  sd_vae: 'sdVae',
  sd_vae_overrides_per_model_preferences: 'sdVaeOverrides',
  sd_vae_decode_method: 'vaeDecodeMethod',
};
const CLIP_SKIP = 'CLIP_stop_at_last_layers';

/** Why a case cannot be run yet; null when it can. */
function missing({ mode, model, params, options = {}, vae, infotexts = [], part }: Case): string | null {
  if (mode !== 'txt2img') return mode;
  if (folderOf(model) === undefined) return `no ${model}`;
  if (vae?.files.some((file) => file.endsWith('.json'))) return 'user metadata';
  if (options['sd_vae_decode_method'] === 'TAESD' && tinyVaeFolders.length === 0) return 'no TAESD';
  if (infotexts.some((text) => /\bTI(?: hashes)?: /.test(text))) return 'embeddings';
  const unknown = [
    ...Object.keys(params).filter((name) => !(name in PARAMETERS) && name !== 'override_settings'),
    ...Object.keys({ ...options, ...overridesOf(params) }).filter(
      (name) => !(name in SETTINGS) && name !== CLIP_SKIP,
    ),
  ];
  if (unknown.length > 0) return unknown.join(', ');
  return listReference(...FOLDER).includes(`${part}.safetensors.gz`) ? null : `${part}.safetensors.gz`;
}

function overridesOf(params: Case['params']): Readonly<Record<string, unknown>> {
  return (params['override_settings'] ?? {}) as Readonly<Record<string, unknown>>;
}

/** The request; "Default" of A1111's does not heed what a file says of its noise levels. */
function requestOf({ params, vae, options = {} }: Case): GenerationParameters {
  const named = Object.entries(params).flatMap(([name, value]) =>
    name in PARAMETERS ? [[PARAMETERS[name]!, value]] : [],
  );
  const set = Object.entries({ ...options, ...vae?.settings, ...overridesOf(params) }).flatMap(
    ([name, value]) => (name in SETTINGS ? [[SETTINGS[name]!, value]] : []),
  );
  return {
    ...DEFAULT_PARAMETERS,
    ...(Object.fromEntries(named) as Partial<GenerationParameters>),
    rng: 'CPU',
    clipSkip: (options[CLIP_SKIP] as number | undefined) ?? 1,
    settings: { ...DEFAULT_PARAMETERS.settings, noiseSchedule: 'Ordinary', ...Object.fromEntries(set) },
  };
}

/** `make`, once for each name. */
function once<T>(make: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
}

const tensorsOf = once((part: string): Promise<Tensors> =>
  readTensors(bytesSource(readReference(...FOLDER, `${part}.safetensors.gz`))),
);

/** The folder of the model, or of the one that it is derived from. */
function folderOf(name: string): string | undefined {
  return tinyModels()
    .filter((folder) => name === folder || name.startsWith(`${folder}-`))
    .sort((a, b) => b.length - a.length)[0];
}

/** A model of the reference data; one derived from another has empty tensors more, which say how it was trained. */
async function openModel(name: string): Promise<Networks> {
  const model = await loadTinyModel(folderOf(name)!);
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

const networksOf = once(openModel);

const detectionOf = once(async (folder: string) => {
  const { checkpoint } = await loadTinyModel(folder);
  return detect(tensorShapes(checkpoint), checkpoint.metadata, null);
});

const turnedVaeOf = once(async (folder: string) => {
  const bytes = turnedVae(folder);
  const sha256 = sha256Of(bytes);
  expect(sha256).toBe(vaes![folder]!.sha256);
  const { scaleFactor } = familyOf((await detectionOf(folder)).kind)!.latent;
  return { sha256, ...(await openVaeFile(bytes, scaleFactor)) };
});

/** What decodes a case's pictures, of the files that it has, and what the text tells of it. */
async function decoderOf(
  { model, vae }: Case,
  { settings }: GenerationParameters,
  networks: Networks,
): Promise<Pick<Networks, 'decode'> & Pick<Decoders, 'text'>> {
  const folder = folderOf(model)!;
  const stored = (fileName: string, sha256: string, detection: Detection) =>
    ({ sha256, name: fileName.replace(/\.[^.]*$/, ''), fileName, detection }) as StoredModel;
  const record = stored(`${model}.safetensors`, models[model]!.sha256, await detectionOf(folder));
  const opened = vae?.files.length ? await turnedVaeOf(folder) : null;
  const files = (vae?.files ?? []).map((file) => stored(file, opened!.sha256, opened!.detection));

  const tiny = settings.vaeDecodeMethod === 'TAESD';
  const named = { 'taesd_decoder.pth': false, 'taesdxl_decoder.pth': true };
  // The decoder of SDXL's latents has the sign of its first weight turned.
  const loaded = await Promise.all(
    Object.entries(tiny ? named : {}).map(async ([file, turned]) => {
      const decoder = await loadTinyVae(tinyVaeFolders[0]!, 'decoder', turned);
      return { decoder, file: stored(file, sha256Of(new TextEncoder().encode(file)), decoder.detection) };
    }),
  );
  const choice = chooseDecoders(record, settings, [record, ...files, ...loaded.map(({ file }) => file)]);
  expect(choice.problem).toBeNull();
  if (tiny) {
    const { decoder } = loaded.find(({ file }) => file === choice.taesd)!;
    const network = tinyDecoderNetwork(decoder.detection.tinyVae!, decoder.catalog, 'float32');
    const session = await openNodeSession(network, decoder.readWeight);
    return {
      text: choice.text,
      decode: async (latent, height, width) =>
        (await session.run({ latent, batch: 1, height, width }))['image']!.data,
    };
  }
  return { text: choice.text, decode: choice.vae ? opened!.decode : networks.decode };
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
  const decoder = await decoderOf(one, parameters, real);
  const closeCond = ({ context, vector }: Cond, name: string): void => {
    const text = vector ? `${name}.crossattn` : name;
    // Stored as they were before they were filled up.
    close(context.subarray(0, expected(text).data.length), text, 1e-5);
    if (vector) close(vector, `${name}.vector`, 1e-5);
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
    const image = vaeOutputToPixels(await decoder.decode(latent, height / 8, width / 8), width, height);
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
    const read = toGenerationParameters(
      checkText(one, parameters, networks, conditions.padded, decoder.text, i),
    );
    if (read.prompt !== parameters.prompt || read.negativePrompt !== parameters.negativePrompt) continue;
    const again = { ...parameters, ...read };
    expect((await decoderOf(one, again, real)).text.vaeHash).toBe(decoder.text.vaeHash);
    expect(await encodePrompts(networks, again, new CondCache())).toEqual(conditions);
    expect(alphasCumprodOf(again.settings, networks.buffers)).toEqual(
      alphasCumprodOf(parameters.settings, networks.buffers),
    );
  }
}

const encodedTiny = cases.filter(
  ({ options = {}, tensors, part }) =>
    options['sd_vae_encode_method'] === 'TAESD' &&
    tensors.includes('encode0.u8') &&
    tinyVaeFolders.length > 0 &&
    listReference(...FOLDER).includes(`${part}.safetensors.gz`),
);

describe.skipIf(encodedTiny.length === 0)('pictures encoded by TAESD', () => {
  it.each(encodedTiny)('$id $about', async ({ id, model, part, same_as: sameAs }) => {
    const stored = await tensorsOf(part);
    const expected = (name: string) => stored.get(sameAs[name] ?? `${id}/${name}`)!;
    const { dims, data } = expected('encode0.u8');
    const [height, width] = dims as [number, number, 3];
    // As the decoder's: SDXL's has the sign of its first weight turned.
    const { vector } = familyOf((await detectionOf(folderOf(model)!)).kind)!.unet;
    const encoder = await loadTinyVae(tinyVaeFolders[0]!, 'encoder', vector !== null);
    const network = tinyEncoderNetwork(encoder.detection.tinyVae!, encoder.catalog, 'float32');
    const session = await openNodeSession(network, encoder.readWeight);
    const image = pixelsToVaeInput({ width, height, channels: 3, data: Uint8Array.from(data) });
    const latent = (await session.run({ image, batch: 1, height, width }))['latent']!.data;
    expect(relativeError(latent, expected('encode0.latent').data)).toBeLessThan(5e-5);
  });
});

/** What A1111 says of the picture is said by our text, which is given. */
function checkText(
  one: Case,
  parameters: GenerationParameters,
  { family, buffers }: Networks,
  padded: 'padConds' | 'padCondsV0' | null,
  vae: Decoders['text'],
  index: number,
): Infotext {
  const { sha256 } = models[one.model]!;
  const text = fromGenerationParameters(parameters, {
    ...seedsOf(parameters, index),
    ...{ padded, family, buffers, modelHash: sha256.slice(0, 10), modelName: one.model, ...vae },
  });
  const said = parseInfotext(text);
  // Where ours has more, it is of settings that A1111 keeps to itself.
  expect(fieldsOf(said)).toMatchObject(fieldsOf(parseInfotext(one.infotexts![index]!)));

  return said;
}
