// Whole txt2img runs with the detailer, with given finds in the network's place, as Bing-su/adetailer made them inside webui 1.10.1
// (extensions/adetailer.json); what it writes into texts; and what it refuses.
import { beforeAll, describe, expect, it } from 'vitest';
import { watchedModels } from '../../../tests/golden-models.ts';
import { networksOf, parametersOf, type GoldenCase } from '../../../tests/golden-runs.ts';
import { readTensors, type Tensors } from '../../../tests/goldens.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { blockMeans, fieldsOf } from '../../../tests/whole-runs.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import type { Box, Find } from '../../finishing/detection/find.ts';
import { vaeOutputToPixels, type PixelImage } from '../../image/pixels.ts';
import type { Networks } from '../../runtime/networks.ts';
import { paintTxt2Img } from '../recipes/txt2img.ts';
import {
  DEFAULT_DETAILER,
  DEFAULT_DETAILER_TAB,
  type Detailer,
  type DetailerTab,
} from '../request/detailer.ts';
import { SORT_ORDERS } from '../request/detailer-lists.ts';
import { detailerFromText, detailerToText } from '../request/detailer-text.ts';
import { notUnderstood } from '../request/infotext/not-understood.ts';
import { parseInfotext, type Infotext } from '../request/infotext/parse.ts';
import { pythonText, type InfotextScalar } from '../request/infotext/quote.ts';
import { fromGenerationParameters } from '../request/parameters.ts';
import { prepareRequest } from '../request/prepare.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../request/request.ts';
import { seedsOf } from '../request/seeds.ts';
import { validateParameters } from '../request/validate.ts';
import { paintDetails, type DetailHost } from './detailer.ts';
import type { Pass } from './host.ts';
import { startPass } from './start-pass.ts';

type Args = Readonly<Record<string, unknown>>;

interface GoldenInner {
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly seed: number;
  readonly subseed: number;
  readonly steps: number;
  readonly cfg_scale: number;
  readonly width: number;
  readonly height: number;
  readonly sampler_name: string;
  readonly scheduler: string;
  readonly denoising_strength: number;
  readonly mask_blur: number;
  readonly inpaint_full_res: boolean;
  readonly inpaint_full_res_padding: number;
  readonly initial_noise_multiplier: number;
  readonly override_settings: Readonly<Record<string, unknown>>;
}

interface GoldenDetails {
  readonly id: string;
  readonly about: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly tabs: readonly Args[];
  readonly detections: Readonly<Record<string, readonly (readonly [Box, number])[]>>;
  readonly predict_calls: readonly { readonly model: string; readonly confidence: number }[];
  readonly infotexts: readonly string[];
  readonly inner: readonly GoldenInner[];
  readonly images: number;
}

interface ArgsCase {
  readonly args: Args;
  readonly need_skip?: boolean;
  readonly infotext?: Readonly<Record<string, InfotextScalar>>;
  readonly infotext_second_tab?: Readonly<Record<string, InfotextScalar>>;
  readonly error?: string;
}

interface Reference {
  readonly defaults: Args;
  readonly fields: readonly (readonly [arg: string, name: string])[];
  readonly args: readonly ArgsCase[];
  readonly runs: readonly GoldenDetails[];
}

const there = listReference('extensions').includes('adetailer.json');
const { fields, defaults, args, runs } = there
  ? readReferenceJson<Reference>('extensions', 'adetailer.json')
  : { fields: [], defaults: {}, args: [], runs: [] };
if (!there) it.skip('the reference data has no detailer', () => undefined);

/** A text with all arguments of a tab, as ADetailer's fields name them. */
function textOf(given: Args, suffix = ''): Infotext {
  const all = { ...defaults, ...given };
  return Object.fromEntries(
    fields.flatMap(([arg, name]) => {
      const value = all[arg];
      return value === null || value === undefined
        ? []
        : [[name + suffix, pythonText(value as InfotextScalar)] as const];
    }),
  );
}

function detailerOf(tabs: readonly Args[]): Detailer | null {
  const texts = tabs.map((tab, index) => textOf(tab, index === 0 ? '' : ' 2nd'));
  const told = detailerFromText(Object.assign({}, ...texts) as Infotext);
  return told && { ...told, tabs: told.tabs.map((tab) => ({ ...tab, checkpoint: null }) as DetailerTab) };
}

