// What others were painted over is kept as long as a picture's text names it.
import { beforeAll, expect, it, vi } from 'vitest';
import { sourcePicture } from '../generation/request/source-picture.ts';
import { encodePng } from '../image/png.ts';
import { deleteImages, purgeImages, saveImage } from './images.ts';
import { holdInMemory } from './memory/memory-mode.ts';
import { findSource, keepSource, sweepSources } from './source-pictures.ts';
import { sourceStore } from './stores.ts';

const DAY = 24 * 3_600_000;

beforeAll(() => {
  holdInMemory();
  // Node has none.
  const bound = (from: string, to: string) => ({ includes: (key: string) => key >= from && key <= to });
  vi.stubGlobal('IDBKeyRange', { bound });
});

async function picture(shade: number) {
  const data = new Uint8ClampedArray(12).fill(shade);
  return sourcePicture(
    new Blob([await encodePng({ data, width: 2, height: 2, channels: 3 }, {})], { type: 'image/png' }),
  );
}

async function saveMadeOf(id: string, hash: string): Promise<void> {
  const parameters = `a sea\nSteps: 4, Seed: 1, Init image SHA256: ${hash.slice(0, 10)}, Version: 1`;
  const png = new Blob(['a picture']);
  await saveImage({ id, createdAt: 1, width: 64, height: 64, seed: 1, modelHash: '', parameters, png });
}

it('is found by how its hash begins, and goes with the last picture made of it', async () => {
  const [used, unused] = [await picture(10), await picture(20)];
  await keepSource(used, 'used.png');
  await keepSource(unused, 'unused.png');
  await saveMadeOf('one', used.sha256);
  expect((await findSource(used.sha256.slice(0, 10)))?.name).toBe('used.png');
  expect((await findSource(used.sha256))?.picture.sha256).toBe(used.sha256);
  expect(await findSource('0123456789')).toBeNull();

  expect(await sweepSources(), 'a job may be about to use it').toBe(0);
  const later = Date.now() + 30 * DAY;
  expect(await sweepSources(later)).toBe(1);
  expect(await findSource(unused.sha256)).toBeNull();

  await deleteImages(['one']);
  expect(await sweepSources(later), 'the deletion can be undone').toBe(0);
  await purgeImages();
  expect(await sweepSources(later)).toBe(1);
});

it('is not taken for what its bytes are not', async () => {
  const { sha256 } = await picture(30);
  const { file } = await picture(40);
  await sourceStore.set(sha256, { file, name: 'other.png', usedAt: 0 });
  await sourceStore.set('ab'.repeat(32), 'nonsense');
  expect(await findSource(sha256)).toBeNull();
  expect(await findSource('abababab')).toBeNull();
  expect(await sweepSources()).toBe(2);
});
