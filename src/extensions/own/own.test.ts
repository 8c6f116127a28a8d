// Extensions of a person's, in threads: the examples do what they say, and hostile ones harm nothing.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, describe, expect, it } from 'vitest';
import { relativeError } from '../../../tests/tiny-model.ts';
import { running, startThread } from '../../../tests/extension-thread.ts';
import { FORMULA_NETWORKS } from '../../../tests/formula-networks.ts';
import { CondCache, encodePrompts } from '../../generation/recipes/conditioning.ts';
import { sampleTxt2Img } from '../../generation/recipes/txt2img.ts';
import { parseInfotext } from '../../generation/request/infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from '../../generation/request/parameters.ts';
import { DEFAULT_PARAMETERS } from '../../generation/request/request.ts';
import { prepareRequest } from '../../generation/request/prepare.ts';
import { validateParameters } from '../../generation/request/validate.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { betweenPasses, finishedPicture } from '../at-work.ts';
import type { ExtensionValues } from '../controls.ts';
import { install as makeKnown } from '../known.ts';
import { OwnExtension } from './extension.ts';
import { WANTS, type Want } from './manifest.ts';
import { readPackage, type ExtensionPackage, type PackageFile } from './package.ts';

const EXAMPLES = 'examples/extensions';

/** The files that stand for one example. */
function exampleFiles(name: string): PackageFile[] {
  const path = join(EXAMPLES, name);
  const paths = statSync(path).isDirectory() ? readdirSync(path).map((file) => join(path, file)) : [path];
  return paths.map((file) => ({ path: file, bytes: new Uint8Array(readFileSync(file)) }));
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const examples = readdirSync(EXAMPLES);
const packs = new Map(examples.map((name) => [name, readPackage(exampleFiles(name))]));
const packNamed = (name: string): ExtensionPackage =>
  [...packs.values()].find(({ manifest }) => manifest.name === name)!;

const open: OwnExtension[] = [];
const uninstall: (() => void)[] = [];
const told: string[] = [];

/** Long enough for a busy machine where an answer comes; short where none ever does. */
function install(pack: ExtensionPackage, patience = 60_000, granted: readonly Want[] = pack.manifest.wants) {
  const own = new OwnExtension(pack, granted, {
    start: startThread,
    patience,
    tell: (message) => told.push(message),
  });
  open.push(own);
  uninstall.push(makeKnown([own.extension]));
  return own.extension.name;
}

afterEach(() => {
  for (const own of open.splice(0)) own.end();
  told.splice(0);
  for (const undo of uninstall.splice(0)) undo();
});

/** A script that wants everything. */
function hostile(code: string): ExtensionPackage {
  const manifest = { interface: 1, name: 'Hostile', version: '1', wants: WANTS };
  const script = `/* darkroom extension ${JSON.stringify(manifest)} */\n${code}`;
  return readPackage([{ path: 'hostile.js', bytes: bytesOf(script) }]);
}

const grey: PixelImage = {
  ...{ width: 4, height: 2, channels: 3 },
  data: new Uint8Array(24).fill(128),
};

async function paint(name: string | null, values: ExtensionValues = {}, cfgScale = 7, sampler = 'Euler') {
  const parameters = prepareRequest({
    ...DEFAULT_PARAMETERS,
    ...{ prompt: 'a', negativePrompt: 'b', steps: 4, width: 64, height: 64, seed: 1 },
    ...{ sampler, cfgScale },
    extensions: name === null ? [] : [{ name, values }],
  });
  expect(validateParameters(parameters)).toEqual([]);
  const conditions = await encodePrompts(FORMULA_NETWORKS, parameters, new CondCache());
  const run = sampleTxt2Img(FORMULA_NETWORKS, parameters, conditions, { first: 0, size: 1 });
  let next = await run.next();
  while (!next.done) next = await run.next();
  return { latents: next.value, parameters };
}

describe('examples', () => {
  it.each(examples)('%s is read, alone or from a zip', (name) => {
    const files = exampleFiles(name);
    const zip = zipSync(Object.fromEntries(files.map(({ path, bytes }) => [path, bytes])));
    const pack = packs.get(name)!;
    if (files.length > 1) expect(readPackage([{ path: 'a.zip', bytes: zip }])).toEqual(pack);
    expect(pack.manifest.wants.length).toBeGreaterThan(0);
  });

  it('Film grain changes a picture by its amount, always in the same way', async () => {
    const name = install(packNamed('Film grain'));
    const with_ = (amount: number) =>
      finishedPicture([{ name, values: { amount, coloured: false, seed: 3 } }], grey);
    const [none, some, again, more] = [await with_(0), await with_(0.2), await with_(0.2), await with_(1)];
    const spread = ({ data }: PixelImage) => Math.max(...[...data].map((value) => Math.abs(value - 128)));
    expect([...none.data]).toEqual([...grey.data]);
    expect(again).toEqual(some);
    expect(spread(some)).toBeGreaterThan(0);
    expect(spread(more)).toBeGreaterThan(spread(some));
    expect(told).toEqual([]);
  });

  it('Late guidance leaves a run as it is over all of it, and guides nothing over none', async () => {
    const name = install(packNamed('Late guidance'));
    const plain = (await paint(null)).latents;
    expect((await paint(name, { from: 0, to: 1 })).latents).toEqual(plain);
    const never = (await paint(name, { from: 0.9, to: 0.85 })).latents;
    expect(never).not.toEqual(plain);
    expect(told).toEqual([]);
  });

  it('stand in the text under their names, and are read from it', async () => {
    const name = install(packNamed('Late guidance'));
    const { parameters } = await paint(name, { from: 0.25 });
    const text = fromGenerationParameters(parameters, { seed: 1 });
    expect(text).toContain(`Extension ${name}: `);
    expect(toGenerationParameters(parseInfotext(text)).extensions).toEqual(parameters.extensions);
  });
});

it('the one of the tutorial does what it says', async () => {
  const [, code] = /```js\n([\s\S]*?)```/.exec(readFileSync('docs/extensions.md', 'utf8'))!;
  const name = install(readPackage([{ path: 'dusk.js', bytes: bytesOf(code!) }]));
  const dark = await finishedPicture([{ name, values: { amount: 0.5 } }], grey);
  expect([...dark.data]).toEqual(new Array<number>(24).fill(64));
  expect(told).toEqual([]);
});

describe('every hook', () => {
  const hook = (code: string) => install(hostile(`register((values, pass) => ({ ${code} }));`));

  it('denoiser: sets the CFG scale, and what the network sees', async () => {
    const doubled = hook('denoiser: ({ cfgScale }) => ({ cfgScale: 2 * cfgScale })');
    const { latents } = await paint(doubled);
    expect(latents).toEqual((await paint(null, {}, 2 * DEFAULT_PARAMETERS.cfgScale)).latents);
    const seen = hook('denoiser: ({ inputs }) => ({ inputs: inputs.map(({ x }) => x.map((v) => v / 2)) })');
    expect((await paint(seen)).latents).not.toEqual(latents);
    expect(told).toEqual([]);
  });

  it('guidance: is in the terms of sigma samplers, whatever the sampler', async () => {
    const code = `guidance: ({ images, cfgScale }) => images.map(({ conds, uncond }) =>
      uncond.map((v, i) => v + cfgScale * (conds[0].denoised[i] - v)))`;
    const name = hook(code);
    for (const sampler of ['Euler', 'DDIM']) {
      const [changed, plain] = [await paint(name, {}, 7, sampler), await paint(null, {}, 7, sampler)];
      expect(relativeError(changed.latents, plain.latents)).toBeLessThan(1e-5);
    }
    expect(told).toEqual([]);
  });

  it('conditioning: other numbers in the same places', async () => {
    const kept = hook('conditioning: (given) => given');
    const plain = (await paint(null)).latents;
    expect((await paint(kept)).latents).toEqual(plain);
    for (const own of open.splice(0)) own.end();
    for (const undo of uninstall.splice(0)) undo();
    const none = hook(
      'conditioning: (given) => { for (const { context } of given.negative) context.fill(0.5); return given; }',
    );
    expect((await paint(none)).latents).not.toEqual(plain);
    expect(told).toEqual([]);
  });

  it('latents: what is enlarged', async () => {
    const name = hook('latents: ({ data, pictures, height, width }) => data.fill(pictures + height + width)');
    const latents = { data: new Float32Array(6), pictures: 1, height: 2, width: 3 };
    expect([...(await betweenPasses([{ name, values: {} }], latents))]).toEqual([6, 6, 6, 6, 6, 6]);
    expect(told).toEqual([]);
  });
});

describe('what was not granted', () => {
  it('is not asked for', async () => {
    const name = install(packNamed('Film grain'), 60_000, []);
    expect(await finishedPicture([{ name, values: { amount: 1 } }], grey)).toBe(grey);
  });
});

describe('a hostile extension', () => {
  const never = 300;
  it.each([
    ['never ends', 'register(() => ({ guidance() { for (;;); } }));', never, /no answer/],
    ['never begins', 'for (;;);', never, /no answer/],
    ['throws', 'register(() => ({ guidance() { throw new Error("ha"); } }));', 60_000, /ha/],
    [
      'throws what is no error',
      'register(() => ({ guidance() { throw { toString() { throw 1; } }; } }));',
      60_000,
      /no error/,
    ],
    ['cannot be read', 'register(() => {', 60_000, /could not be run/],
    [
      'breaks out of its function',
      'register(() => ({})); }); function Set() { this.has = () => true; } (function () {',
      60_000,
      /braces/,
    ],
    ['registers nothing', '"nothing";', 60_000, /register/],
    [
      'asks the network',
      'register(() => ({ guidance: () => fetch("https://example.com") }));',
      60_000,
      /fetch/,
    ],
    ['starts workers', 'register(() => ({ guidance: () => new Worker("x") }));', 60_000, /Worker/],
    [
      'gives huge arrays',
      'register(() => ({ guidance: () => [new Float32Array(2 ** 24)] }));',
      60_000,
      /kind or size/,
    ],
    [
      'gives no numbers',
      'register(() => ({ guidance: ({ images }) => images.map(({ guided }) => guided.fill(NaN)) }));',
      60_000,
      /not finite/,
    ],
    ['gives something else', 'register(() => ({ guidance: () => "much" }));', 60_000, /kind or size/],
    ['gives what cannot be sent', 'register(() => ({ guidance: () => () => 1 }));', 60_000, /clone/],
  ])(
    'that %s is named once and left out, and the picture is as without it',
    async (_, code, patience, why) => {
      const plain = (await paint(null)).latents;
      const name = install(hostile(code), patience);
      expect((await paint(name)).latents).toEqual(plain);
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/^The extension "Hostile" was left out/);
      expect(told[0]).toMatch(why);
      const uses = [{ name, values: {} }];
      const latents = { data: new Float32Array(4), pictures: 1, height: 1, width: 1 };
      expect(await betweenPasses(uses, latents)).toBe(latents.data);
      expect(await finishedPicture(uses, grey)).toBe(grey);
      expect(told).toHaveLength(1);
    },
  );

  it('is refused where it names other scripts, or says what cannot be', () => {
    expect(() => hostile('import("https://example.com/x.js")')).toThrow(/import/);
    for (const manifest of ['{', '[]', '{"interface":2}', '{"interface":1,"name":"a: b","version":"1"}'])
      expect(() =>
        readPackage([{ path: 'x.js', bytes: bytesOf(`/* darkroom extension ${manifest} */`) }]),
      ).toThrow(Error);
    expect(() => readPackage([{ path: 'x.js', bytes: bytesOf('register(() => 1)') }])).toThrow(/manifest/);
    expect(() => readPackage([{ path: 'x.zip', bytes: bytesOf('PK no zip') }])).toThrow(/manifest|zip/);
    const bomb = zipSync({ 'main.js': new Uint8Array(3_000_000), 'manifest.json': bytesOf('{}') });
    expect(() => readPackage([{ path: 'x.zip', bytes: bomb }])).toThrow(/larger/);
  });
});

it('leaves no thread behind', async () => {
  const name = install(packNamed('Film grain'));
  await finishedPicture([{ name, values: {} }], grey);
  for (const own of open) own.end();
  await expect.poll(() => running.size, { timeout: 30_000 }).toBe(0);
});
