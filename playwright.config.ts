// Tests in a real Chromium with WebGPU, rendered in software so that they give the same numbers everywhere.
// They run against the built app: `npm run e2e` builds and runs them, `npm test` runs everything.
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { defineConfig } from '@playwright/test';
import { findBrowser, SOFTWARE_WEBGPU_FLAGS } from './scripts/browser.js';
import { REFERENCE_DIR } from './tests/reference-dir.ts';

// Worker processes read this file again; they inherit what was settled the first time.
const port = (process.env['DARKROOM_E2E_PORT'] ??= String(await freePort()));
const executablePath = (process.env['CHROME_PATH'] ??= (await findBrowser()) ?? '');
const url = `http://localhost:${port}`;
const mounts = { '/': 'dist', '/harness/': 'dist-harness', '/reference/': REFERENCE_DIR };

/**
 * onnxruntime's WebAssembly is optimized a hundred times later than V8 does it by itself: every test's page would have it done anew,
 * and it takes longer than it saves with models as small as the tests'.
 */
const UNHURRIED_WASM = '--js-flags=--wasm-tiering-budget=200000000';

/** Started first, so that none of them runs on alone when all others are done. */
const LONGEST = ['gpu-memory', 'chaos', 'queue', 'pictures', 'single-file'].map(
  (name) => `**/${name}.e2e.ts`,
);

export default defineConfig({
  testDir: 'e2e',
  projects: [
    { name: 'longest', testMatch: LONGEST },
    { name: 'others', testMatch: '**/*.e2e.ts', testIgnore: LONGEST },
  ],
  outputDir: 'test-results',
  // One browser a core: software rendering keeps about one busy.
  fullyParallel: true,
  workers: Math.min(4, availableParallelism()),
  // A picture takes a minute in software, ten on a busy machine.
  timeout: 2_700_000,
  expect: { timeout: 120_000 },
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'list',
  use: {
    baseURL: url,
    screenshot: 'only-on-failure',
    // It would fetch 27 MB into every test's browser. Tests of it let it in.
    serviceWorkers: 'block',
    launchOptions: {
      args: [...SOFTWARE_WEBGPU_FLAGS, UNHURRIED_WASM],
      ...(executablePath === '' ? {} : { executablePath }),
    },
  },
  webServer: {
    command: [
      'node scripts/serve.js',
      port,
      ...Object.entries(mounts).map(([at, folder]) => JSON.stringify(`${at}=${folder}`)),
    ].join(' '),
    url: `${url}/`,
    reuseExistingServer: false,
  },
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
