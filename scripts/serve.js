// A static file server for this machine only: the built app for `npm start`, the command line and the tests.
// @ts-check
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/**
 * File that a request path names inside a folder, or null when it would leave the folder.
 * @param {string} folder
 * @param {string} path decoded, starting with "/"
 */
export function fileFor(folder, path) {
  if (path.includes('\0')) return null;
  const root = resolve(folder);
  const file = normalize(join(root, path.endsWith('/') ? `${path}index.html` : path));
  return file.startsWith(root + sep) ? file : null;
}

/**
 * Serves folders on localhost.
 * @param {Readonly<Record<string, string>>} mounts URL prefix (starting and ending with "/") to folder; the longest wins
 * @param {number} [port] 0 = any free one
 * @param {Readonly<Record<string, string>>} [headers] sent with every file, besides its type
 * @returns {Promise<{ url: string, close: () => Promise<void> }>} `url` ends with "/". Rejects when the port is taken.
 */
export function serve(mounts, port = 0, headers = {}) {
  const prefixes = Object.keys(mounts).sort((a, b) => b.length - a.length);
  const server = createServer((request, response) => {
    const refuse = (/** @type {number} */ status) => response.writeHead(status).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') return void refuse(405);
    let path = '';
    try {
      path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    } catch {
      return void refuse(400);
    }
    const prefix = prefixes.find((candidate) => path.startsWith(candidate));
    const file = prefix === undefined ? null : fileFor(mounts[prefix] ?? '', path.slice(prefix.length - 1));
    if (file === null) return void refuse(404);
    stat(file).then(
      (status) => {
        if (!status.isFile()) return void refuse(404);
        response.writeHead(200, {
          ...headers,
          'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
          'content-length': status.size,
          // Built files carry a hash in their names; the page itself must not go stale.
          'cache-control': path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        });
        if (request.method === 'HEAD') return void response.end();
        createReadStream(file)
          .on('error', () => response.destroy())
          .pipe(response);
      },
      () => refuse(404),
    );
  });
  return new Promise((resolvePromise, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', () => {
      const address = server.address();
      const actual = typeof address === 'object' && address !== null ? address.port : port;
      resolvePromise({
        url: `http://localhost:${String(actual)}/`,
        close: () =>
          new Promise((done) => {
            server.closeAllConnections();
            server.close(() => done());
          }),
      });
    });
  });
}

// `node scripts/serve.js PORT PREFIX=FOLDER ...`: how Playwright's configuration starts it.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [port, ...pairs] = process.argv.slice(2);
  const mounts = Object.fromEntries(
    pairs.map((pair) => [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)]),
  );
  const { url } = await serve(mounts, Number(port));
  console.log(`Serving ${url}`);
}