/** What is not done here: told to the person as not understood, and not written. */
const ELSEWHERE = /restore face|VAE|ControlNet|model classes/;

describe.skipIf(!there)('arguments', () => {
  it('have the same defaults', () => {
    expect(detailerFromText(textOf({ ad_model: 'x' }))).toEqual({
      ...DEFAULT_DETAILER,
      tabs: [{ ...DEFAULT_DETAILER_TAB, model: 'x' }],
    });
    // ... and so has a text that tells nothing but the model.
    expect(detailerFromText({ 'ADetailer model': 'x' })).toEqual(detailerFromText(textOf({ ad_model: 'x' })));
  });

  const sound = args.filter(({ error }) => error === undefined);
  it.each(sound)('$args', ({ args: given, need_skip: skips, infotext, infotext_second_tab: second }) => {
    const detailer = detailerOf([given]);
    if (skips) return expect(detailer).toBeNull();
    const [tab] = detailer!.tabs;
    const name = given['ad_checkpoint'];
    const checkpoint = given['ad_use_checkpoint'] ? { sha256: 'a'.repeat(64), name: String(name) } : null;
    const written = (tabs: readonly DetailerTab[]) => {
      const { 'ADetailer version': version, ...told } = detailerToText({ ...DEFAULT_DETAILER, tabs });
      expect(version).toBeDefined();
      return Object.fromEntries(
        Object.entries(told).map(([key, value]) => [
          key,
          key.startsWith('ADetailer checkpoint') ? name : pythonText(value),
        ]),
      );
    };
    const expected = (text: typeof infotext) =>
      Object.fromEntries(
        Object.entries(text!)
          .filter(([key]) => !ELSEWHERE.test(key))
          .map(([key, value]) => [key, key.startsWith('ADetailer checkpoint') ? value : pythonText(value)]),
      );
    const own = { ...tab!, checkpoint };
    expect(numbered(written([own]))).toEqual(numbered(expected(infotext)));
    const { ...both } = written([own, own]);
    expect(numbered(both)).toEqual(numbered({ ...expected(infotext), ...expected(second) }));
    // What is not done is said, and nothing else.
    const lost = notUnderstood(
      Object.entries(infotext!).map(([key, value]) => ({ name: key, value: pythonText(value) })),
    );
    expect(lost.every((key) => ELSEWHERE.test(key))).toBe(true);
    for (const [key, value] of Object.entries(infotext!))
      if (/restore face|use separate VAE|ControlNet model|model classes/.test(key) && value !== false)
        expect(
          lost.some((told) => told.startsWith(key)),
          key,
        ).toBe(true);
  });

  it.each(args.filter(({ error }) => error !== undefined))('$error', ({ args: given }) => {
    const unknown = Object.keys(given).filter((arg) => !(arg in defaults));
    if (unknown.length > 0) {
      const names = unknown.map((arg) => `ADetailer ${arg}`);
      return expect(notUnderstood(names.map((name) => ({ name, value: '1' })))).toEqual(names);
    }
    // Where the switch beside a value is off, the original refuses it all the same.
    const on = Object.fromEntries(
      Object.keys(given).flatMap((arg) => [[arg.replace(/^ad_/, 'ad_use_'), true] as const]),
    );
    const detailer = detailerOf([{ ...given, ...on }]);
    expect(validateParameters({ ...DEFAULT_PARAMETERS, seed: 1, subseed: 1, detailer })).toEqual([
      expect.stringMatching(/^Detailer: .+ must be/),
    ]);
  });
});

/** 0.3 and "0.3", 7 and "7.0" are the same number. */
function numbered(entries: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [
      key,
      value !== '' && Number.isFinite(Number(value)) ? Number(value) : value,
    ]),
  );
}

describe.skipIf(!there)('runs', () => {
  let numbers: Tensors;
  beforeAll(async () => {
    numbers = await readTensors(bytesSource(readReference('extensions', 'adetailer.safetensors.gz')));
  });

  for (const one of runs) {
    const model = String(parseInfotext(one.infotexts[0]!)['Model']);
    if (!tinyModels().includes(model)) it.skip(`${one.id}: ${model} is not there`, () => undefined);
    else it(`${one.id} ${one.about}`, () => check(one, model, numbers));
  }
});

