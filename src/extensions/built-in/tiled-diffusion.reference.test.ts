// Tiled Diffusion against whole runs of the original in webui 1.10.1 (tests/reference/extensions, regions.json), and what it leaves as it
// was.
import { describe, expect, it } from 'vitest';
import {
  expectRun,
  extensionTensors,
  paintRun,
  requestOfRun,
  type ExtensionRun,
} from '../../../tests/extension-runs.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { listReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { networksOf } from '../../../tests/golden-runs.ts';
import { CondCache, encodePrompts } from '../../generation/recipes/conditioning.ts';
import { sampleTxt2Img } from '../../generation/recipes/txt2img.ts';
import { fromGenerationParameters, toGenerationParameters } from '../../generation/request/parameters.ts';
import { parseInfotext } from '../../generation/request/infotext/parse.ts';
import { findSampler } from '../../sampling/registry.ts';
import { inBatches, latentTiles } from '../../sampling/latent-tiles.ts';
import { largestCall } from '../at-work.ts';
import { fittingValues, type ControlValue } from '../controls.ts';
import type { ExtensionUse } from '../use.ts';
import { tiledDiffusion } from './tiled-diffusion.ts';
import { partsOf } from './tiled-diffusion/parts.ts';
import { regionKey, settingsOf } from './tiled-diffusion/settings.ts';

type Case = Pick<ExtensionRun, 'id' | 'model' | 'params' | 'infotext' | 'sigmas' | 'tensors'> & {
  readonly script_args?: readonly unknown[];
};

const there = listReference('extensions').includes('regions.json');
const cases = there
  ? readReferenceJson<{ tiled_runs: { cases: Case[] } }>('extensions', 'regions.json').tiled_runs.cases
  : [];
/** With the extension switched on. */
const tiled = cases.filter(({ script_args: args }) => args?.[0] === true);
const models = tinyModels();

/** README, "Tolerances", where a run has no spread of its own. */
const SPREAD = 3e-5;

const runOf = (one: Case): ExtensionRun => ({
  ...one,
  ...{ about: '', source: '', spread_f32: SPREAD, same_as: {}, file: 'regions' },
  // What timestep samplers are given by a call is the noise, and what they tell of a step is not.
  ...(findSampler(String(one.params['sampler_name']))?.kind === 'timestep' && { tensors: ['result'] }),
});

/** The script's arguments, in the order of its controls. */
function useOf(args: readonly unknown[]): ExtensionUse {
  const [, method] = args;
  const [tileWidth, tileHeight, overlap, batchSize] = args.slice(6);
  const [regionControl, background] = args.slice(18);
  const values: Record<string, unknown> = {
    ...{ method, tileWidth, tileHeight, overlap, batchSize, regionControl, background },
  };
  const names = ['enable', 'x', 'y', 'w', 'h', 'prompt', 'negativePrompt', 'blendMode', 'feather'] as const;
  const FIELDS = 10;
  const own = args.slice(21);
  for (let region = 0; region * FIELDS < own.length; region += 1)
    names.forEach((name, i) => (values[regionKey(region, name)] = own[region * FIELDS + i]));
  return { name: tiledDiffusion.name, values: values as Record<string, ControlValue> };
}

describe.skipIf(tiled.length === 0)('in whole runs', () => {
  for (const one of tiled) {
    const args = one.script_args!;
    if (!models.includes(one.model)) it.skip(`${one.id}: ${one.model}`, () => undefined);
    else
      it(one.id, async () => {
        const use = useOf(args);
        await expectRun(runOf(one), await paintRun(runOf(one), [use]));
      });
    it(`${one.id}: its text`, () => {
      const request = requestOfRun(runOf(one), [useOf(args)]);
      const text = fromGenerationParameters(request, { seed: request.seed });
      // What the original calls the field, byte for byte but for seeds, which do nothing, and the background, of which it says nothing.
      const field = (whole: string) =>
        /Tiled Diffusion: (\{.*?\}+)(?:,|$)/m
          .exec(whole)![1]!
          .replace(/"seed": -?\d+/g, '"seed": -1')
          .replace(/, "Draw full canvas background": \w+/, '');
      expect(field(text)).toBe(field(one.infotext));
      const asked = settingsOf(request.extensions[0]!.values);
      const readOf = (from: string) =>
        settingsOf(toGenerationParameters(parseInfotext(from)).extensions![0]!.values);
      expect(readOf(text)).toEqual(asked);
      // The original's own text is read, too.
      const { background } = readOf(one.infotext);
      expect(readOf(one.infotext)).toEqual({ ...asked, background });
    });
  }
});

