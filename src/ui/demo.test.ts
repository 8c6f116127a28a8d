import { expect, it } from 'vitest';
import { parseDemo } from './demo.ts';

const demo = { name: 'Darkroom demo', file: 'demo.safetensors', size: 5_000_000 };

it('reads a demo', () => {
  expect(parseDemo({ ...demo, sidecar: 'demo.yaml', prompt: 'a red house' })).toEqual({
    ...demo,
    sidecar: 'demo.yaml',
    prompt: 'a red house',
  });
  expect(parseDemo(demo)).toEqual({ ...demo, sidecar: null, prompt: null });
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
])('refuses %o', (json) => expect(parseDemo(json)).toBeNull());
