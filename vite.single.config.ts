// The single file: `npm run build:single` makes dist-single/darkroom.html, with the demo checkpoint after `-- --demo`.
import { existsSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { Licences } from './build/licences.ts';
import { singleFile, singleModules } from './build/single-file.ts';
import { tokenizerBundle } from './src/prompt/vite-plugin.ts';

const licences = new Licences();
const DEMO = 'public/demo';
const demo = process.env['DARKROOM_SINGLE_DEMO'] === '1';
if (demo && !existsSync(`${DEMO}/demo.json`)) throw new Error(`There is no ${DEMO}/demo.json to put in.`);

export default defineConfig({
  base: './',
  plugins: [
    singleModules(),
    svelte(),
    tokenizerBundle(),
    licences.collect(),
    singleFile({
      worker: { plugins: () => [tokenizerBundle(), licences.collect()] },
      licences,
      demo: demo ? DEMO : null,
    }),
  ],
  define: { __DARKROOM_DEMO__: JSON.stringify(demo) },
  build: {
    outDir: 'dist-single',
    target: 'es2022',
    copyPublicDir: false,
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 100_000,
    rollupOptions: { output: { format: 'iife', inlineDynamicImports: true } },
  },
});
