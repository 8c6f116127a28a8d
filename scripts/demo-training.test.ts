// The demo model's training, as far as it needs nothing but Python: sharing time out, parts of files, packing, shipping.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, capture } from './process.js';

const { code } = await capture('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']);

it.skipIf(code !== 0)(
  `its plan, parts and packing pass their checks${code === 0 ? '' : ' (there is no python3 of 3.9 or newer)'}`,
  async () => {
    const folder = join(ROOT, 'tools', 'demo-model');
    const run = await capture('python3', ['-m', 'unittest', 'discover', '-s', folder, '-p', 'test_job.py'], {
      timeout: 300_000,
    });
    expect(run.output).toMatch(/Ran [1-9]\d* tests? in[^]*\nOK/);
    expect(run.code).toBe(0);
  },
);