/** ADetailer's settings. */
function optionsOf(options: Readonly<Record<string, unknown>>): Omit<Detailer, 'tabs'> {
  const {
    ad_bbox_sortby,
    ad_same_seed_for_each_tab,
    ad_dynamic_denoise_power,
    ad_match_inpaint_bbox_size,
    ...rest
  } = options;
  expect(rest).toEqual({});
  return {
    sortBy: SORT_ORDERS.find((order) => order === ad_bbox_sortby) ?? 'None',
    sameSeed: ad_same_seed_for_each_tab === true,
    denoisePower: Number(ad_dynamic_denoise_power ?? 0),
    sizeMatch: (ad_match_inpaint_bbox_size as Detailer['sizeMatch'] | undefined) ?? 'Off',
  };
}

async function check(one: GoldenDetails, model: string, numbers: Tensors): Promise<void> {
  const networks = await networksOf(model);
  const asked = { params: one.params, options: {} } as unknown as GoldenCase;
  const detailer = { ...detailerOf(one.tabs)!, ...optionsOf(one.options) };
  // The first inner run tells which variation seed was drawn.
  const [first] = one.inner;
  const subseed = first ? first.subseed - (first.seed - Number(one.params['seed'])) : 1;
  const parameters = prepareRequest({ ...parametersOf(asked), subseed, detailer });
  expect(validateParameters(parameters)).toEqual([]);
  const { width, height, batchSize } = parameters;
  const models = await watchedModels({ name: model, sha256: '' }, () => Promise.resolve(networks));
  const batch = { first: 0, size: batchSize };
  const run = paintTxt2Img(models, parameters, batch);
  let next = await run.next();
  while (!next.done) next = await run.next();
  const latents = next.value.data;
  const size = latents.length / batchSize;
  const host = new GoldenHost(one, networks, numbers);
  for (let i = 0; i < batchSize; i++) {
    const decoded = await networks.decode(latents.slice(i * size, (i + 1) * size), height / 8, width / 8);
    const picture = vaeOutputToPixels(decoded, width, height);
    host.exact = false;
    const { picture: made, interrupted } = await paintDetails(host, parameters, detailer, {
      ...{ picture, index: i, within: null, trained: [] },
    });
    expect(interrupted).toBe(false);
    expectPicture(numbers, `${one.id}.image${i}`, made, host.exact);
    checkText(one, parameters, model, i);
  }
  expect(host.painted).toBe(one.inner.length);
  expect(batchSize).toBe(one.images);
}

/** Finds what it is given; paints as the original did, and compares on the way. */
class GoldenHost implements DetailHost {
  painted = 0;
  /** The picture at hand is the original's. */
  exact = false;
  #asked = 0;

  constructor(
    private readonly one: GoldenDetails,
    private readonly networks: Networks,
    private readonly numbers: Tensors,
  ) {}

