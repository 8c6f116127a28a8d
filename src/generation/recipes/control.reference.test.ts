// Whole runs with ControlNet units, from the prompt to the picture, as webui 1.10.1 with Mikubill's extension 1.1.455 made them
// (tests/reference/control). What a case asks for that is not there is named, and the case skipped.
import { describe, expect, it } from 'vitest';
import {
  controlFile,
  controlRows,
  openControl,
  type OpenedControl,
} from '../../../tests/control-networks.ts';
import {
  adapterReference,
  openAdapter,
  projected,
  visionFile,
  visionNetwork,
  type AdapterRow,
} from '../../../tests/ip-adapters.ts';
import { watchedModels } from '../../../tests/golden-models.ts';
import {
  GoldenRuns,
  hiresOf,
  img2imgOf,
  parametersOf,
  unreadFields,
  type GoldenCase,
} from '../../../tests/golden-runs.ts';
import { readTensors, type Tensors } from '../../../tests/goldens.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { openNetwork } from '../../../tests/reference-networks.ts';
import { nodeNetworks, type NodeOptions } from '../../../tests/node-networks.ts';
import { listReference, readReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel, relativeError } from '../../../tests/tiny-model.ts';
import { blockMeans } from '../../../tests/whole-runs.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { findPreprocessor } from '../../control/preprocessors/table.ts';
import { withoutPause } from '../../image/pause.ts';
import { vaeOutputToPixels } from '../../image/pixels.ts';
import { readPicture } from '../../image/read-picture.ts';
import { projectionSizes, PROJECTION_PREFIX } from '../../models/control/projection-sizes.ts';
import type { Networks } from '../../runtime/networks.ts';
import { DEFAULT_CONTROL_UNIT, NO_MODEL, type ControlUnit } from '../request/control-unit.ts';
import { pictureSize } from '../request/hires.ts';
import type { GenerationParameters } from '../request/request.ts';
import { prepareUnits, type FoundNetwork, type UnitInRun, type UnitMeans } from './control-units.ts';
import { finishUnits } from './finish-units.ts';
import { meanOf } from './image-units.ts';
import { paintHires } from './hires.ts';
import { finishImg2Img, paintImg2Img, startImg2Img } from './img2img.ts';
import type { Models, RecipeRun } from './recipe.ts';
import { paintTxt2Img } from './txt2img.ts';

type GoldenUnit = Readonly<Record<string, unknown>> & { readonly module: string; readonly model: string };

interface ControlCase extends Omit<GoldenCase, 'tensors'> {
  readonly units: readonly GoldenUnit[];
  /** [step that extensions see, of how many, which units are at work] of each call. */
  readonly schedule: readonly (readonly [number, number, readonly number[]])[];
  readonly control_calls: number;
  readonly tensors: Readonly<Record<string, string>>;
}

interface Index {
  readonly tensors: string;
  readonly networks?: Readonly<Record<string, string>>;
  readonly cases: readonly ControlCase[];
}

const FOLDER = 'control';
const indexes = listReference(FOLDER)
  .filter((name) => /^runs.*\.json$/.test(name))
  .map((name) => readReferenceJson<Index>(FOLDER, name));
const inputs = new GoldenRuns(FOLDER);
/** Which file lies behind the name of a model. */
const files: Readonly<Record<string, string>> = Object.assign({}, ...indexes.map(({ networks }) => networks));

/** A unit's field of theirs, and ours. */
const FIELDS: Readonly<Record<string, keyof ControlUnit>> = {
  module: 'module',
  model: 'model',
  weight: 'weight',
  resize_mode: 'resizeMode',
  processor_res: 'processorRes',
  threshold_a: 'thresholdA',
  threshold_b: 'thresholdB',
  guidance_start: 'guidanceStart',
  guidance_end: 'guidanceEnd',
  pixel_perfect: 'pixelPerfect',
  control_mode: 'controlMode',
  hr_option: 'hiresOption',
  advanced_weighting: 'outputWeights',
};
const PICTURES: Readonly<Record<string, 'picture' | 'mask' | 'region'>> = {
  image: 'picture',
  mask: 'mask',
  effective_region_mask: 'region',
};

const nameOf = (model: string): string => model.replace(/ \[[0-9a-f]+\]$/, '');

const adapters = adapterReference();

/** The IP-Adapter that a unit names; undefined for other networks. */
function adapterRow(model: string): AdapterRow | undefined {
  return adapters?.adapters.find(({ name }) => name === files[nameOf(model)]);
}

