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
  /** A prompt it does well, or null. */
  readonly prompt: string | null;
}

const FILE_NAME = /^[\w][\w.-]{0,99}$/;

/** Null for anything that does not describe a demo. */
export function parseDemo(json: unknown): Demo | null {
  if (typeof json !== 'object' || json === null) return null;
  const { name, file, size, sidecar, prompt } = json as Record<string, unknown>;
  if (typeof name !== 'string' || name.length === 0 || name.length > 100) return null;
  if (typeof file !== 'string' || !FILE_NAME.test(file)) return null;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size <= 0) return null;
  return {
    name,
    file,
    size,
    sidecar: typeof sidecar === 'string' && FILE_NAME.test(sidecar) ? sidecar : null,
    prompt: typeof prompt === 'string' && prompt.length <= 1000 ? prompt : null,
  };
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

/** The demo's files as if they had been dropped. Rejects with an Error for people. */
export async function fetchDemo(demo: Demo): Promise<File[]> {
  const names = demo.sidecar === null ? [demo.file] : [demo.file, demo.sidecar];
  return Promise.all(names.map(async (name) => new File([await readDemoFile(name)], name)));
}
