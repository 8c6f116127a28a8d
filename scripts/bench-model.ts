// The checkpoint that `npm run bench` measures when it is given none: the demo model where this copy has one, else a tiny
// one of the tests.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseDemo } from '../src/ui/demo.ts';
import { ROOT } from './process.js';

const TINY = 'tiny-sd1';

export interface BenchmarkModel {
  readonly checkpoint: string;
  readonly sidecar: string | null;
  /** Pixels of the sides of pictures that it is for. */
  readonly side: number;
}

/** Unpacks the tiny model into `folder` where that is the one. */
export function defaultCheckpoint(folder: string): BenchmarkModel {
  const demoFolder = join(ROOT, 'public', 'demo');
  const description = join(demoFolder, 'demo.json');
  if (existsSync(description)) {
    const demo = parseDemo(JSON.parse(readFileSync(description, 'utf8')));
    if (demo) {
      const sidecar = demo.sidecar === null ? null : join(demoFolder, demo.sidecar);
      return { checkpoint: join(demoFolder, demo.file), sidecar, side: demo.example.width };
    }
  }
  mkdirSync(folder, { recursive: true });
  const source = join(ROOT, 'tests', 'reference', 'models', TINY);
  const checkpoint = join(folder, `${TINY}.safetensors`);
  const sidecar = join(folder, `${TINY}.yaml`);
  writeFileSync(checkpoint, gunzipSync(readFileSync(join(source, `${TINY}.safetensors.gz`))));
  writeFileSync(sidecar, readFileSync(join(source, `${TINY}.yaml`)));
  return { checkpoint, sidecar, side: 64 };
}
