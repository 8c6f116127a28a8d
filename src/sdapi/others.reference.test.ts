// Everything but painting against A1111's answers (tests/reference/sdxl): options, progress, PNG info, extras, lists, schemas.
import { describe, expect, test } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { IMAGE_SETTINGS } from '../generation/request/settings/list.ts';
import { WEBUI_KEYS } from '../generation/request/settings/webui-keys.ts';
import { isObject, type Json, type JsonObject } from '../other-programs/json.ts';
import { ApiError } from './api-error.ts';
import { batchExtras, singleExtras } from './extras.ts';
import { IDLE, progressAnswer } from './progress.ts';
import {
  checkpointList,
  embeddingList,
  FACE_RESTORERS,
  hypernetworkList,
  samplerList,
  schedulerList,
  styleList,
  vaeList,
} from './lists.ts';
import { STANDARD_OPTIONS, withOptions } from './options.ts';
import { pngInfo } from './png-info.ts';
import { EXTRAS_BATCH, EXTRAS_SINGLE, IMG2IMG, INTERROGATE, PNG_INFO, TXT2IMG } from './requests.ts';
import { casesOf, CATALOGUE, HAS_CASES, optionsOf, type ApiCase } from './testing.ts';

/** The status and the body of what is refused. */
async function refusalOf(work: () => unknown): Promise<readonly [status: number, body: unknown]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ApiError) return [error.status, error.body];
    throw error;
  }
  return [200, null];
}

describe.skipIf(!HAS_CASES)('options', () => {
  const posted = casesOf('/sdapi/v1/options');
  const after = (one: ApiCase): JsonObject => one.after ?? {};
  const asked = ({ request }: ApiCase): JsonObject => request as JsonObject;
  // Words where a number belongs, and null, are kept as they are there.
  const isAmiss = (one: ApiCase): boolean =>
    Object.entries(asked(one)).some(([key, value]) => {
      const standard = STANDARD_OPTIONS[key];
      return (
        standard !== undefined && standard !== null && (value === null || typeof value !== typeof standard)
      );
    });
  /** What is never let happen here is told as it is. */
  const isOurs = (one: ApiCase): boolean => Object.keys(asked(one)).some((key) => key.startsWith('api_'));

  test.each(posted.filter((one) => !isAmiss(one)))('$id $about', async (one) => {
    const before = optionsOf(one);
    const change = () => withOptions(before, asked(one), CATALOGUE.models);
    const [status, body] = await refusalOf(change);
    expect([status, body]).toEqual([one.status, one.status === 200 ? null : one.answer]);
    const options = status === 200 ? change() : before;
    if (isOurs(one)) expect(options).toEqual(before);
    else
      for (const [key, value] of Object.entries(after(one)))
        if (!key.endsWith('_explanation')) expect(options[key] ?? '<absent>').toEqual(value);
  });

  test.each(posted.filter(isAmiss))('$id $about: refused, or the default', async (one) => {
    const [status] = await refusalOf(() => withOptions(optionsOf(one), asked(one), CATALOGUE.models));
    const isNull = Object.values(asked(one)).includes(null);
    expect(status).toBe(isNull ? 200 : 422);
  });

  test.each(casesOf('/sdapi/v1/options', 'GET'))('$id all keys', ({ answer_keys: keys = [] }) => {
    // Sentences of the page are no options.
    const sentences = (key: string): boolean => key.endsWith('_explanation') || key === 'settings_in_ui';
    const missing = keys.filter((key) => !sentences(key) && !Object.hasOwn(STANDARD_OPTIONS, key));
    expect(missing).toEqual([]);
  });
});

