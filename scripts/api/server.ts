// A1111's interface for programs over HTTP, for programs of this computer alone.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readJson, type Json } from '../../src/other-programs/json.ts';
import { ApiError, badFields, failure, plainRefusal } from '../../src/sdapi/api-error.ts';
import { jsonText } from '../../src/sdapi/json.ts';
import type { Service } from '../../src/sdapi/service.ts';

export interface Access {
  /** As `Authorization: Bearer TOKEN`, or the password of Basic with any name; null: everyone on this computer may. */
  readonly token: string | null;
  /** Name and password of Basic, as in A1111's --api-auth: "name:password". */
  readonly accounts: readonly string[];
}

/** Bytes of a request: pictures in base64 are large. */
const MAX_BODY = 256 * 2 ** 20;
const LOOPBACK = '127.0.0.1';
const NAMES = ['127.0.0.1', 'localhost'];

export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** `port`: 0 for any free one. Rejects when it is taken. */
export async function listen(service: Service, access: Access, port: number): Promise<Listening> {
  const server = createServer((request, response) => {
    void respond(service, access, request, response);
  });
  // A picture may take an hour; the request itself comes at once.
  server.requestTimeout = 300_000;
  server.timeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, resolve);
  });
  return {
    url: `http://${LOOPBACK}:${portOf(server)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function respond(
  service: Service,
  access: Access,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    refuseForeign(request);
    refuseStrangers(request, access);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const body = request.method === 'POST' ? jsonOf(await read(request)) : undefined;
    send(response, 200, jsonText(await service.answer(request.method ?? '', pathname, searchParams, body)));
  } catch (error) {
    const told = error instanceof ApiError ? error : unexpected(error);
    // What is left of the request is not waited for.
    if (told.status === 413) response.setHeader('connection', 'close');
    if (told.status === 401) response.setHeader('www-authenticate', 'Basic');
    send(response, told.status, jsonText(told.body));
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function unexpected(error: unknown): ApiError {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  return failure(name, message.replace(/^page\.evaluate: /, ''));
}

/** Pages in a browser may not use it, by whatever name they have found for this computer. */
function refuseForeign({ headers, socket }: IncomingMessage): void {
  const own = NAMES.map((name) => `${name}:${String(socket.localPort)}`);
  const { host, origin } = headers;
  if (host === undefined || !own.includes(host.toLowerCase()))
    throw plainRefusal(403, 'This interface answers to 127.0.0.1 and localhost only.');
  if (origin !== undefined && !own.some((name) => origin.toLowerCase() === `http://${name}`))
    throw plainRefusal(403, 'This interface is for programs, not for pages of other sites.');
  if (headers['sec-fetch-site'] === 'cross-site' || headers['sec-fetch-site'] === 'same-site')
    throw plainRefusal(403, 'This interface is for programs, not for pages of other sites.');
}

function refuseStrangers({ headers }: IncomingMessage, { token, accounts }: Access): void {
  if (token === null && accounts.length === 0) return;
  const [scheme = '', given = ''] = (headers.authorization ?? '').split(' ');
  if (scheme === '') throw plainRefusal(401, 'Not authenticated');
  const bearer = scheme.toLowerCase() === 'bearer' ? given : null;
  const account = scheme.toLowerCase() === 'basic' ? Buffer.from(given, 'base64').toString('utf8') : null;
  const password = bearer ?? account?.slice(account.indexOf(':') + 1) ?? '';
  const known = [
    token !== null && same(password, token),
    ...accounts.map((one) => account !== null && same(account, one)),
  ];
  if (!known.includes(true)) throw plainRefusal(401, 'Incorrect username or password');
}

/** In a time that tells nothing of them. */
function same(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

async function read(request: IncomingMessage): Promise<string> {
  const tooLarge = plainRefusal(413, `A request may have ${MAX_BODY / 2 ** 20} MB.`);
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): Json | undefined {
  if (text.trim() === '') return undefined;
  const value = readJson(text);
  if (value !== undefined) return value;
  const problem = { loc: ['body'], msg: 'This is no JSON.', type: 'value_error.jsondecode' };
  throw badFields([problem]);
}
