// Builds the app when its sources changed since the last build.
// @ts-check
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runProgram } from './process.js';

/** What the built app is made of. */
const SOURCES = [
  'index.html',
  'package-lock.json',
  'vite.config.ts',
  'svelte.config.js',
  'build',
  'public',
  'src',
  'workers',
];

/**
 * Newest change below a path, in milliseconds since 1970; 0 when nothing is there.
 * @param {string} path
 * @returns {number}
 */
function newestChange(path) {
  if (!existsSync(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  // A folder's own time tells of removed files.
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestChange(join(path, name))),
    status.mtimeMs,
  );
}

/** Builds `dist/` unless it is newer than everything it is made of. Throws when the build fails. */
export async function ensureBuilt() {
  const built = newestChange(join(ROOT, 'dist', 'index.html'));
  if (built > Math.max(...SOURCES.map((path) => newestChange(join(ROOT, path))))) return;
  console.log('Building the app ...');
  // Scripts run by vite-node have it set to "development".
  const env = { NODE_ENV: 'production' };
  const code = await runProgram('vite', ['build', '--logLevel', 'warn'], env);
  if (code !== 0) throw new Error('The build failed; its messages are above.');
}
