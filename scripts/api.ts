// `npm run api`: A1111's /sdapi/v1/ for programs of this computer; the built app in a headless Chromium paints (docs/api.md).
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseStylesCsv, type PromptStyle } from '../src/prompt/styles.ts';
import { isImageKind } from '../src/families/families.ts';
import type { StoredModel } from '../src/library/types.ts';
import { checkpointTitle } from '../src/sdapi/catalogue.ts';
import { Service } from '../src/sdapi/service.ts';
import { App, type Processor } from './app.ts';
import { BrowserPainter } from './api/browser-painter.ts';
import { listen } from './api/server.ts';
import { ROOT } from './process.js';
import { UsageError } from './usage-error.ts';

const HELP = `npm run api -- --model FILE [--model FILE ...] [options]

Answers A1111's interface for programs (/sdapi/v1/) on this computer until Ctrl+C. docs/api.md says what, and what differs.

  --model FILE         checkpoint, VAE, LoRA, embedding, upscaler ...: imported once, then recognised; the first checkpoint paints
                       until a program chooses another one
  --styles FILE        a styles.csv
  --port N             where (7860, as A1111; 0: any free one)
  --api-auth N:P       also lets in the name N with the password P (several: "a:b,c:d"), as A1111's option does
  --token TEXT         the token that programs send; drawn anew and printed unless given
  --no-token           every program of this computer may use it; pages in browsers still may not
  --software           WebGPU rendered in software; --cpu: no WebGPU at all
  --profile DIR        where the browser keeps imported models (.cache/profile)
  --help               this text
`;

interface Order {
  readonly models: readonly string[];
  readonly styles: readonly PromptStyle[];
  readonly port: number;
  readonly token: string | null;
  readonly accounts: readonly string[];
  readonly processor: Processor;
  readonly profile: string;
}

/** Null when only help was asked for. @throws UsageError */
function readArguments(args: readonly string[]): Order | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        model: { type: 'string', multiple: true },
        styles: text,
        port: text,
        'api-auth': text,
        token: text,
        'no-token': flag,
        software: flag,
        cpu: flag,
        profile: text,
        help: flag,
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) return null;
  // npm runs scripts in the repository; paths are meant from where the person is.
  const at = (path: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
  const models = (values.model ?? []).map(at);
  const styles = values.styles === undefined ? [] : [at(values.styles)];
  const missing = [...models, ...styles].find((file) => !existsSync(file));
  if (missing !== undefined) throw new UsageError(`There is no file ${missing}.`);
  const port = Number(values.port ?? 7860);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError(`--port takes a number from 0 to 65535, not "${values.port}".`);
  const accounts = values['api-auth']?.split(',') ?? [];
  if (accounts.some((account) => !/^[^:]+:.+$/.test(account)))
    throw new UsageError('--api-auth takes "name:password".');
  if (values['no-token'] === true && values.token !== undefined)
    throw new UsageError('--token and --no-token exclude each other.');
  if (values.token === '') throw new UsageError('--token takes a text; --no-token goes without.');
  return {
    models,
    styles: styles.flatMap((file) => parseStylesCsv(readFileSync(file, 'utf8'))),
    port,
    token: values['no-token'] === true ? null : (values.token ?? randomBytes(24).toString('base64url')),
    accounts,
    processor: values.cpu === true ? 'cpu' : values.software === true ? 'software' : 'auto',
    profile: values.profile === undefined ? join(ROOT, '.cache', 'profile') : at(values.profile),
  };
}

async function serve({ models, styles, port, token, accounts, processor, profile }: Order): Promise<void> {
  const app = await App.open(profile, processor);
  try {
    console.log(
      `Paints on ${app.device.adapter || 'the CPU'}${app.device.software ? ' (in software: slow)' : ''}.`,
    );
    const imported: StoredModel[] = [];
    for (const file of models) {
      const beside = `${file.slice(0, file.length - extname(file).length)}.yaml`;
      const { model } = await app.importFile(file, existsSync(beside) ? beside : null, () => undefined);
      imported.push(model);
      console.log(`${model.name} (${model.sha256.slice(0, 10)}), ${model.detection.label}`);
    }
    const first = imported.find(({ detection }) => isImageKind(detection.kind));
    const service = new Service(new BrowserPainter(app), styles, first ? checkpointTitle(first) : null);
    const server = await listen(service, { token, accounts }, port);
    console.log(`A1111's interface: ${server.url}/sdapi/v1/`);
    if (token !== null)
      console.log(`Token: ${token} (as "Authorization: Bearer ...", or the password of Basic)`);
    await new Promise<void>((stop) => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop());
    });
    await server.close();
  } finally {
    await app.close();
  }
}

try {
  const order = readArguments(process.argv.slice(2));
  if (order === null) console.log(HELP);
  else await serve(order);
} catch (error) {
  const usage = error instanceof UsageError;
  console.error(error instanceof Error ? error.message : error);
  if (usage) console.error('See npm run api -- --help');
  process.exitCode = usage ? 2 : 1;
}
