// A static file server for this machine only: the built app for `npm start`, the command line and the tests.
// @ts-check
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

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
 * What a host should send with every file. The page holds its own policy; that nobody may frame it, only a header can say.
 * @type {Readonly<Record<string, string>>}
 */
export const HEADERS = {
  'content-security-policy': "frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Types that become much smaller; WebAssembly does too, but takes longer to compress than to send on this machine. */
const COMPRESSIBLE = /^(?:text\/|application\/(?:json|manifest\+json)|image\/svg)/;
/** Bytes of a file that is compressed and kept so. */
const MAX_COMPRESSED = 8e6;

/** @type {Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>>} In the order in which they are preferred. */
const ENCODINGS = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (bytes) => promisify(gzip)(bytes),
};

/**
 * The encoding to send a file in, or null.
 * @param {string} type of the file
 * @param {number} size of the file, in bytes
 * @param {string | undefined} accepted the request's Accept-Encoding
 */
export function encodingFor(type, size, accepted) {
  if (!COMPRESSIBLE.test(type) || size > MAX_COMPRESSED) return null;
  const offers = (accepted ?? '').split(',').map((offer) =>
    offer
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/),
  );
  const wanted = offers.filter((offer) => !offer.some((part) => /^q=0(?:\.0*)?$/.test(part)));
  return Object.keys(ENCODINGS).find((name) => wanted.some(([offer]) => offer === name)) ?? null;
}

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
 * @param {Readonly<Record<string, string>>} [headers] sent with every file, besides its type and instead of those in HEADERS
 * @returns {Promise<{ url: string, close: () => Promise<void> }>} `url` ends with "/". Rejects when the port is taken.
 */
export function serve(mounts, port = 0, headers = {}) {
  /** Compressed files by path and encoding, each with the time of the file it was made of. */
  /** @type {Map<string, { time: number, bytes: Promise<Buffer> }>} */
  const kept = new Map();
  const compressed = (
    /** @type {string} */ file,
    /** @type {string} */ encoding,
    /** @type {number} */ time,
  ) => {
    const key = `${encoding} ${file}`;
    const found = kept.get(key);
    if (found?.time === time) return found.bytes;
    const bytes = readFile(file).then(
      (content) => /** @type {Promise<Buffer>} */ (ENCODINGS[encoding]?.(content)),
    );
    kept.set(key, { time, bytes });
    // What failed is tried again.
    bytes.catch(() => kept.delete(key));
    return bytes;
  };
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
    const send = async () => {
      const status = await stat(file);
      if (!status.isFile()) return void refuse(404);
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      const encoding = encodingFor(type, status.size, request.headers['accept-encoding']);
      const body = encoding === null ? null : await compressed(file, encoding, status.mtimeMs);
      response.writeHead(200, {
        ...HEADERS,
        ...headers,
        'content-type': type,
        'content-length': body?.length ?? status.size,
        ...(encoding === null ? {} : { 'content-encoding': encoding }),
        ...(COMPRESSIBLE.test(type) ? { vary: 'accept-encoding' } : {}),
        // Built files carry a hash in their names; the page itself must not go stale.
        'cache-control': path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      });
      if (request.method === 'HEAD') return void response.end();
      if (body) return void response.end(body);
      createReadStream(file)
        .on('error', () => response.destroy())
        .pipe(response);
    };
    send().catch(() => (response.headersSent ? response.destroy() : refuse(404)));
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
