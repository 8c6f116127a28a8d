import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isKeepRequest, partOf } from './site-files.ts';

it.each([
  ['index.html', 'page'],
  ['assets/index-a1.js', 'page'],
  ['assets/GalleryTab-a1.js', 'page'],
  ['assets/index-a1.css', 'page'],
  ['demo/demo.json', 'page'],
  ['demo/darkroom-demo.safetensors', 'demo'],
  ['assets/ort-wasm-simd-threaded.asyncify-a1.wasm', 'runtime'],
  ['assets/engine-a1.js', 'runtime'],
  ['assets/tokenizer-a1.js', 'runtime'],
  ['box/network.safetensors', 'runtime'],
  ['licences.txt', 'runtime'],
] as const)('%s belongs to %s', (path, part) => expect(partOf(path)).toBe(part));

it('leaves every worker for later', () => {
  const entrances = readdirSync(new URL('../../../workers/', import.meta.url))
    .filter((name) => name.endsWith('.ts') && name !== 'service-worker.ts')
    .map((name) => name.replace(/\.ts$/, ''));
  expect(entrances).toContain('engine');
  for (const name of entrances) expect(partOf(`assets/${name}-a1.js`), name).toBe('runtime');
});

it('knows a request from anything else', () => {
  expect(isKeepRequest({ type: 'darkroom-keep-files', parts: [] })).toBe(true);
  for (const other of [null, 'x', {}, { type: 'darkroom-keep-files' }])
    expect(isKeepRequest(other)).toBe(false);
});
