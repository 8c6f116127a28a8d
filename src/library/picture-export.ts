// A picture as a file of its own: its name by the person's pattern, its format, its parameters in it. For a worker.
import { sha256 } from 'hash-wasm';
import { splitInfotext } from '../generation/request/infotext/parse.ts';
import type { Seed } from '../generation/request/seeds.ts';
import { ImageError } from '../image/errors.ts';
import { readImageMetadata, writeParameters } from '../image/metadata.ts';
import type { PixelImage } from '../image/pixels.ts';
import { decodePng } from '../image/png.ts';
import type { Size } from '../image/picture-file.ts';
import { dateText } from './date-text.ts';
import { nameByPattern, type NamedPicture } from './file-name-pattern.ts';
import { pictureName } from './file-names.ts';
import type { ImageRecord } from './image-record.ts';
import type { FileFormat, SavedAs } from './saved-as.ts';

const TYPES = { png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp' } as const;

/** A1111: directories_max_prompt_words. */
const MAX_WORDS = 8;

/** Where a picture stood in its run. */
export interface BatchPlace {
  readonly batchSize: number;
  readonly batchCount: number;
  /** Of the picture in its batch, and of the batch, from 0. */
  readonly batchIndex: number;
  readonly iteration: number;
  /** Of all pictures of the run. */
  readonly seeds: readonly Seed[];
}

/** What a kept picture's text does not tell. */
export interface NamedWith {
  /** It was not made from a prompt: nothing of one is told. */
  readonly noPrompt: boolean;
  readonly batch: BatchPlace | null;
  readonly maxWords: number;
  readonly basename: string;
}

/** Neither is known of a picture that is kept; alone it counts as the only one. */
const ALONE: BatchPlace = { batchSize: 1, batchCount: 1, batchIndex: 0, iteration: 0, seeds: [] };

/** What of a picture decides its file. */
export type ExportedPicture = Pick<ImageRecord, 'seed' | 'createdAt' | 'parameters'>;

export interface ExportedFile {
  readonly name: string;
  readonly file: Blob;
}

/**
 * `index`: its number among those that are saved. A picture that cannot be converted, and one whose text does not fit into
 * a JPEG, stays a PNG: a file without its parameters would be the greater loss.
 */
export async function exportPicture(
  picture: ExportedPicture,
  png: Blob,
  index: number,
  how: SavedAs,
  zip: boolean,
): Promise<ExportedFile> {
  const { format, file } = await convertedPicture(png, picture.parameters, how);
  const stem = await stemOf(picture, png, index, how, zip);
  return { name: `${stem}.${format}`, file };
}

async function stemOf(
  picture: ExportedPicture,
  png: Blob,
  index: number,
  { pattern }: SavedAs,
  zip: boolean,
): Promise<string> {
  const plain = pictureName(index, picture.seed).replace(/\.png$/, '');
  if (pattern === '') return plain;
  const alone = { noPrompt: false, batch: null, maxWords: MAX_WORDS, basename: '' };
  const named = await nameByPattern(pattern, { ...(await namedPicture(picture, png, alone)), zip });
  // Folders are the zip's own matter: a name is one part.
  const safe = named.replace(/[/\\]/g, '_').trim();
  // The number makes it unique, as A1111's does.
  return safe === '' ? plain.slice(0, 5) : `${plain.slice(0, 5)}-${safe}`;
}

/** What patterns can tell of a picture: most of it stands in its text. */
export async function namedPicture(
  picture: ExportedPicture,
  png: Blob,
  { noPrompt, batch, maxWords, basename }: NamedWith,
): Promise<NamedPicture> {
  const { seed, createdAt: time, parameters } = picture;
  const { width, height } = (await sizeOf(png)) ?? { width: 0, height: 0 };
  const common = { width, height, time, zip: false, basename, maxWords, imageHash: () => hashOf(png) };
  if (noPrompt) return { ...common, prompt: null, seed: null };
  const { prompt, negativePrompt, fields } = splitInfotext(parameters);
  const number = (name: string, otherwise: number) => {
    const value = Number(fields.get(name) ?? NaN);
    return Number.isFinite(value) ? value : otherwise;
  };
  return {
    ...common,
    ...{ prompt, seed },
    run: {
      ...{ prompt, negativePrompt },
      steps: number('Steps', 0),
      cfgScale: number('CFG scale', 0),
      sampler: fields.get('Sampler') ?? '',
      scheduler: fields.get('Schedule type') ?? 'Automatic',
      // The text has what they added, not their names.
      styles: [],
      styleTexts: [],
      modelHash: fields.get('Model hash') ?? '',
      modelName: fields.get('Model') ?? '',
      vae: (fields.get('VAE') ?? 'NoneVAE').replace(/\..*$/, ''),
      clipSkip: number('Clip skip', 1),
      denoisingStrength: number('Denoising strength', 0),
      user: '',
      job: dateText(time, '%Y%m%d%H%M%S'),
      ...(batch ?? ALONE),
    },
  };
}

/** Null for what is no picture. */
async function sizeOf(png: Blob): Promise<Size | null> {
  try {
    return (await readImageMetadata(png)).size;
  } catch (error) {
    if (error instanceof ImageError) return null;
    throw error;
  }
}

/** SHA-256 of the pixels; null for what is no picture. */
async function hashOf(png: Blob): Promise<string | null> {
  try {
    const { data } = await decodePng(new Uint8Array(await png.arrayBuffer()));
    return await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  } catch (error) {
    if (error instanceof ImageError) return null;
    throw error;
  }
}

/** Null where the browser writes none. */
export async function jpegOf(image: PixelImage, quality: number): Promise<Blob | null> {
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  if (!context) return null;
  const data = new Uint8ClampedArray(4 * image.width * image.height).fill(255);
  for (let i = 0, j = 0; j < data.length; i += image.channels, j += 4) {
    for (let c = 0; c < 3; c += 1) data[j + c] = image.data[i + c]!;
  }
  context.putImageData(new ImageData(data, image.width, image.height), 0, 0);
  const file = await canvas.convertToBlob({ type: TYPES.jpg, quality: Math.min(quality, 99) / 100 });
  return file.type === TYPES.jpg ? file : null;
}

/** A picture that cannot be converted stays a PNG. */
export async function convertedPicture(
  png: Blob,
  parameters: string,
  { format, quality, lossless }: SavedAs,
): Promise<{ readonly format: FileFormat; readonly file: Blob }> {
  if (format === 'png') return { format, file: png };
  try {
    const type = TYPES[format];
    const bitmap = await createImageBitmap(png, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return { format: 'png', file: png };
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    // Browsers take 1 for "lossless" in WebP.
    const made = await canvas.convertToBlob({
      type,
      quality: format === 'webp' && lossless ? 1 : Math.min(quality, 99) / 100,
    });
    // One that cannot write the format answers with a PNG.
    if (made.type !== type) return { format: 'png', file: png };
    const bytes = writeParameters(new Uint8Array(await made.arrayBuffer()), parameters);
    return { format, file: new Blob([bytes], { type }) };
  } catch (error) {
    if (error instanceof DOMException || error instanceof ImageError) return { format: 'png', file: png };
    throw error;
  }
}
