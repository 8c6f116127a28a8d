// The static server gives what lies in its folders and nothing else.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileFor, serve } from './serve.js';

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
