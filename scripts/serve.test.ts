// The static server gives what lies in its folders and nothing else.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { encodingFor, fileFor, HEADERS, serve } from './serve.js';

let folder: string;
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'darkroom-serve-'));
  mkdirSync(join(folder, 'app', 'assets'), { recursive: true });
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'app', 'index.html'), '<title>page</title>');
  writeFileSync(join(folder, 'app', 'assets', 'a b.wasm'), 'wasm');
  writeFileSync(join(folder, 'data', 'numbers.json'), '[1]');
  server = await serve({ '/': join(folder, 'app'), '/data/': join(folder, 'data') });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** `fetch` would tidy up the path first. */
function get(
  path: string,
  method = 'GET',
): Promise<{ status: number; type: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const call = request({ hostname, port, path, method }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], body });
      });
    });
    call.on('error', reject);
    call.end();
  });
}

describe('serve', () => {
  it('gives files with their types, and a folder its index', async () => {
    expect(await get('/')).toEqual({
      status: 200,
      type: 'text/html; charset=utf-8',
      body: '<title>page</title>',
    });
    expect(await get('/assets/a%20b.wasm?x=1')).toEqual({
      status: 200,
      type: 'application/wasm',
      body: 'wasm',
    });
    expect(await get('/', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('sends text as small as the browser can take it, and everything else as it lies', async () => {
    const page = '<title>page</title>';
    const load = async (path: string, accepted: string) => {
      const response = await new Promise<{ encoding: string | undefined; bytes: Buffer; length: number }>(
        (resolve, reject) => {
          const call = request(new URL(path, server.url), { headers: { 'accept-encoding': accepted } });
          call.on('response', (answer) => {
            const parts: Buffer[] = [];
            answer.on('data', (part: Buffer) => parts.push(part));
            answer.on('end', () =>
              resolve({
                encoding: answer.headers['content-encoding'],
                bytes: Buffer.concat(parts),
                length: Number(answer.headers['content-length']),
              }),
            );
          });
          call.on('error', reject);
          call.end();
        },
      );
      expect(response.bytes).toHaveLength(response.length);
      return response;
    };
    const brotli = await load('/', 'gzip, deflate, br');
    expect([brotli.encoding, brotliDecompressSync(brotli.bytes).toString()]).toEqual(['br', page]);
    const gzip = await load('/', 'gzip;q=0.5, br;q=0');
    expect([gzip.encoding, gunzipSync(gzip.bytes).toString()]).toEqual(['gzip', page]);
    expect((await load('/', 'identity')).bytes.toString()).toBe(page);
    expect(await load('/assets/a%20b.wasm', 'gzip, br')).toMatchObject({ encoding: undefined, length: 4 });
    writeFileSync(join(folder, 'app', 'changing.js'), 'first');
    await load('/changing.js', 'br');
    writeFileSync(join(folder, 'app', 'changing.js'), 'second');
    utimesSync(join(folder, 'app', 'changing.js'), 1, 1);
    const again = await load('/changing.js', 'br');
    expect(brotliDecompressSync(again.bytes).toString()).toBe('second');
    expect(encodingFor('text/plain', 1e9, 'br')).toBeNull();
  });

  it('sends what keeps the page from being framed, sniffed and read by others', async () => {
    const { headers } = await fetch(server.url);
    for (const [name, value] of Object.entries(HEADERS)) expect(headers.get(name)).toBe(value);
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('prefers the longest mount', async () => {
    expect(await get('/data/numbers.json')).toMatchObject({ status: 200, body: '[1]' });
    expect(await get('/data/index.html')).toMatchObject({ status: 404 });
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/data/..%2f..%2fsecret.txt',
    '/assets',
    '/none',
    '/%00',
    '/%zz',
  ])('refuses %s', async (path) => {
    const { status, body } = await get(path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).toBe('');
  });

  it('only reads', async () => {
    expect(await get('/', 'POST')).toMatchObject({ status: 405 });
  });
});

describe('fileFor', () => {
  it('stays in its folder', () => {
    expect(fileFor('/srv/app', '/a/../b')).toBe('/srv/app/b');
    expect(fileFor('/srv/app', '/../app-secrets/b')).toBeNull();
    expect(fileFor('/srv/app', '/..')).toBeNull();
  });
});
