// txt2img and img2img against A1111's answers (tests/reference/sdxl/api): what a request becomes, and what is answered.
import { describe, expect, test } from 'vitest';
import { splitInfotext } from '../generation/request/infotext/parse.ts';
import { fromGenerationParameters } from '../generation/request/parameters.ts';
import { seedsOf } from '../generation/request/seeds.ts';
import { isList, isObject, type Json, type JsonObject } from '../other-programs/json.ts';
import { findSampler } from '../sampling/registry.ts';
import { findScheduler } from '../sampling/schedulers.ts';
import { answerOf } from './answer.ts';
import { ApiError } from './api-error.ts';
import { findCheckpoint, shortHash } from './catalogue.ts';
import { jsonText } from './json.ts';
import { img2imgPainting, txt2imgPainting, type Painting } from './painting.ts';
import { CASES, CATALOGUE, HAS_CASES, optionsOf, type ApiCase } from './testing.ts';

const PAINTED = CASES.filter(({ path }) => /\/(?:txt|img)2img$/.test(path));
const POSTED = PAINTED.filter(({ method }) => method === 'POST');

const bodyOf = ({ request }: ApiCase): JsonObject => request as JsonObject;
const isImg2Img = ({ path }: ApiCase): boolean => path.endsWith('img2img');
const overrides = (body: JsonObject): JsonObject =>
  isObject(body['override_settings']) ? body['override_settings'] : {};

/** Where the original does what nobody means, by what the request has; and the status that is answered here instead. */
const MENDED: readonly (readonly [
  why: string,
  applies: (body: JsonObject, one: ApiCase) => boolean,
  status: number,
])[] = [
  [
    'Hires. fix without a strength has that of the page',
    (body) => body['enable_hr'] === true && !('denoising_strength' in body),
    200,
  ],
  ['the page\'s words for "the same" mean it', (body) => body['hr_sampler_name'] === 'Use same sampler', 200],
  ['a text with Hires. fix is carried out', ({ infotext }) => /Hires upscale:/.test(String(infotext)), 200],
  ['null means the default', (body) => body['prompt'] === null, 200],
  [
    'an unknown sampler is refused',
    ({ sampler_name: name }) => typeof name === 'string' && !findSampler(name.replace(/ Karras$/, '')),
    404,
  ],
  [
    'an unknown schedule is refused',
    ({ scheduler: name }) => typeof name === 'string' && !findScheduler(name),
    404,
  ],
  [
    'an unknown checkpoint is refused',
    (body) => {
      const named = overrides(body)['sd_model_checkpoint'];
      return typeof named === 'string' && !findCheckpoint(CATALOGUE.models, named);
    },
    500,
  ],
  [
    'no source at all is one refusal',
    (body) => isList(body['init_images']) && body['init_images'].length === 0,
    404,
  ],
  [
    'pictures are never fetched',
    ({ init_images: given }) => isList(given) && given.some((one) => String(one).startsWith('http')),
    500,
  ],
  [
    'sides have 64 pixels at least',
    ({ width, height }) => [width, height].some((side) => typeof side === 'number' && side < 64),
    422,
  ],
  ['plots are not carried out', ({ script_name: name }) => /^prompt matrix$/i.test(String(name)), 422],
];

const mendOf = (one: ApiCase) => MENDED.find(([, applies]) => applies(bodyOf(one), one));

async function paint(one: ApiCase): Promise<Painting> {
  const prepare = isImg2Img(one) ? img2imgPainting : txt2imgPainting;
  return prepare(one.request, CATALOGUE, optionsOf(one));
}

async function statusOf(one: ApiCase): Promise<{ readonly status: number; readonly body: Json | null }> {
  try {
    await paint(one);
    return { status: 200, body: null };
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: error.body as Json };
    throw error;
  }
}

/** The texts that its pictures would carry. */
function textsOf({ parameters, model }: Painting): readonly string[] {
  return Array.from({ length: parameters.batchSize * parameters.batchCount }, (_, index) =>
    fromGenerationParameters(parameters, {
      ...seedsOf(parameters, index),
      modelHash: shortHash(model),
      modelName: model.name,
    }),
  );
}

