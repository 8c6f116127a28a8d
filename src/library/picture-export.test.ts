import { expect, it } from 'vitest';
import { sha256 } from 'hash-wasm';
import { fromGenerationParameters } from '../generation/request/parameters.ts';
import { DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { encodePng } from '../image/png.ts';
import { exportPicture } from './picture-export.ts';
import { DEFAULT_SAVED_AS, parseSavedAs } from './saved-as.ts';

const data = new Uint8ClampedArray(2 * 3 * 3).map((_, i) => 7 * i);
const PICTURE = {
  seed: 42,
  createdAt: Date.UTC(2024, 2, 9, 12),
  parameters: fromGenerationParameters(
    { ...DEFAULT_PARAMETERS, prompt: 'a cat: "red", 1/2', steps: 30, cfgScale: 6.5, sampler: 'Euler a' },
    { seed: 42, modelName: 'dreamy' },
  ),
};
const png = async () => new Blob([await encodePng({ width: 3, height: 2, channels: 3, data })]);

const nameOf = async (pattern: string, file?: Blob) => {
  const how = { ...DEFAULT_SAVED_AS, pattern };
  return (await exportPicture(PICTURE, file ?? (await png()), 7, how, false)).name;
};

it('is named by number and seed, or by what its text tells', async () => {
  expect(await nameOf('')).toBe('00007-42.png');
  expect(await nameOf('[prompt_spaces]')).toBe('00007-a cat_ _red_, 1_2.png');
  expect(await nameOf('[steps]-[cfg]-[sampler_scheduler]-[width]x[height]')).toBe(
    '00007-30-6.5-Euler a Automatic-3x2.png',
  );
  expect(await nameOf('[model_name]/[date]')).toBe('00007-dreamy_2024-03-09.png');
  expect(await nameOf('[image_hash<8>]')).toBe(
    `00007-${(await sha256(new Uint8Array(data))).slice(0, 8)}.png`,
  );
  expect(await nameOf('[none]')).toBe('00007.png');
});

it('keeps a name for what is no picture', async () => {
  expect(await nameOf('[image_hash]-[width]', new Blob(['no picture']))).toBe('00007-[image_hash]-0.png');
});

it('reads settings that somebody else has written', () => {
  expect(parseSavedAs(undefined)).toEqual(DEFAULT_SAVED_AS);
  expect(parseSavedAs('x')).toEqual(DEFAULT_SAVED_AS);
  expect(parseSavedAs({ format: 'exe', quality: 1e9, lossless: 'yes', pattern: 5 })).toEqual(
    DEFAULT_SAVED_AS,
  );
  const own = { format: 'webp', quality: 3, lossless: true, pattern: '[seed]' };
  expect(parseSavedAs(own)).toEqual(own);
});
