// What every recipe's sampling asks alike: the request's parameters, the batch's noise, and calls of the UNet, on any networks.
import { isReference } from '../request/control-unit.ts';
import { networkChanges, samplingHooks } from '../../extensions/at-work.ts';
import type { ExtensionPass, WhichPass } from '../../extensions/interface.ts';
import { conditioningOf } from '../../families/conditioning.ts';
import type { Size } from '../../image/picture-file.ts';
import { cutOut } from '../../image/tiles.ts';
import type { ControlledInputs } from '../../models/control/units.ts';
import type { Marks } from '../../models/changes/marks.ts';
import type { LatentArea, NetworkCall, NetworkItem } from '../../sampling/network-call.ts';
import { linearAlphasCumprod } from '../../sampling/noise-table.ts';
import { createGenerator } from '../../sampling/random/generator.ts';
import { ImageRng } from '../../sampling/random/image-rng.ts';
import type { NoiseSource } from '../../sampling/random/types.ts';
import type { RefinerSwitch, SampledModel, SamplingRequest } from '../../sampling/sample.ts';
import { alphasCumprodOf, vFactorsOf } from '../request/alphas.ts';
import type { Cond, Conditions } from './conditioning.ts';
import { cutTo, withinArea } from './control-area.ts';
import { steered } from './control-steering.ts';
import { referencesOf } from './control-references.ts';
import { hintIn, imagesFor, litesInCall, unitsAtWork, unitsFor, type UnitInRun } from './control-units.ts';
import { imagesInCall } from './image-units.ts';
import { blankConditioning } from './image-conditioning.ts';
import { BadParametersError } from '../../runtime/errors.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import { seedsOf } from '../request/seeds.ts';
import type { GenerationParameters } from '../request/request.ts';
import { tokenMergingOf } from '../request/token-merging.ts';

/** Which of the job's pictures one batch makes. */
export interface Batch {
  /** Index of its first picture in the job. */
  readonly first: number;
  readonly size: number;
}

/** One picture of a batch, its latents ready to be decoded. */
export interface SettledPicture {
  readonly batch: Batch;
  /** In the batch. */
  readonly index: number;
  /** Of the whole batch: [batch.size, c, height / 8, width / 8]. */
  readonly latents: Float32Array;
}

/** What a recipe has of its own. */
export interface Given {
  readonly noise?: NoiseSource;
  /**
   * The further channels of UNets that read a picture, for all pictures alike or one after the other; null for other models. Left
   * out: everything is to be painted.
   */
  readonly imageConditioning?: Float32Array | null;
  readonly refiner?: RefinerSwitch<Cond>;
  /** Default: the first. */
  readonly pass?: WhichPass;
  /** ControlNet's, of which those count that are made for the model. */
  readonly units?: readonly UnitInRun[];
}

/** `parameters` must be valid and its seeds resolved; its batch size and count are not looked at. */
export async function samplingRequest(
  networks: SampledNetworks,
  parameters: GenerationParameters,
  conditions: Conditions,
  batch: Batch,
  given: Given = {},
): Promise<SamplingRequest<Cond>> {
  const { sampler, scheduler, steps, cfgScale, settings } = parameters;
  const { noise = noiseOf(parameters, batch, networks.latentChannels), refiner, pass } = given;
  const hooks = samplingHooks(parameters.extensions, passOf(networks, parameters, batch, pass));
  return {
    ...(await sampledModel(networks, parameters, conditions, batch, given)),
    sampler,
    scheduler,
    steps,
    cfgScale,
    optimizedFor: networks.family.optimizedFor,
    noise,
    ...(refiner && { refiner }),
    ...(hooks.length > 0 && { hooks }),
    // The negative prompt counts for nothing at a CFG scale of 1: the same picture but for rounding, in half the time.
    options: { ...settings, skipUncondAtScale1: true },
  };
}

/** What of it is the model's. */
export async function sampledModel(
  networks: SampledNetworks,
  parameters: GenerationParameters,
  conditions: Conditions,
  batch: Batch,
  given: Pick<Given, 'imageConditioning' | 'units' | 'pass'>,
): Promise<SampledModel<Cond>> {
  const { settings, height, width } = parameters;
  const { imageConditioning = await blankConditioning(networks, height / 8, width / 8) } = given;
  const imageCfgScale = imageCfgScaleOf(networks, parameters, conditions);
  const perImage = <T>(value: T): T[] => new Array<T>(batch.size).fill(value);
  return {
    prediction: networks.prediction,
    alphasCumprod: alphasCumprodOf(settings, networks.buffers),
    // SDXL's class in A1111 has no factors of its own: they follow from the table, bent as it is.
    ...(networks.family.noiseLevelsOfFile && { vFactors: vFactorsOf(networks.buffers) }),
    conds: perImage(conditions.positive),
    unconds: perImage(conditions.negative),
    network: unetCaller(networks, parameters, batch, imageConditioning, given),
    ...(imageCfgScale !== null && { imageCfgScale }),
  };
}