/** Why a case cannot be run; null when it can. */
function missing(one: ControlCase): string | null {
  if (!tinyModels().includes(one.model)) return one.model;
  const unread = unreadFields(one as unknown as GoldenCase);
  if (unread.length > 0) return unread.join(', ');
  if (/style align|each unit for each picture/.test(one.about)) return one.about;
  for (const { enabled, module, model, ...rest } of one.units) {
    if (enabled === false) continue;
    const unknown = Object.keys(rest).filter((field) => !(field in FIELDS) && !(field in PICTURES));
    if (unknown.length > 0) return unknown.join(', ');
    const preprocessor = findPreprocessor(module);
    if (adapterRow(model) && visionFile() && preprocessor?.by === 'clip-vision') continue;
    if (preprocessor?.by !== 'here') return module;
    if (preprocessor.needsNoModel) continue;
    const row = controlRows.find(({ name }) => name === files[nameOf(model)]);
    if (!row) return model;
  }
  return null;
}

async function unitOf(unit: GoldenUnit): Promise<ControlUnit> {
  const fields = Object.entries(unit).flatMap(([name, value]) =>
    name in FIELDS ? [[FIELDS[name]!, value]] : [],
  );
  const pictures = await Promise.all(
    Object.entries(unit).flatMap(([name, value]) =>
      name in PICTURES
        ? [inputs.input(String(value)).then((picture) => [PICTURES[name]!, picture] as const)]
        : [],
    ),
  );
  return { ...DEFAULT_CONTROL_UNIT, ...Object.fromEntries(fields), ...Object.fromEntries(pictures) };
}

const opened = new Map<string, Promise<Networks>>();

/** An IP-Adapter at work, by its unit's model. */
interface Looking {
  readonly model: string;
  readonly masked: boolean;
}

/** A tiny model's networks with these control networks, looking at pictures through these adapters. */
function networksWith(
  model: string,
  names: readonly string[],
  looking: readonly Looking[],
): Promise<Networks> {
  const key = JSON.stringify([model, names, looking]);
  const known = opened.get(key) ?? open(model, names, looking);
  opened.set(key, known);
  return known;
}

async function open(model: string, names: readonly string[], looking: readonly Looking[]): Promise<Networks> {
  const base = await loadTinyModel(model);
  const controls = new Map<string, OpenedControl>();
  for (const name of names) {
    const row = controlRows.find((other) => other.name === files[name])!;
    controls.set(name, await openControl((await controlFile(row, base))!, base));
  }
  const images: NodeOptions['images'] = await Promise.all(
    looking.map(async ({ model: adapter, masked }) => {
      return { adapter: await openAdapter(adapterRow(adapter)!), masked };
    }),
  );
  const { parameterization } = readReferenceJson<{ parameterization: string }>(
    'models',
    model,
    'config.json',
  );
  return nodeNetworks(base, parameterization === 'v' ? 'v' : 'epsilon', { controls, images });
}

async function networkOf(model: string, base: string): Promise<FoundNetwork> {
  const name = nameOf(model);
  const adapter = adapterRow(model);
  if (adapter) {
    const { control } = (await openAdapter(adapter)).detection;
    return { ...control!, name: model, fileName: name, sha256: name };
  }
  const row = controlRows.find((other) => other.name === files[name])!;
  const tiny = await loadTinyModel(base);
  const { info } = await openControl((await controlFile(row, tiny))!, tiny);
  return { ...info, name, fileName: name, sha256: name };
}

/** What the tower and the adapter of a unit make of pictures. */
const lookAt: UnitMeans['lookAt'] = async ({ name: model }, pictures) => {
  const adapter = await openAdapter(adapterRow(model)!);
  const tower = await openNetwork(visionFile()!);
  const sizes = projectionSizes((name) => adapter.catalog.shapeOf(PROJECTION_PREFIX + name))!;
  const session = await openNodeSession(visionNetwork(adapters!, tower, 'float32'), tower.readWeight);
  const see = async (image: Float32Array): Promise<Float32Array> => {
    const { embedding, states } = await session.run({ image });
    return (sizes.kind === 'plain' ? embedding : states)!.data;
  };
  const blank = new Float32Array(sizes.kind === 'plain' ? sizes.width : pictures[0]!.data.length);
  const negative = await projected(adapter, sizes.kind === 'plain' ? blank : await see(blank), 'float32');
  const tokens: Float32Array[] = [];
  for (const { data } of pictures) tokens.push(await projected(adapter, await see(data), 'float32'));
  await session.release();
  const positive = meanOf(tokens);
  return { positive, negative, count: positive.length / sizes.contextDim };
};

describe.skipIf(indexes.length === 0)('runs', () => {
  for (const { cases, tensors } of indexes) {
    const expected = readTensors(bytesSource(readReference(FOLDER, tensors)));
    for (const one of cases) {
      const reason = missing(one);
      if (reason === null)
        it(`${one.id} ${one.about}`, { timeout: 60_000 }, async () => check(one, await expected));
      else it.skip(`${one.id} ${one.about}: ${reason}`, () => undefined);
    }
  }
});

