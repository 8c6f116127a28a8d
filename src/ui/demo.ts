// The demo checkpoint, where this copy of Darkroom comes with one (`demo/demo.json` beside the page).
import { readDemoFile } from './demo-source.ts';

export interface Demo {
  readonly name: string;
  /** File beside demo.json. */
  readonly file: string;
  /** Bytes, for the person to know what they download. */
  readonly size: number;
  /** A `.yaml` beside demo.json, or null. */
  readonly sidecar: string | null;
  /** SHA-256 of the file: tells whether the model in use is this one. */
  readonly sha256: string;
  /** A request it does well. */
  readonly example: DemoExample;
  /** More prompts to try. */
  readonly prompts: readonly string[];
  /** Pictures that it has painted with the defaults, to show on a first visit. */
  readonly pictures: readonly DemoPicture[];
}

export interface DemoPicture {
  /** File beside demo.json. */
  readonly file: string;
  readonly prompt: string;
  readonly seed: number;
}

/** The fields of GenerationParameters that the demo sets. */
export interface DemoExample {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** Pixels, multiples of 8: the size that the model was trained at. */
  readonly width: number;
  readonly height: number;
}

const MAX_PROMPT = 1000;
const MAX_PROMPTS = 24;
const MAX_PICTURES = 12;
const FILE_NAME = /^[\w][\w.-]{0,99}$/;

/** Null for anything that does not describe a demo. */
export function parseDemo(json: unknown): Demo | null {
  if (!isRecord(json)) return null;
  const { name, file, size, sha256, sidecar, prompts, pictures } = json;
  if (typeof name !== 'string' || name.length === 0 || name.length > 100) return null;
  if (typeof file !== 'string' || !FILE_NAME.test(file)) return null;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size <= 0) return null;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return null;
  const example = parseExample(json['example']);
  if (!example) return null;
  return {
    name,
    file,
    size,
    sha256,
    sidecar: typeof sidecar === 'string' && FILE_NAME.test(sidecar) ? sidecar : null,
    example,
    prompts: Array.isArray(prompts) ? prompts.filter(isPrompt).slice(0, MAX_PROMPTS) : [],
    pictures: Array.isArray(pictures) ? pictures.filter(isPicture).slice(0, MAX_PICTURES) : [],
  };
}

function isPicture(value: unknown): value is DemoPicture {
  if (!isRecord(value)) return false;
  const { file, prompt, seed } = value;
  if (typeof file !== 'string' || !FILE_NAME.test(file) || !isPrompt(prompt)) return false;
  return typeof seed === 'number' && Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32;
}

function parseExample(json: unknown): DemoExample | null {
  if (!isRecord(json)) return null;
  const { prompt, negativePrompt, width, height } = json;
  if (!isPrompt(prompt) || !isPrompt(negativePrompt) || !isSide(width) || !isSide(height)) return null;
  return { prompt, negativePrompt, width, height };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isPrompt(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_PROMPT;
}

function isSide(value: unknown): value is number {
  return typeof value === 'number' && value >= 64 && value <= 2048 && value % 8 === 0;
}

/** Asks for demo.json only in copies built with one: a 404 on every first visit would look like a fault. */
export async function findDemo(): Promise<Demo | null> {
  if (!__DARKROOM_DEMO__) return null;
  try {
    return parseDemo(JSON.parse(await (await readDemoFile('demo.json')).text()));
  } catch {
    return null;
  }
}

/** The demo's files as if they had been dropped. `onProgress`: 0 to 1. Rejects with an Error for people. */
export async function fetchDemo(demo: Demo, onProgress: (share: number) => void): Promise<File[]> {
  const checkpoint = await readDemoFile(demo.file, (bytes) => onProgress(Math.min(1, bytes / demo.size)));
  const files = [new File([checkpoint], demo.file)];
  if (demo.sidecar !== null) files.push(new File([await readDemoFile(demo.sidecar)], demo.sidecar));
  return files;
}

/** A picture of the demo's, to be shown; null where this copy is without it. */
export async function readDemoPicture({ file }: DemoPicture): Promise<Blob | null> {
  try {
    return new Blob([await readDemoFile(file)], { type: 'image/webp' });
  } catch {
    return null;
  }
}