/** What extensions are told of it. */
function passOf(
  { family, prediction, latentChannels, unetConfig }: SampledNetworks,
  parameters: GenerationParameters,
  batch: Batch,
  pass: WhichPass = 'first',
): ExtensionPass {
  const { width, height, steps, sampler, cfgScale, rng } = parameters;
  const seeds = Array.from({ length: batch.size }, (_, i) => seedsOf(parameters, batch.first + i).seed);
  return {
    ...{ family: family.id, pass, width, height, prediction, seeds, rng, steps, sampler, cfgScale },
    ...{ channels: latentChannels, unet: unetConfig },
  };
}

/** Null where guidance is the usual one: for other models than InstructPix2Pix, and at 1. */
function imageCfgScaleOf(
  networks: SampledNetworks,
  { img2img }: GenerationParameters,
  { positive }: Conditions,
): number | null {
  if (conditioningOf(networks) !== 'editing' || !img2img || img2img.imageCfgScale === 1) return null;
  if (positive.length > 1) {
    throw new BadParametersError(
      'InstructPix2Pix models cannot follow prompts joined with AND, unless Image CFG scale is 1.',
    );
  }
  return img2img.imageCfgScale;
}

export function noiseOf(parameters: GenerationParameters, batch: Batch, channels: number): ImageRng {
  const seeds = Array.from({ length: batch.size }, (_, i) => seedsOf(parameters, batch.first + i));
  return rngOf(parameters, seeds, channels);
}

/** What the pictures' own seeds draw first, without variation: [batch.size, channels, height / 8, width / 8]. */
export function plainNoise(parameters: GenerationParameters, batch: Batch, channels: number): Float32Array {
  const plain = { ...parameters, subseedStrength: 0, seedResizeFromWidth: 0, seedResizeFromHeight: 0 };
  const seeds = Array.from({ length: batch.size }, (_, i) => seedsOf(parameters, batch.first + i));
  return rngOf(plain, seeds, channels).next();
}

function rngOf(
  parameters: GenerationParameters,
  seeds: readonly ReturnType<typeof seedsOf>[],
  channels: number,
): ImageRng {
  const { rng, width, height, ensd, subseedStrength, seedResizeFromWidth, seedResizeFromHeight } = parameters;
  return new ImageRng({
    source: rng,
    shape: [channels, height / 8, width / 8],
    seeds: seeds.map(({ seed }) => seed),
    subseeds: seeds.map(({ subseed }) => subseed),
    subseedStrength,
    seedResizeFromWidth,
    seedResizeFromHeight,
    etaNoiseSeedDelta: ensd,
  });
}