async function check(one: ControlCase, expected: Tensors): Promise<void> {
  const golden = one as unknown as GoldenCase;
  const units = await Promise.all(one.units.filter(({ enabled }) => enabled !== false).map(unitOf));
  const parameters: GenerationParameters = {
    ...parametersOf(golden),
    img2img: one.mode === 'img2img' ? await img2imgOf(inputs, golden) : null,
    hires: await hiresOf(inputs, golden),
    controlUnits: units,
  };
  const found = new Map<string, FoundNetwork>();
  for (const { model } of units) if (model !== NO_MODEL) found.set(model, await networkOf(model, one.model));
  const names = [...found.values()]
    .filter(({ kind }) => kind !== 'ip-adapter')
    .map(({ name }) => name)
    .sort();
  const looking = units
    .filter(({ model }) => found.get(model)?.kind === 'ip-adapter')
    .map(({ model, region }) => ({ model, masked: region !== null }));
  const schedule: number[] = [];
  const models = await watchedModels(
    { sha256: one.model, name: one.model },
    () => networksWith(one.model, names, looking),
    (networks) => ({
      ...networks,
      unet: (inputs) => {
        const images = inputs.images?.filter(({ weights }) => weights !== 0) ?? [];
        const { units: working = [], references } = inputs;
        const lites = inputs.lites?.filter(({ weight }) => weight !== 0) ?? [];
        const others = images.length + lites.length + (references?.pictures.length ?? 0);
        schedule.push(working.length + others);
        return networks.unet(inputs);
      },
    }),
  );
  const annotate = () => Promise.reject(new Error('no network'));
  const means = { annotate, lookAt, pause: withoutPause, start: null };
  const prepared = await prepareUnits(
    parameters,
    (model) => found.get(model)!,
    means,
    models.current.networks,
  );
  const { run, finish } = await recipeOf(models, parameters, prepared);
  let next = await run.next();
  while (!next.done) next = await run.next();
  const { data, height, width } = next.value;
  // The schedule knows steps alone, and not which pass a unit sits out.
  const total = schedule.reduce((sum, active) => sum + active, 0);
  if (units.some(({ hiresOption }) => hiresOption !== 'Both')) expect(total).toBe(one.control_calls);
  else if (units.length > 0)
    expect(schedule).toEqual(one.schedule.map(([, , active]) => active.reduce((sum, on) => sum + on, 0)));
  else expect(total).toBe(0);

  const last = one.passes.length - 1;
  const spread = one.spread.f32[`pass${last}.result`];
  const limit = Math.max(1e-4, 10 * (typeof spread === 'number' ? spread : 0));
  // There the sampler's result is not yet blended with what is kept.
  if (one.mask === undefined) {
    const result = expected.get(one.tensors[`pass${last}.result`]!)!;
    expect(relativeError(data, result.data)).toBeLessThan(limit);
  }
  const size = pictureSize(parameters);
  for (let i = 0; i < parameters.batchSize; i++) {
    const length = data.length / parameters.batchSize;
    const latent = data.slice(i * length, (i + 1) * length);
    const decoded = vaeOutputToPixels(
      await models.current.networks.decode(latent, height, width),
      size.width,
      size.height,
    );
    const picture = await finish(finishUnits(decoded, prepared), i, data);
    const blocks = expected.get(one.tensors[`image${i}.after_overlay.blocks`] ?? '');
    const pixels = expected.get(
      one.tensors[`image${i}.after_overlay`] ?? one.tensors[`image${i}.before_overlay`] ?? '',
    );
    if (blocks)
      expect(maximum(blockMeans(picture.data, size.width, size.height), blocks.data)).toBeLessThan(2);
    else if (pixels) expect(maximum(picture.data, pixels.data)).toBeLessThanOrEqual(2);
  }
}

function maximum(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

type Finish = (
  decoded: Parameters<typeof finishImg2Img>[2],
  index: number,
  latents: Float32Array,
) => Promise<{ readonly data: ArrayLike<number> }>;

async function recipeOf(
  models: Models,
  parameters: GenerationParameters,
  units: readonly UnitInRun[],
): Promise<{ readonly run: RecipeRun; readonly finish: Finish }> {
  const batch = { first: 0, size: parameters.batchSize };
  const { img2img, hires } = parameters;
  const finish: Finish = (decoded) => Promise.resolve(decoded);
  if (hires) return { run: paintHires(models, parameters, hires, null, batch, null, units), finish };
  if (!img2img) return { run: paintTxt2Img(models, parameters, batch, units), finish };
  const source = await readPicture(img2img.source.file);
  const mask = img2img.inpaint && (await readPicture(img2img.inpaint.mask.file));
  const start = await startImg2Img(models.current.networks, parameters, img2img, { source, mask });
  return {
    run: paintImg2Img(models, parameters, img2img, start, batch, units),
    finish: (decoded, index, latents) => finishImg2Img(parameters, start, decoded, { batch, index, latents }),
  };
}
