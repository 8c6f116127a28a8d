// Who may use the interface, and what it does with what is no request. Nothing is painted here.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Service, type Painter } from '../../src/sdapi/service.ts';
import { listen, type Access, type Listening } from './server.ts';

const nothing = (): Promise<never> => Promise.reject(new Error('Nobody paints here.'));
const EMPTY: Painter = {
  models: () => Promise.resolve([]),
  paint: nothing,
  extras: nothing,
  interrupt: nothing,
  skip: nothing,
  load: nothing,
  unload: nothing,
};

const TOKEN = 'a-token';
const ACCOUNT = 'anna:secret:word';
let closed: Listening;
let open: Listening;

beforeAll(async () => {
  const start = (access: Access) => listen(new Service(EMPTY, [], null), access, 0);
  closed = await start({ token: TOKEN, accounts: [ACCOUNT] });
  open = await start({ token: null, accounts: [] });
});
afterAll(() => Promise.all([closed.close(), open.close()]));

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** By node:http, which sends any Host and Origin. */
function ask(
  { url }: Listening,
  { method = 'GET', path = '/sdapi/v1/samplers', headers = {}, body }: Asked,
): Promise<{ readonly status: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const basic = (account: string): string => `Basic ${Buffer.from(account).toString('base64')}`;

describe('who may', () => {
  test.each([
    ['the token', `Bearer ${TOKEN}`, 200],
    ['the token as a password', basic(`any:${TOKEN}`), 200],
    ['an account', basic(ACCOUNT), 200],
    ['another token', 'Bearer a-toke', 401],
    ['another password', basic('anna:secret'), 401],
    ['another name', basic('bert:secret:word'), 401],
    ['an account as a token', `Bearer ${ACCOUNT}`, 401],
    ['another scheme', `Digest ${TOKEN}`, 401],
  ])('%s', async (_, authorization, status) => {
    expect((await ask(closed, { headers: { authorization } })).status).toBe(status);
  });

  test('nobody without anything', async () => {
    expect(await ask(closed, {})).toEqual({ status: 401, body: { detail: 'Not authenticated' } });
  });

  test('everyone where it is open', async () => {
    expect((await ask(open, {})).status).toBe(200);
  });
});

describe('pages of others may not', () => {
  const own = () => new URL(open.url).host;
  test.each([
    ['by another name for this computer', () => ({ host: `evil.example:${new URL(open.url).port}` }), 403],
    ['by another port', () => ({ host: '127.0.0.1:1' }), 403],
    ['from another origin', () => ({ origin: 'https://evil.example' }), 403],
    ['from no origin', () => ({ origin: 'null' }), 403],
    ['from another port of this computer', () => ({ origin: 'http://localhost:1' }), 403],
    ['as a picture of theirs', () => ({ 'sec-fetch-site': 'cross-site' }), 403],
    ['its own', () => ({ origin: `http://${own()}`, 'sec-fetch-site': 'same-origin' }), 200],
    ['localhost', () => ({ host: `localhost:${new URL(open.url).port}` }), 200],
  ])('%s', async (_, headers, status) => {
    expect((await ask(open, { headers: headers() })).status).toBe(status);
  });
});

describe('what is no request', () => {
  test.each([
    ['no JSON', 'png-info', '{"image":', 422],
    ['nothing', 'png-info', '', 422],
    ['a list', 'png-info', '[]', 422],
    ['nested beyond sense', 'png-info', '['.repeat(100_000), 422],
    ['nothing to paint with', 'txt2img', '{}', 500],
    ['a path that there is not', 'png-info/', '{}', 404],
    ['a name that every object has', 'constructor', '{}', 404],
  ])('%s', async (_, path, body, status) => {
    const { status: told } = await ask(open, { method: 'POST', path: `/sdapi/v1/${path}`, body });
    expect(told).toBe(status);
  });

  test('more than a request may have', async () => {
    const headers = { 'content-length': String(2 ** 40) };
    const { status } = await ask(open, { method: 'POST', path: '/sdapi/v1/png-info', headers, body: '{}' });
    expect(status).toBe(413);
  });

  test('other methods', async () => {
    expect((await ask(open, { method: 'DELETE' })).status).toBe(405);
  });
});