describe.skipIf(!listReference('sdxl', 'tables').includes('settings.json'))('settings.json', () => {
  const { options } = readReferenceJson<{
    options: Readonly<Record<string, { readonly label: string; readonly default: Json }>>;
  }>('sdxl', 'tables', 'settings.json');

  test('has the same keys and defaults', () => {
    const local = (value: Json): Json => (typeof value === 'string' ? value.replace(/^<data>\//, '') : value);
    const told = Object.entries(options).map(([key, { default: standard }]) => [key, local(standard)]);
    expect({ ...STANDARD_OPTIONS, api_enable_requests: true }).toEqual(Object.fromEntries(told));
  });

  test.each(IMAGE_SETTINGS)('$key is called as there', ({ key, label }) => {
    const webui = WEBUI_KEYS[key];
    // Sentences after the name are left out.
    if (webui !== null) expect(options[webui]!.label.startsWith(label)).toBe(true);
  });
});

describe.skipIf(!HAS_CASES)('progress', () => {
  test.each(casesOf('/sdapi/v1/progress', 'GET'))('$id $about', ({ state = {}, answer }) => {
    const golden = answer as { progress: number; state: JsonObject };
    const told = progressAnswer({
      state: {
        ...IDLE,
        jobCount: state['job_count'] ?? 0,
        jobNo: state['job_no'] ?? 0,
        samplingStep: state['sampling_step'] ?? 0,
        samplingSteps: state['sampling_steps'] ?? 0,
      },
      ...{ started: null, remaining: null, text: null, picture: null },
    }) as { progress: number; state: JsonObject };
    expect(told.state).toMatchObject(golden.state);
    // Less than nothing is not told.
    expect(told.progress).toBeCloseTo(golden.progress < 0 ? 0.01 : golden.progress, 12);
    expect(Object.keys(told)).toEqual(expect.arrayContaining(Object.keys(golden)));
  });
});

describe.skipIf(!HAS_CASES)('PNG info', () => {
  test.each(casesOf('/sdapi/v1/png-info'))('$id $about', async ({ request, status, answer }) => {
    const read = () => pngInfo(request, CATALOGUE.styles);
    const [is, body] = await refusalOf(read);
    expect([is, body]).toEqual([status, status === 200 ? null : answer]);
    if (status === 200) expect(await read()).toEqual(answer);
  });
});

describe.skipIf(!HAS_CASES)('extras', () => {
  test.each([
    ...casesOf('/sdapi/v1/extra-single-image').map((one) => ({ ...one, read: singleExtras })),
    ...casesOf('/sdapi/v1/extra-batch-images').map((one) => ({ ...one, read: batchExtras })),
  ])('$id $about', async ({ request, status, answer, read }) => {
    const [is, body] = await refusalOf(() => read(request, CATALOGUE.models));
    expect([is, body]).toEqual([status, status === 200 ? null : answer]);
  });
});

describe.skipIf(!HAS_CASES)('lists', () => {
  const { models, styles } = CATALOGUE;
  test.each([
    ['sd-models', checkpointList(models)],
    ['prompt-styles', styleList(styles)],
    ['sd-vae', vaeList(models)],
    ['embeddings', embeddingList(models)],
    ['hypernetworks', hypernetworkList(models)],
    ['face-restorers', FACE_RESTORERS],
  ])('%s', (name, list) => {
    const [golden] = casesOf(`/sdapi/v1/${name}`, 'GET');
    // Where a file lies is nobody's business.
    const plain = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll('<data>/models/Stable-diffusion/', ''));
    if (golden) expect(list).toEqual(plain(golden.answer));
  });
});

describe.skipIf(!listReference('sdxl', 'tables').includes('api-schema.json'))('api-schema.json', () => {
  interface SchemaField {
    readonly type: string;
    readonly default?: Json;
    readonly required: boolean;
    readonly ge?: number;
    readonly le?: number;
    readonly gt?: number;
  }
  const schema = readReferenceJson<{
    models: Readonly<Record<string, Readonly<Record<string, SchemaField>>>>;
    samplers: readonly { name: string; aliases: string[]; options: JsonObject }[];
    schedulers: readonly JsonObject[];
  }>('sdxl', 'tables', 'api-schema.json');

  test.each([
    ['StableDiffusionProcessingTxt2Img', TXT2IMG],
    ['StableDiffusionProcessingImg2Img', IMG2IMG],
    ['ExtrasSingleImageRequest', EXTRAS_SINGLE],
    ['ExtrasBatchImagesRequest', EXTRAS_BATCH],
    ['PNGInfoRequest', PNG_INFO],
    ['InterrogateRequest', INTERROGATE],
  ] as const)('%s', (name, ours) => {
    const golden = schema.models[name]!;
    expect(Object.keys(ours).sort()).toEqual(Object.keys(golden).sort());
    for (const [key, field] of Object.entries(ours as Readonly<Record<string, JsonObject>>)) {
      const { default: standard, required, ge, le, gt } = golden[key]!;
      expect([key, field['standard']]).toEqual([key, required ? undefined : standard]);
      expect([key, field['ge'], field['le'], field['gt']]).toEqual([key, ge, le, gt]);
    }
  });

  test('samplers and schedulers begin as there', () => {
    const strings = (options: JsonObject): JsonObject =>
      Object.fromEntries(
        Object.entries(options).map(([key, value]) => [key, value === true ? 'True' : value!]),
      );
    expect((samplerList() as unknown[]).slice(0, schema.samplers.length)).toEqual(
      schema.samplers.map(({ options, ...sampler }) => ({ ...sampler, options: strings(options) })),
    );
    expect((schedulerList() as unknown[]).slice(0, schema.schedulers.length)).toEqual(schema.schedulers);
    expect(isObject(schema.schedulers[0])).toBe(true);
  });
});
