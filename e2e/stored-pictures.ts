// Pictures put straight into the browser's storage, as the first version of the app kept them: opening them tests the way they
// are carried over, too.
import type { Page } from '@playwright/test';
import { encodePng } from '../src/image/png.ts';
import type { StoredImage } from '../src/library/types.ts';

export interface SeededPicture extends Omit<StoredImage, 'png'> {
  /** Base64. */
  readonly png: string;
}

const SUBJECTS = ['a lighthouse at dusk', 'a red fox in snow', 'an old orchard', 'a portrait, oil on canvas'];
const SAMPLERS = ['Euler a', 'DPM++ 2M', 'DDIM'];
const MODELS = [
  { name: 'dreamy', hash: 'aaaaaaaaaa' },
  { name: 'sharp', hash: 'bbbbbbbbbb' },
];
interface Size {
  readonly width: number;
  readonly height: number;
}
/** Pixels of the pictures, unless told. */
const SIZE: Size = { width: 64, height: 96 };

/** The text of the picture that was made as number `index`, with that seed. */
export function parametersOf(index: number): string {
  const model = MODELS[index % MODELS.length]!;
  const prompt = SUBJECTS[index % SUBJECTS.length]!;
  const negative = index % 5 === 0 ? '\nNegative prompt: blurry, fog' : '';
  const sampler = SAMPLERS[index % SAMPLERS.length]!;
  return (
    `${prompt}, take ${index}${negative}\nSteps: 20, Sampler: ${sampler}, Schedule type: Karras, CFG scale: 7, ` +
    `Seed: ${index}, Size: ${SIZE.width}x${SIZE.height}, Model hash: ${model.hash}, Model: ${model.name}`
  );
}

/** Numbers 0 to `count` - 1, each a minute after the one before. The PNGs of the last `own` ones carry their own text. */
export async function makePictures(count: number, own: number, size: Size = SIZE): Promise<SeededPicture[]> {
  const shared = await pngOf(0, size);
  const pictures: SeededPicture[] = [];
  for (let index = 0; index < count; index++) {
    pictures.push({
      ...size,
      id: `picture-${index}`,
      createdAt: 1_700_000_000_000 + 60_000 * index,
      seed: index,
      modelHash: MODELS[index % MODELS.length]!.hash,
      parameters: parametersOf(index),
      png: index >= count - own ? await pngOf(index, size) : shared,
    });
  }
  return pictures;
}

/** A slope of light in a colour of its own. */
async function pngOf(index: number, { width, height }: Size): Promise<string> {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const light = (x + y) / (width + height);
      const hue = (index * 47) % 360;
      const channel = (shift: number) => 128 + 110 * Math.cos(((hue + shift) * Math.PI) / 180 + 2 * light);
      data.set([channel(0), channel(120), channel(240), 255], 4 * (y * width + x));
    }
  }
  const bytes = await encodePng({ width, height, channels: 4, data }, { parameters: parametersOf(index) });
  return Buffer.from(bytes).toString('base64');
}

/** Before the app is opened. `damaged`: keys under which there is no picture. */
export async function storePictures(
  page: Page,
  pictures: readonly SeededPicture[],
  damaged: readonly string[] = [],
): Promise<void> {
  // A page of the same origin on which the app does not run.
  await page.goto('/icons/darkroom.svg');
  await page.evaluate(
    async ({ pictures, damaged }) => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open('darkroom-images', 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore('entries');
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(new Error('The pictures cannot be stored.'));
      });
      const transaction = database.transaction('entries', 'readwrite');
      const store = transaction.objectStore('entries');
      for (const { png, ...rest } of pictures) {
        const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
        store.put({ ...rest, png: new Blob([bytes], { type: 'image/png' }) }, rest.id);
      }
      for (const key of damaged) store.put('not a picture', key);
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onerror = () => reject(new Error('The pictures cannot be stored.'));
      });
      database.close();
    },
    { pictures, damaged },
  );
}