describe.skipIf(tiled.length === 0)('what it leaves as it was', () => {
  const plain = tiled.find(({ model }) => models.includes(model));
  if (!plain) return it.skip('there is no model', () => undefined);

  it('is the run without it, and, byte for byte, one that is a single tile', async () => {
    const without = await paintRun(runOf(plain), []);
    // The first run without the extension is no case of its own.
    const ids = cases.map(({ id }) => id);
    const [name] = [...(await extensionTensors('regions')).keys()].filter((key) => {
      const [id, what] = key.split('/');
      return what === 'result' && !ids.includes(id!);
    });
    const expected = (await extensionTensors('regions')).get(name!)!.data;
    expect(relativeError(without.result, expected)).toBeLessThan(10 * SPREAD);
    const single = await paintRun(runOf(plain), [use({ tileWidth: 64, tileHeight: 64 })]);
    expect(single.result).toEqual(without.result);
    expect(single.denoised).toEqual(without.denoised);
  });

  it('asks for a batch of tiles at a time, and says which', async () => {
    const tiles = { tileWidth: 16, tileHeight: 16, overlap: 8, batchSize: 2 };
    const parameters = requestOfRun(runOf(plain), [use(tiles)]);
    const networks = await networksOf(plain.model);
    const calls: number[][] = [];
    const told: number[][] = [];
    const watched = {
      ...networks,
      unet: (inputs: Parameters<typeof networks.unet>[0]) => {
        calls.push([inputs.batch, inputs.width, inputs.height]);
        return networks.unet(inputs);
      },
      onPart: (index: number, count: number) => Promise.resolve(void told.push([index, count])),
    };
    const conditions = await encodePrompts(networks, parameters, new CondCache());
    const run = sampleTxt2Img(watched, parameters, conditions, { first: 0, size: 1 });
    await run.next();
    const [width, height] = [parameters.width / 8, parameters.height / 8];
    const batches = inBatches(latentTiles(width, height, tiles), tiles.batchSize);
    expect(calls).toEqual(batches.map((batch) => [2 * batch.length, 16, 16]));
    expect(told).toEqual(batches.map((_, index) => [index, batches.length]));
  });
});

const use = (given: Readonly<Record<string, ControlValue>>): ExtensionUse => ({
  name: tiledDiffusion.name,
  values: fittingValues(tiledDiffusion.controls, given),
});
const target = { family: 'sd1', pass: 'first', width: 4096, height: 4096 } as const;

describe('what it takes', () => {
  it('is a batch of tiles, however large the picture is', () => {
    const whole = { items: 2, width: 4096, height: 4096 };
    expect(largestCall([use({})], target, whole)).toEqual({ items: 8, width: 768, height: 768 });
    const one = use({ tileWidth: 64, tileHeight: 48, batchSize: 1 });
    expect(largestCall([one], target, whole)).toEqual({ items: 2, width: 512, height: 384 });
  });

  it('is the largest region, where that is more', () => {
    const region = { [regionKey(0, 'enable')]: true, [regionKey(0, 'w')]: 1, [regionKey(0, 'x')]: 0 };
    const regional = use({ regionControl: true, background: true, batchSize: 1, ...region });
    const whole = { items: 2, width: 4096, height: 4096 };
    expect(largestCall([regional], target, whole)).toEqual({ items: 2, width: 4096, height: 824 });
  });

  it('is what it was in a second pass, and for what is one tile', () => {
    const whole = { items: 2, width: 512, height: 512 };
    expect(largestCall([use({})], { ...target, pass: 'second' }, whole)).toEqual(whole);
    expect(largestCall([use({})], { ...target, ...whole }, whole)).toEqual(whole);
    expect(tiledDiffusion.sampling!(use({}).values, { ...target, ...whole } as never)).toEqual({});
  });
});

it('weights of all parts come to 1 wherever a part lies', () => {
  for (const method of ['MultiDiffusion', 'Mixture of Diffusers'] as const)
    for (const background of [true, false]) {
      const region = (i: number, blendMode: string, x: number) => ({
        ...{ [regionKey(i, 'enable')]: true, [regionKey(i, 'blendMode')]: blendMode, [regionKey(i, 'x')]: x },
        ...{ [regionKey(i, 'w')]: 0.5, [regionKey(i, 'h')]: 0.5 },
      });
      const given = {
        ...{ method, background, regionControl: true, tileWidth: 16, tileHeight: 16, overlap: 8 },
      };
      const { values } = use({ ...given, ...region(0, 'Background', 0.1), ...region(1, 'Foreground', 0.3) });
      const [width, height] = [50, 40];
      const { batches, shown } = partsOf(settingsOf(values), width, height);
      const sum = new Float64Array(width * height);
      for (const { area, weights } of batches.flat())
        weights.forEach((weight, i) => {
          const columns = area.right - area.left;
          sum[(area.top + Math.floor(i / columns)) * width + area.left + (i % columns)]! += weight;
        });
      if (background) for (const part of sum) expect(part).toBeCloseTo(1, 5);
      if (method === 'MultiDiffusion') {
        for (const part of sum) if (part > 0) expect(part).toBeCloseTo(1, 5);
        expect(shown === null).toBe(background);
      }
    }
});