/** Calls the UNet once for all items whose contexts have one length. `given`: channels beside the latent, as in `Given`. */
function unetCaller(
  networks: SampledNetworks,
  parameters: GenerationParameters,
  batch: Batch,
  given: Float32Array | null,
  { units: all = [], pass = 'first' }: Pick<Given, 'units' | 'pass'>,
): NetworkCall<Cond> {
  const size: Size = { width: parameters.width, height: parameters.height };
  const [units, images] = [unitsFor(all, networks.family.id), imagesFor(all, networks.family.id)];
  const looks = units.some(({ module }) => isReference(module));
  const lastSeed = seedsOf(parameters, batch.first + batch.size - 1).seed;
  const noise = createGenerator(parameters.rng, lastSeed);
  const family = networks.family.id;
  const readsPictures = networks.unetChannels > networks.latentChannels;
  const moves = units.some(({ network }) => network?.kind === 'lllite');
  const steersPlanes = units.some(({ network }) => network && network.kind !== 'lllite');
  // The extension's blocks, which look at references, merge none, and LLLite has something for each token.
  const tokenMerging = looks || moves ? 0 : tokenMergingOf(parameters);
  const changes = networkChanges(parameters.extensions, { ...size, pass, family });
  const [height, width] = [size.height / 8, size.width / 8];
  const whole: LatentArea = { top: 0, left: 0, bottom: height, right: width };
  const channels = networks.unetChannels - networks.latentChannels;
  const length = channels * height * width;
  const none = new Float32Array(length);
  const alphas = networks.buffers.alphasCumprod ?? linearAlphasCumprod();
  // An inpainting model paints what the last unit with a mask says.
  const further = units.reduce((own, unit) => hintIn(unit, size).further ?? own, given);
  const furtherOf = ({ image, area, withoutPicture = false }: NetworkItem<Cond>): Float32Array[] => {
    if (!further) return [];
    const start = further.length > length ? image * length : 0;
    const data = withoutPicture ? none : further.subarray(start, start + length);
    return [area ? cutOut({ data, channels, height, width }, area).data : data];
  };
  /** Items of one group are asked together: their contexts are of one length, their latents of one size, and units show them the same. */
  const groupOf = ({ cond, area = whole }: NetworkItem<Cond>): string => {
    const { top, left, bottom, right } = area;
    const place = units.length > 0 ? [top, left, bottom, right] : [bottom - top, right - left];
    return [cond.tokens, ...place].join();
  };
  return async (items, shown) => {
    const part = items[0]?.part;
    if (part) await networks.onPart?.(part.index, part.count);
    const outputs = new Array<Float32Array>(items.length);
    for (const group of groupBy([...items.entries()], ([, item]) => groupOf(item))) {
      const area = group[0]![1].area ?? whole;
      if (area !== whole && units.some((unit) => hintIn(unit, size).latent))
        throw new BadParametersError(
          'Units that steer every step (inpaint_only, tile_colorfix, reference) need the whole picture: choose another preprocessor, or paint without tiles.',
        );
      const call = {
        ...{ size, shown, family, readsPictures, t: group[0]![1].t },
        items: group.map(([, item]) => item),
      };
      const out = await networks.unet({
        x: join(group.flatMap(([, item]) => [item.x, ...furtherOf(item)])),
        batch: group.length,
        height: area.bottom - area.top,
        width: area.right - area.left,
        timesteps: group.map(([, { t }]) => t),
        context: join(group.map(([, { cond }]) => cond.context)),
        tokens: group[0]![1].cond.tokens,
        tokenMerging,
        ...(changes.length > 0 && { changes, marks: marksOf(group.map(([, item]) => item)) }),
        ...(steersPlanes && {
          units: unitsAtWork(units, call).map((unit) =>
            area === whole ? unit : withinArea(unit, area, whole),
          ),
        }),
        ...(moves && {
          lites: litesInCall(units, call).map(({ hint, weight }) => {
            return { hint: area === whole ? hint : cutTo(hint, area, whole), weight };
          }),
        }),
        ...(looks && { references: referencesOf(units, call, noise, alphas) }),
        ...noteTaker(call.items),
        ...(area === whole && !looks && deepOf(call.items)),
        ...(images.length > 0 && {
          images: imagesInCall(images, call).map((image) =>
            area === whole || !image.region ? image : { ...image, region: cutTo(image.region, area, whole) },
          ),
        }),
        ...(networks.vectorDim === null ? {} : { vector: join(group.map(([, { cond }]) => cond.vector!)) }),
      });
      const own = out.length / group.length;
      group.forEach(([index, item], i) => {
        outputs[index] = steered(out.slice(i * own, (i + 1) * own), item, units, size, alphas);
      });
    }
    return outputs;
  };
}

/** What all items have for the deep blocks. */
function deepOf(items: readonly NetworkItem<Cond>[]): Pick<ControlledInputs, 'takeDeep'> {
  const parts = items.flatMap(({ deep }) => deep ?? []);
  if (parts.length < items.length) return {};
  return { takeDeep: async () => join(await Promise.all(parts.map((part) => part()))) };
}

/** Where any of the items is to be told what the network notes, what tells each of them. */
function noteTaker(items: readonly NetworkItem<Cond>[]): Pick<ControlledInputs, 'onNote'> {
  if (items.every(({ onNote }) => onNote === undefined)) return {};
  return {
    onNote(name, values) {
      const own = values.length / items.length;
      items.forEach(({ onNote }, i) => onNote?.(name, values.slice(i * own, (i + 1) * own)));
    },
  };
}

/** Of each name that any of the items has, all of their numbers; 0 where one has none. */
function marksOf(items: readonly NetworkItem<Cond>[]): Marks {
  const names = new Set(items.flatMap(({ marks = {} }) => Object.keys(marks)));
  return Object.fromEntries([...names].map((name) => [name, items.map(({ marks }) => marks?.[name] ?? 0)]));
}

export function join(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function groupBy<T>(values: readonly T[], key: (value: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group) group.push(value);
    else groups.set(key(value), [value]);
  }
  return [...groups.values()];
}
