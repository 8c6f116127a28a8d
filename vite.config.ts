import { existsSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { tokenizerBundle } from './src/prompt/vite-plugin.ts';

export default defineConfig({
  // Relative paths: the built folder works wherever it is put.
  base: './',
  plugins: [svelte(), tokenizerBundle()],
  define: { __DARKROOM_DEMO__: JSON.stringify(existsSync('public/demo/demo.json')) },
  worker: { format: 'es', plugins: () => [tokenizerBundle()] },
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
  test: {
    include: ['src/**/*.test.ts', 'workers/**/*.test.ts', 'scripts/**/*.test.ts'],
    // Only to end what hangs: machines are shared, and no test depends on a duration.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