/** Without what is the program's own; "6.0" is 6. */
function comparable(text: string): object {
  const { prompt, negativePrompt, fields } = splitInfotext(text);
  const told = [...fields].filter(([key]) => key !== 'Version' && !OURS.includes(key));
  return { prompt, negativePrompt, ...Object.fromEntries(told.map(([key, value]) => [key, numeric(value)])) };
}

/** What our texts say besides; A1111 leaves out what the fields give sampler options and blurs of two numbers. */
const OURS = [
  ...['Init image SHA256', 'Mask SHA256', 'Resize mode', 'Script', 'SD upscale scale factor'],
  ...['Mask blur', 'Mask blur down', 'Sigma noise'],
];

const numeric = (value: string): string | number => (/^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value);

describe.skipIf(!HAS_CASES)('txt2img and img2img', () => {
  test.each(POSTED.filter((one) => !mendOf(one)))('$id $about: status $status', async (one) => {
    const { status, body } = await statusOf(one);
    expect([status, body]).toEqual([one.status, one.status === 200 ? null : one.answer]);
  });

  test.each(POSTED.filter(mendOf))('$id $about: mended', async (one) => {
    const [why, , status] = mendOf(one)!;
    expect([(await statusOf(one)).status, why]).toEqual([status, why]);
  });

  const answered = POSTED.filter((one) => one.status === 200 && !mendOf(one));
  // A1111 takes its first sampler for a name in small letters, and reads few fields of a text for img2img.
  const isAlias = ({ sampler_name: name }: JsonObject): boolean =>
    typeof name === 'string' && (findSampler(name) ?? { name }).name !== name;
  const isTextForImg2Img = (one: ApiCase): boolean => isImg2Img(one) && 'infotext' in bodyOf(one);

  test.each(answered.filter((one) => isAlias(bodyOf(one))))('$id $about: the sampler', async (one) => {
    const asked = findSampler(String(bodyOf(one)['sampler_name']));
    expect((await paint(one)).parameters.sampler).toBe(asked?.name);
  });

  test.each(answered.filter(isTextForImg2Img))('$id $about: all that the text says', async (one) => {
    const texts = textsOf(await paint(one));
    expect(texts.map(comparable)).toEqual([comparable(String(bodyOf(one)['infotext']))]);
  });

  test.each(answered.filter((one) => !isTextForImg2Img(one)))('$id $about: parameters', async (one) => {
    const painting = await paint(one);
    const { parameters } = JSON.parse(jsonText(answerOf(painting, []))) as { parameters: JsonObject };
    const golden = (one.answer as { parameters: JsonObject }).parameters;
    // Pictures are told as they were sent.
    const asSent = (value: Json): boolean => jsonText(value).includes('<as sent>');
    const keys = Object.keys(golden).filter((key) => !asSent(golden[key]!));
    expect(Object.keys(parameters).sort()).toEqual(Object.keys(golden).sort());
    expect(Object.fromEntries(keys.map((key) => [key, parameters[key]]))).toEqual(
      Object.fromEntries(keys.map((key) => [key, golden[key]])),
    );
    for (const key of Object.keys(golden).filter((key) => asSent(golden[key]!)))
      expect(parameters[key]).toEqual(bodyOf(one)[key]);
  });

  const painted = answered.filter(
    (one) => 'info' in (one.answer as JsonObject) && !isAlias(bodyOf(one)) && !isTextForImg2Img(one),
  );
  test.each(painted)('$id $about: texts and info', async (one) => {
    const painting = await paint(one);
    const golden = (one.answer as { info: JsonObject }).info;
    const texts = textsOf(painting);
    const pictures = texts.map((parameters) => ({ base64: '', parameters }));
    const { info } = answerOf(painting, pictures) as { info: string };
    const ours = JSON.parse(info) as JsonObject;
    expect(Object.keys(ours).sort()).toEqual(Object.keys(golden).sort());
    expect(texts.map(comparable)).toEqual((golden['infotexts'] as string[]).map(comparable));
  });
});
