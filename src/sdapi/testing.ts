// Requests of the reference (tests/reference/sdxl/api), and what they were made with.
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { fromBase64 } from '../image/testing.ts';
import { writeParameters } from '../image/metadata.ts';
import { textChunk } from '../image/png-text.ts';
import type { Detection } from '../models/types.ts';
import { isList, isObject, readJson, type Json, type JsonObject } from '../other-programs/json.ts';
import { parseStylesCsv } from '../prompt/styles.ts';
import { jsonText } from './json.ts';
import type { Catalogue, ListedModel } from './catalogue.ts';
import { STANDARD_OPTIONS, withOptions, type Options } from './options.ts';

export interface ApiCase {
  readonly id: string;
  readonly about: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly request: Json;
  readonly status: number;
  readonly answer: Json;
  readonly options?: JsonObject;
  readonly after?: JsonObject;
  readonly options_left_changed?: JsonObject;
  readonly answer_keys?: readonly string[];
  readonly state?: Readonly<Record<string, number>>;
}

interface CasesFile {
  readonly options: JsonObject;
  readonly styles_csv: string;
  readonly cases: readonly ApiCase[];
}

const FOLDER = ['sdxl', 'api'] as const;

/** 2 x 2 pixels, written by libvips. */
const JPEG = fromBase64(
  '/9j/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAACAAIDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAABgj/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCdABykX//Z',
);

/** Bytes of a PNG up to the end of its header. */
const PNG_HEADER = 33;

export const HAS_CASES = listReference(...FOLDER).includes('api-cases.json');
const file: CasesFile = HAS_CASES
  ? readReferenceJson(...FOLDER, 'api-cases.json')
  : { options: {}, styles_csv: '', cases: [] };

/** Their requests with the pictures that they name. */
export const CASES: readonly ApiCase[] = file.cases.map((one) => ({
  ...one,
  // The same JSON that a server reads: objects without prototypes, large numbers whole.
  request: readJson(jsonText(withPictures(one.request)))!,
}));

export function casesOf(path: string, method: ApiCase['method'] = 'POST'): readonly ApiCase[] {
  return CASES.filter((one) => one.path === path && one.method === method);
}

/** A checkpoint, as far as requests look at one. */
const SD1: Detection = {
  ...{ kind: 'sd1', label: 'Stable Diffusion 1.x', keyLayout: 'ldm', supported: true },
  ...{ unsupportedReason: null, networks: null, prediction: null, hasEma: false, notes: [] },
};

export const CATALOGUE: Catalogue = {
  models: casesOf('/sdapi/v1/sd-models', 'GET').flatMap(({ answer }) =>
    (isList(answer) ? answer : []).map((told) => modelOf(told as Readonly<Record<string, string>>)),
  ),
  // Its lines are told in one.
  styles: parseStylesCsv(file.styles_csv.replaceAll(' / ', '\n')),
};

function modelOf({ model_name, sha256, title }: Readonly<Record<string, string>>): ListedModel {
  return { sha256: sha256!, name: model_name!, fileName: title!.replace(/ \[.*$/, ''), detection: SD1 };
}

/** As they were when the requests came. */
export function optionsOf({ options = {} }: Pick<ApiCase, 'options'>): Options {
  const current = CASES.flatMap(({ after }) => after?.['sd_model_checkpoint'] ?? []);
  const asked = { ...file.options, ...options, sd_model_checkpoint: current[0] ?? null };
  return withOptions(STANDARD_OPTIONS, asked, CATALOGUE.models);
}

/** What stands for a picture becomes its file in base64. Of JPEGs only that they are some, and their text, counts. */
function withPictures(value: Json): Json {
  if (isList(value)) return value.map(withPictures);
  if (typeof value !== 'object' || value === null) return value;
  const given = value as JsonObject;
  if (!('$picture' in given))
    return Object.fromEntries(Object.entries(given).map(([key, one]) => [key, withPictures(one)]));
  const { exif, format, prefix, text } = given;
  const name = String(given['$picture']);
  let bytes = format === 'JPEG' ? JPEG : readReference(...FOLDER, 'inputs', `${name}.png`);
  if (typeof exif === 'string') bytes = writeParameters(bytes, exif);
  if (isObject(text)) bytes = withTexts(bytes, text);
  return `${typeof prefix === 'string' ? prefix : ''}${Buffer.from(bytes).toString('base64')}`;
}

function withTexts(png: Uint8Array, texts: JsonObject): Uint8Array<ArrayBuffer> {
  const chunks = Object.entries(texts).map(([key, text]) => textChunk(key, String(text)));
  return Uint8Array.from([
    ...png.subarray(0, PNG_HEADER),
    ...chunks.flatMap((chunk) => [...chunk]),
    ...png.subarray(PNG_HEADER),
  ]);
}
