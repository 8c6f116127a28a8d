// `node scripts/run.js FILE.ts ...`: installs what is missing, then runs a TypeScript script of this folder.
// @ts-check
import { ensureDependencies } from './install.js';
import { run, programOf } from './process.js';

try {
  await ensureDependencies();
  const [script = '', ...args] = process.argv.slice(2);
  process.exitCode = await run(process.execPath, [programOf('vite-node'), '--script', script, ...args]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
