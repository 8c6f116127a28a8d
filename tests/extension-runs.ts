// Whole runs with one extension each, as the reference data has them (extensions/runs-*), and the same runs here.
import { expect } from 'vitest';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { ExtensionUse } from '../src/extensions/use.ts';
import { CondCache, encodePrompts } from '../src/generation/recipes/conditioning.ts';
import { sampleTxt2Img } from '../src/generation/recipes/txt2img.ts';
import { parseInfotext, type Infotext } from '../src/generation/request/infotext/parse.ts';
import { prepareRequest } from '../src/generation/request/prepare.ts';
import type { GenerationParameters } from '../src/generation/request/request.ts';
import { networksOf, parametersOf, type GoldenCase } from './golden-runs.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from './reference-dir.ts';
import { relativeError } from './tiny-model.ts';

export interface ExtensionRun {
  readonly id: string;
  readonly about: string;
  readonly source: string;
  /** Arguments of the script, as the extension orders them; null where the original has none. */
  readonly script_args?: unknown;
  readonly model: string;
  /** A1111's names. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly infotext: string;
  /** One for each call of the denoiser. */
  readonly sigmas: readonly number[];
  readonly spread_f32: number;
  readonly tensors: readonly string[];
  readonly same_as?: Readonly<Record<string, string>>;
  /** The file that it is in. */
  readonly file: string;
}

const FOLDER = 'extensions';

/** Of all families; none where the data is not there. */
export const extensionRuns: readonly ExtensionRun[] = listReference(FOLDER)
  .filter((name) => /^runs-.*\.json$/.test(name))
  .flatMap((name) => {
    const { cases } = readReferenceJson<{ cases: Omit<ExtensionRun, 'file'>[] }>(FOLDER, name);
    return cases.map((one) => ({ ...one, file: name.replace(/\.json$/, '') }));
  })
  .filter(({ model }) => tinyModels().includes(model));

const files = new Map<string, Promise<Tensors>>();

/** All tensors of a `.safetensors.gz` of the folder. */
export function extensionTensors(file: string): Promise<Tensors> {
  const known = files.get(file) ?? readTensors(bytesSource(readReference(FOLDER, `${file}.safetensors.gz`)));
  files.set(file, known);
  return known;
}

/** A tensor of a run, by its name there. */
export async function runTensor({ id, file, same_as }: ExtensionRun, name: string): Promise<Float32Array> {
  const path = same_as?.[name] ?? `${id}/${name}`;
  const found = (await extensionTensors(file)).get(path);
  if (!found) throw new Error(`There is no ${path}`);
  return found.data;
}

/** What its text says. */
export function fieldsOfRun({ infotext }: ExtensionRun): Infotext {
  return parseInfotext(infotext);
}

export function requestOfRun(one: ExtensionRun, extensions: readonly ExtensionUse[]): GenerationParameters {
  return prepareRequest({ ...parametersOf(one as unknown as GoldenCase), extensions });
}

export interface PaintedRun {
  /** Of each step. */
  readonly denoised: readonly Float32Array[];
  readonly result: Float32Array;
}

/** The run with extensions of ours. */
export async function paintRun(one: ExtensionRun, extensions: readonly ExtensionUse[]): Promise<PaintedRun> {
  const parameters = requestOfRun(one, extensions);
  const networks = await networksOf(one.model);
  const conditions = await encodePrompts(networks, parameters, new CondCache());
  const run = sampleTxt2Img(networks, parameters, conditions, { first: 0, size: parameters.batchSize });
  const denoised: Float32Array[] = [];
  let next = await run.next();
  for (; !next.done; next = await run.next()) denoised.push(next.value.denoised);
  return { denoised, result: next.value };
}

/** README, "Tolerances": as far as the original's own moves when its networks' answers are shaken, ten times over. */
export async function expectRun(one: ExtensionRun, { denoised, result }: PaintedRun): Promise<void> {
  const limit = 10 * one.spread_f32;
  // One call a step, or the steps' predictions are not those of the calls.
  for (const [i, actual] of denoised.length === one.sigmas.length ? denoised.entries() : []) {
    if (!one.tensors.includes(`call${i}.out`)) continue;
    expect(relativeError(actual, await runTensor(one, `call${i}.out`)), `call${i}.out`).toBeLessThan(limit);
  }
  expect(relativeError(result, await runTensor(one, 'result')), 'result').toBeLessThan(limit);
}

/** What stands in a run's `about` of a node of ComfyUI: its kind and options. */
export function nodeOf({
  about,
}: ExtensionRun): { readonly kind: string; readonly options: Record<string, number> } | null {
  const found = /^(\w+)(?: node)?(?: of ComfyUI)? (\{[^}]*\})(?: of ComfyUI)?/.exec(about);
  if (!found || !about.includes('of ComfyUI')) return null;
  return { kind: found[1]!, options: JSON.parse(found[2]!.replaceAll("'", '"')) as Record<string, number> };
}
