// `npm start`: installs what is missing, builds the app, serves it on this machine and opens it.
// @ts-check
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './build.js';
import { ensureDependencies } from './install.js';
import { ROOT } from './process.js';
import { serve } from './serve.js';

/** The address people find their models under again: the browser keeps them per address. */
const PORT = 4747;

/**
 * Opens the person's own browser where there is a desktop; elsewhere the printed address has to do.
 * @param {string} url
 */
function open(url) {
  if (process.argv.includes('--no-open') || process.env['CI'] !== undefined) return;
  const hasDesktop = process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'];
  if (process.platform === 'linux' && hasDesktop === undefined) return;
  const [command, args] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', url]]
        : ['xdg-open', [url]];
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}

try {
  const at = process.argv.indexOf('--port');
  const port = at < 0 ? PORT : Number(process.argv[at + 1]);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error('--port takes a number up to 65535.');
  await ensureDependencies();
  await ensureBuilt();
  const { url } = await serve({ '/': join(ROOT, 'dist') }, port).catch((/** @type {unknown} */ error) => {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw taken
      ? new Error(`Port ${String(port)} is in use. Stop the other program, or add: -- --port NUMBER`)
      : error;
  });
  console.log(`\nDarkroom is at ${url}`);
  console.log('Open it in Chrome, Edge or another browser with WebGPU. Ctrl+C stops it.');
  open(url);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