  detect(tab: DetailerTab): Promise<readonly Find[]> {
    const given = Object.entries(this.one.detections).find(([name]) => tab.model.startsWith(name))?.[1] ?? [];
    // The original's network is not asked where nothing was given it to find.
    if (given.length > 0) {
      const call = this.one.predict_calls[this.#asked++]!;
      expect(tab.model.startsWith(call.model)).toBe(true);
      expect(tab.confidence).toBe(call.confidence);
    }
    return Promise.resolve(
      given
        .filter(([, confidence]) => confidence > tab.confidence)
        .map(([box, confidence]) => ({ box, confidence, name: '' })),
    );
  }

  async paint(pass: Pass): Promise<PixelImage> {
    const { one, networks, numbers } = this;
    const index = this.painted++;
    const golden = one.inner[index]!;
    expectAsked(pass.parameters, golden);
    const mask = numbers.get(`${one.id}.inner${index}.mask`)!;
    expect([...pass.mask!.data]).toEqual([...mask.data]);
    const models = await watchedModels({ name: '', sha256: '' }, () => Promise.resolve(networks));
    const started = await startPass(models.current, pass);
    const run = started.paint(models);
    let next = await run.next();
    while (!next.done) next = await run.next();
    const { data } = next.value;
    const { width, height } = pass.parameters;
    const decoded = await networks.decode(data, height / 8, width / 8);
    const picture = await started.finish(vaeOutputToPixels(decoded, width, height), 0, data);
    const name = `${one.id}.inner${index}.image`;
    expectPicture(numbers, name, picture, this.exact);
    // The original's, where it is kept whole, so that what one pass is off by does not grow in the next ones.
    const whole = numbers.get(name);
    this.exact = whole !== undefined;
    return whole ? { ...picture, data: Uint8Array.from(whole.data) } : picture;
  }
}

function expectAsked(made: Pass['parameters'], golden: GoldenInner): void {
  const { inpaint, denoisingStrength } = made.img2img;
  expect({
    prompt: made.prompt,
    negative_prompt: made.negativePrompt,
    ...{ seed: made.seed, subseed: made.subseed, steps: made.steps, cfg_scale: made.cfgScale },
    ...{ width: made.width, height: made.height, sampler_name: made.sampler, scheduler: made.scheduler },
    mask_blur: inpaint!.maskBlur,
    inpaint_full_res: inpaint!.inpaintArea === 'Only masked',
    inpaint_full_res_padding: inpaint!.padding,
    initial_noise_multiplier: made.settings.initialNoiseMultiplier,
  }).toEqual({
    prompt: golden.prompt,
    negative_prompt: golden.negative_prompt,
    ...{ seed: golden.seed, subseed: golden.subseed, steps: golden.steps, cfg_scale: golden.cfg_scale },
    ...{ width: golden.width, height: golden.height },
    ...{ sampler_name: golden.sampler_name, scheduler: golden.scheduler },
    mask_blur: golden.mask_blur,
    inpaint_full_res: golden.inpaint_full_res,
    inpaint_full_res_padding: golden.inpaint_full_res_padding,
    initial_noise_multiplier: golden.initial_noise_multiplier,
  });
  expect(denoisingStrength).toBeCloseTo(golden.denoising_strength, 12);
  expect(made.clipSkip).toBe(golden.override_settings['CLIP_stop_at_last_layers'] ?? 1);
}

/**
 * extensions/README.md, "Tolerances": pictures are at most 1 apart; as they are stored, whole or as means of blocks. `exact`: made of
 * the original's own picture. Of ours the random weights make more of a byte that was rounded the other way, so that pixels may
 * differ by more where the means of blocks do not.
 */
function expectPicture(
  numbers: Tensors,
  name: string,
  { data, width, height }: PixelImage,
  exact: boolean,
): void {
  const whole = numbers.get(name);
  const means = (pixels: ArrayLike<number>) => blockMeans(pixels, width, height);
  const stored = whole ? means(whole.data) : numbers.get(`${name}.blocks`)!.data;
  const [made, expected] = whole && exact ? [data, whole.data] : [means(data), stored];
  expect(made.length, name).toBe(expected.length);
  let most = 0;
  for (let i = 0; i < made.length; i++) most = Math.max(most, Math.abs(made[i]! - expected[i]!));
  expect(most, name).toBeLessThanOrEqual(1);
}

/** What A1111 says of a picture is said by our text, which asks for the same again. */
function checkText(one: GoldenDetails, parameters: GenerationParameters, model: string, index: number): void {
  const text = fromGenerationParameters(parameters, { ...seedsOf(parameters, index), modelName: model });
  const said = fieldsOf(parseInfotext(text));
  const { 'Model hash': hash, ...golden } = fieldsOf(parseInfotext(one.infotexts[index]!));
  expect(hash).toBeDefined();
  expect(said).toMatchObject(golden);
  expect(detailerFromText(parseInfotext(text))).toEqual(parameters.detailer);
  // In the same place of the text, letter for letter.
  const details = (whole: string): string => /ADetailer model.*ADetailer version: [^,]*/.exec(whole)![0];
  if (Object.keys(one.options).length === 0) expect(details(text)).toBe(details(one.infotexts[index]!));
}
