// The site: a folder of static files. vite.single.config.ts makes the single file.
import { existsSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { contentSecurityPolicy, SITE_POLICY } from './build/content-security-policy.ts';
import { Licences } from './build/licences.ts';
import { offline } from './build/offline.ts';
import { sizeReport } from './build/size-report.ts';
import { tokenizerBundle, tokenizerChunk } from './src/prompt/vite-plugin.ts';

const licences = new Licences();

export default defineConfig({
  // Relative paths: the built folder works wherever it is put.
  base: './',
  plugins: [
    svelte(),
    tokenizerBundle(),
    contentSecurityPolicy(SITE_POLICY),
    licences.collect(),
    offline([licences.collect(), licences.write('dist')]),
    sizeReport({ budget: 150_000 }),
  ],
  define: { __DARKROOM_DEMO__: JSON.stringify(existsSync('public/demo/demo.json')) },
  worker: {
    format: 'es',
    plugins: () => [tokenizerBundle(), licences.collect()],
    rollupOptions: { output: { manualChunks: tokenizerChunk } },
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    // sizeReport tells.
    reportCompressedSize: false,
  },
  test: {
    include: [
      'src/**/*.test.ts',
      'tests/*.test.ts',
      'workers/**/*.test.ts',
      'scripts/**/*.test.ts',
      'build/**/*.test.ts',
    ],
    // Only to end what hangs: machines are shared, and no test depends on a duration.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // By itself it leaves one core free: on two, half of them.
    minWorkers: '100%',
    maxWorkers: '100%',
    // V8's optimizing compiler takes longer over onnxruntime's WebAssembly than everything else that the float16 tests do: it only
    // drives the device there.
    poolOptions: { forks: { execArgv: process.env['DARKROOM_FLOAT16'] === '1' ? ['--liftoff-only'] : [] } },
  },
});
