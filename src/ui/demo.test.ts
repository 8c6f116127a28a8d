import { expect, it } from 'vitest';
import { parseDemo } from './demo.ts';

const example = { prompt: 'a red house', negativePrompt: '', width: 128, height: 128 };
const demo = {
  name: 'Darkroom demo',
  file: 'demo.safetensors',
  size: 5_000_000,
  sha256: 'a'.repeat(64),
  example,
};

const picture = { file: 'sea.webp', prompt: 'sea', seed: 3 };

it('reads a demo', () => {
  const whole = { ...demo, sidecar: 'demo.yaml', prompts: ['sea', 'desert'], pictures: [picture] };
  expect(parseDemo(whole)).toEqual(whole);
  expect(parseDemo(demo)).toEqual({ ...demo, sidecar: null, prompts: [], pictures: [] });
});

it('leaves out what cannot be a prompt', () => {
  expect(parseDemo({ ...demo, prompts: ['sea', 5, 'x'.repeat(1001)] })?.prompts).toEqual(['sea']);
});

it.each([
  null,
  [],
  'x',
  { ...demo, file: '../secret' },
  { ...demo, file: 'https://example.org/a' },
  { ...demo, file: '.hidden' },
  { ...demo, size: -1 },
  { ...demo, size: '5' },
  { ...demo, name: '' },
  { ...demo, sha256: 'abc' },
  { ...demo, example: null },
  { ...demo, example: { ...example, width: 100 } },
  { ...demo, example: { ...example, height: 1e9 } },
  { ...demo, example: { ...example, prompt: 7 } },
])('refuses %o', (json) => expect(parseDemo(json)).toBeNull());

it('leaves out what cannot be a picture', () => {
  const wrong = [
    null,
    { ...picture, file: '../x.webp' },
    { ...picture, seed: -1 },
    { ...picture, prompt: 5 },
  ];
  expect(parseDemo({ ...demo, pictures: [...wrong, picture] })?.pictures).toEqual([picture]);
  expect(parseDemo({ ...demo, pictures: 'none' })?.pictures).toEqual([]);
});
