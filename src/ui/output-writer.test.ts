// Pictures into a real folder on disk: what cannot be written waits, is said once, and loses nothing.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow, nodeDirectory } from '../../tests/node-directory.ts';
import { DEFAULT_IMG2IMG, DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { encodePng } from '../image/png.ts';
import { saveOutput } from '../library/output-folder.ts';
import { DEFAULT_SAVED_AS } from '../library/saved-as.ts';
import { DEFAULT_SAVED_TO, parseSavedTo } from '../library/saved-to.ts';
import type { OutputHost, OutputItem } from './output-item.ts';
import { OutputWriter } from './output-writer.ts';

interface Told {
  readonly title: string;
  readonly message: string;
  readonly actions: readonly { readonly label: string; readonly run: () => void }[];
}

const TEXT = 'a cat\nSteps: 3, Sampler: Euler, CFG scale: 7, Seed: 5, Size: 2x1';
const to = { ...DEFAULT_SAVED_TO, directoryPattern: 'day' };
let path: string;
let png: Blob;
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'darkroom-writer-'));
  const pixels = { width: 2, height: 1, channels: 3, data: new Uint8Array(6) } as const;
  png = new Blob([await encodePng(pixels, { parameters: TEXT })]);
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

function writer(root = nodeDirectory(path)) {
  const told: Told[] = [];
  const tell = (title: string, message: string, actions: Told['actions'] = []): number =>
    told.push({ title, message, actions });
  const host: OutputHost = {
    settings: { saving: { as: DEFAULT_SAVED_AS, to } },
    gallery: {
      worker: {
        saveOutput: (folder, picture, how, given) => saveOutput(folder, picture, how, parseSavedTo(given)),
        keepGrid: () => Promise.resolve(null),
        keepPlot: () => Promise.resolve([]),
      },
    },
    library: { png: () => Promise.resolve(png) },
    notices: { warn: tell, inform: tell, dismiss: () => undefined },
    openSettings: () => undefined,
  };
  return { told, writer: new OutputWriter({ folder: root }, host) };
}

const item = (changed: Partial<OutputItem> = {}): OutputItem => ({
  ...{ place: 'txt2img-images', id: 'a', png, seed: 5, parameters: TEXT, suffix: '' },
  ...changed,
});

describe('the output folder', () => {
  it('has every picture under A1111’s names, one number after another', async () => {
    const { writer: out, told } = writer();
    const made = { index: 0, request: DEFAULT_PARAMETERS };
    await Promise.all([
      out.save(item({ made, suffix: '-before-highres-fix' })),
      out.save(item({ made })),
      out.save(item({ place: 'txt2img-grids', seed: 1 })),
      out.save(item({ place: 'extras-images' })),
      out.save(item({ place: 'extras-images', forced: 'holiday-1' })),
    ]);
    expect(filesBelow(path)).toEqual([
      'extras-images/00000.png',
      'extras-images/holiday-1.png',
      'txt2img-grids/day/grid-0000.png',
      'txt2img-images/day/00000-5-before-highres-fix.png',
      'txt2img-images/day/00001-5.png',
    ]);
    expect(told).toEqual([]);
  });

  it('has pictures of runs by what they are, and what was interrupted only where that is wanted', async () => {
    const { writer: out } = writer();
    const event = { id: 'a', png, seed: 5, parameters: TEXT, index: 0 };
    const source = { file: png, sha256: 'a', size: { width: 2, height: 1 } };
    const over = { ...DEFAULT_PARAMETERS, img2img: { ...DEFAULT_IMG2IMG, source } };
    await out.kept({ ...event, type: 'further', kind: 'mask' }, over);
    await out.kept({ ...event, type: 'image', interrupted: false }, over);
    await out.kept({ ...event, type: 'image', interrupted: true }, DEFAULT_PARAMETERS);
    expect(filesBelow(path)).toEqual([
      'img2img-images/day/00000-5-mask.png',
      'img2img-images/day/00001-5.png',
    ]);
  });

  it('says once that it is gone, and writes what waited when it is there again', async () => {
    rmSync(path, { recursive: true });
    const gone = nodeDirectory(join(path, 'inner'));
    const failing = {
      ...gone,
      getDirectoryHandle: () => Promise.reject(new DOMException('', 'NotFoundError')),
    };
    let there = false;
    const root = new Proxy(gone, {
      get: (target, key) => Reflect.get(there ? target : failing, key) as unknown,
    });
    const { writer: out, told } = writer(root);
    await out.save(item());
    await out.save(item({ seed: 6 }));
    expect(told).toHaveLength(1);
    expect(told[0]!.message).toContain('no longer there');
    there = true;
    told[0]!.actions[0]!.run();
    await out.save(item({ seed: 7 }));
    expect(filesBelow(path)).toEqual(
      [5, 6, 7].map((seed, i) => `inner/txt2img-images/day/0000${i}-${seed}.png`),
    );
    expect(told).toHaveLength(2);
  });

  it('asks for the permission that was lost', async () => {
    let state: PermissionState = 'prompt';
    const root = Object.assign(nodeDirectory(path), {
      queryPermission: () => Promise.resolve(state),
      requestPermission: () => Promise.resolve((state = 'granted')),
    });
    const { writer: out, told } = writer(root);
    await out.save(item());
    expect(filesBelow(path)).toEqual([]);
    expect(told[0]!.title).toContain('may not write');
    expect(await out.allow()).toBe(true);
    expect(filesBelow(path)).toEqual(['txt2img-images/day/00000-5.png']);
  });

  it.skipIf(process.getuid?.() === 0)('goes on where a disk refuses', async () => {
    chmodSync(path, 0o500);
    const { writer: out, told } = writer();
    await out.save(item());
    chmodSync(path, 0o700);
    expect(told).toHaveLength(1);
    await out.retry();
    expect(filesBelow(path)).toHaveLength(1);
  });
});
