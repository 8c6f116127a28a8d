// ControlNet units in a recipe: what their networks are shown, once a job, and which of them are at work in a call of the UNet, and how
// (Mikubill/sd-webui-controlnet 1.1.455, scripts/controlnet.py and hook.py).
import { asRgb, type Hint } from '../../control/preprocessors/hint.ts';
import type { FilterMeans } from '../../control/preprocessors/filters.ts';
import { hintsFor, paintsIn } from '../../control/preprocessors/hints.ts';
import { findPreprocessor } from '../../control/preprocessors/table.ts';
import { croppedToMask, unitPicture } from '../../control/preprocessors/unit-picture.ts';
import type { FamilyId, HeadRule } from '../../families/family.ts';
import type { Mask } from '../../image/mask.ts';
import type { Size } from '../../image/picture-file.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { readPicture } from '../../image/read-picture.ts';
import type { Raster } from '../../image/resize.ts';
import type { Planes } from '../../image/tiles.ts';
import { largestIn } from '../../image/windows.ts';
import { hintPlanes, paintedMask, paintedPlanes } from '../../models/control/hint.ts';
import type { LiteInput } from '../../models/control/lllite.ts';
import type { ActiveUnit, ControlSource } from '../../models/control/units.ts';
import { conditioningOf } from '../../families/conditioning.ts';
import { BadParametersError } from '../../runtime/errors.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import type { NetworkItem, ShownStep } from '../../sampling/guidance.ts';
import { settledSliders, unionTypeOf } from '../request/control-sliders.ts';
import { isReference, type ControlUnit } from '../request/control-unit.ts';
import { pictureSize } from '../request/hires.ts';
import type { GenerationParameters, Img2Img } from '../request/request.ts';
import { seedsOf } from '../request/seeds.ts';
import { joined } from './image-conditioning.ts';
import { prepareImage, type LookAt, type PreparedImage } from './image-units.ts';
import { maskOfRequest, pictureOf, type SourceMeans } from './unit-source.ts';

/** A control network of the library, as a unit names it. */
export interface FoundNetwork extends ControlSource {
  /** Without its ending. */
  readonly fileName: string;
}

/** What a unit works with in one pass. */
export interface PassHint {
  /** What its network is shown: [3, height, width]. */
  readonly shown: Planes;
  /** The same without a mask over it, 0..1. */
  readonly colours: Planes;
  /** [1, height, width], 1 where is to be painted; null where the preprocessor knows no mask. */
  readonly mask: Planes | null;
  /** The picture's colours as the VAE has them, for units that steer sampling; null for others. */
  readonly latent: Float32Array | null;
  /** What an inpainting model reads beside the latent in place of its own: mask, then what it leaves of the picture. */
  readonly further: Float32Array | null;
}

export interface PreparedUnit {
  readonly unit: ControlUnit;
  /** Its preprocessor by the name of the table, as it counts in the run. */
  readonly module: string;
  /** Where the preprocessor's sliders stand. */
  readonly thresholdA: number;
  readonly thresholdB: number;
  /** Null where the preprocessor needs none. */
  readonly network: FoundNetwork | null;
  /** How its attention is cut; null for the model's way. */
  readonly heads: HeadRule | null;
  /** Union models: the kind of map. */
  readonly controlType: number;
  /** Where it counts, [1, height, width], 0..1. */
  readonly region: Planes | null;
  /** In a pass of the request's size. */
  readonly hint: PassHint;
  /** In the second pass of Hires. fix; null without. */
  readonly largeHint: PassHint | null;
}

/** ... or whose network is an IP-Adapter. */
export type UnitInRun = PreparedUnit | PreparedImage;

/** What of the person's networks units ask, and which pictures they are given. */
export interface UnitMeans extends FilterMeans, SourceMeans {
  readonly lookAt: LookAt;
}

/** Pixels of a latent's cell. */
const CELL = 8;

/** With which the extension runs every network; those of SD 2 were trained with others. */
const EXTENSION_HEADS: HeadRule = { count: 8 };

/** Numbers that numpy's seeds have. */
const NUMPY_SEEDS = 2n ** 32n;

/** By which a unit's picture comes to where the model paints. */
type Encoding = Pick<SampledNetworks, 'latentChannels' | 'unetChannels' | 'scaleFactor' | 'encode'>;

/**
 * `parameters` must be valid and its seeds resolved. `networkOf`: by a unit's `model`. `networks`: the model's. Rejects with ImageError where a picture or
 * preprocessor cannot be used, with BadParametersError where a unit asks for what there is not.
 */
export async function prepareUnits(
  parameters: GenerationParameters,
  networkOf: (model: string) => FoundNetwork,
  means: UnitMeans,
  networks: Encoding,
): Promise<readonly UnitInRun[]> {
  const prepared: UnitInRun[] = [];
  for (const unit of parameters.controlUnits) {
    const module = moduleOf(unit, parameters.img2img);
    const { thresholdA, thresholdB } = settledSliders({ ...unit, module });
    const network = isReference(module) ? null : networkOf(unit.model);
    const region = unit.region && firstColour(hintPlanes(asRgb(await readPicture(unit.region.file))));
    if (network?.kind === 'ip-adapter') {
      prepared.push(await prepareImage(unit, network, region, parameters, means));
      continue;
    }
    const controlType = unionTypeOf(unit);
    if (network && network.controlTypes > 0 && controlType === null) {
      throw new BadParametersError(
        `"${network.name}" is a union model: choose under Control Type what kind of map it is shown.`,
      );
    }
    const hints: PassHint[] = [];
    for (const hint of await hintsOf({ ...unit, module }, parameters, means))
      hints.push(await passHint(hint, module, networks));
    const [hint, largeHint = null] = hints;
    prepared.push({
      ...{ unit, module, thresholdA, thresholdB, network, region, hint: hint!, largeHint },
      controlType: controlType ?? 0,
      heads: network?.family === 'sd2' && parameters.settings.controlHeads8 ? EXTENSION_HEADS : null,
    });
  }
  return prepared;
}

/** The red channel. */
function firstColour({ data, height, width }: Planes): Planes {
  return { data: data.subarray(0, height * width), channels: 1, height, width };
}

async function passHint(hint: Hint, module: string, networks: Encoding): Promise<PassHint> {
  const { height, width } = hint;
  const painted = hint.channels === 4;
  const mask = painted ? paintedMask(hint) : null;
  const colours = hintPlanes(hint);
  const image = colours.data.map((value) => 2 * value - 1);
  const encode = (pixels: Float32Array) => networks.encode(pixels, height, width);
  return {
    ...{ mask, colours },
    shown: painted ? paintedPlanes(hint) : colours,
    latent: findPreprocessor(module)?.steersSampling === true ? await encode(image) : null,
    further:
      mask && conditioningOf(networks) === 'inpainting'
        ? joined(
            largestIn(mask, CELL, CELL, 0).data,
            await encode(image.map((value, i) => value * (1 - mask.data[i % mask.data.length]!))),
          )
        : null,
  };
}

/** What a unit's network is shown in each pass. */
async function hintsOf(
  unit: ControlUnit,
  parameters: GenerationParameters,
  means: UnitMeans,
): Promise<readonly Hint[]> {
  const { img2img, hires, width, height, seed, subseed, subseedStrength } = parameters;
  const target: Size = { width, height };
  const { module } = unit;
  const preprocessor = findPreprocessor(module);
  const painted = preprocessor !== null && paintsIn(preprocessor);
  const { picture, mask, resizeMode } = await pictureOf(unit, img2img, painted, means);
  let seen = unitPicture(picture, mask, painted);
  if (img2img?.inpaint?.inpaintArea === 'Only masked' && !isReference(module)) {
    const whole = await maskOfRequest(img2img.inpaint, means);
    seen = croppedToMask(seen, whole, img2img.inpaint.padding, target, resizeMode);
  }
  const { processorRes, thresholdA, thresholdB } = settledSliders(unit);
  const first = seedsOf(parameters, 0);
  const seeds = BigInt(first.seed) + BigInt(subseedStrength === 0 || subseed === -1 ? seed : first.subseed);
  const order = {
    ...apart(seen),
    ...{ preprocessor: module, resolution: processorRes, thresholdA, thresholdB },
    ...{
      pixelPerfect: unit.pixelPerfect,
      resizeMode,
      target,
      seed: Number(BigInt.asUintN(64, seeds) % NUMPY_SEEDS),
    },
  };
  return hintsFor(order, hires ? [target, pictureSize(parameters)] : [target], means);
}

/** By its name in the table. With img2img's own mask, "inpaint_only" would paint twice. */
function moduleOf({ module }: ControlUnit, img2img: Img2Img | null): string {
  const name = findPreprocessor(module)?.name ?? module;
  return name === 'inpaint_only' && img2img?.inpaint ? 'inpaint' : name;
}

/** Colours, and the fourth channel as a mask. */
function apart(picture: PixelImage): { readonly picture: PixelImage; readonly mask: Mask | null } {
  if (picture.channels === 3) return { picture, mask: null };
  const { width, height, data } = picture;
  const pixels = width * height;
  const colours = Uint8Array.from({ length: 3 * pixels }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)]!);
  const mask = Uint8Array.from({ length: pixels }, (_, i) => data[4 * i + 3]!);
  return {
    picture: { width, height, channels: 3, data: colours },
    mask: { width, height, channels: 1, data: mask } satisfies Raster & { channels: 1 },
  };
}

/** A call of the UNet, as units look at it. */
export interface UnitCall {
  /** The pass's, in pixels. */
  readonly size: Size;
  readonly shown: ShownStep;
  readonly items: readonly Pick<NetworkItem<unknown>, 'negative'>[];
}

/** Units whose networks, where they have any, are made for models of a family. */
export function unitsFor(units: readonly UnitInRun[], family: FamilyId): readonly PreparedUnit[] {
  return units.filter(hasHint).filter(({ network }) => network === null || network.family === family);
}

/** ... that are IP-Adapters. */
export function imagesFor(units: readonly UnitInRun[], family: FamilyId): readonly PreparedImage[] {
  return units.flatMap((unit) => (hasHint(unit) || unit.network.family !== family ? [] : [unit]));
}

export function hasHint(unit: UnitInRun): unit is PreparedUnit {
  return 'hint' in unit;
}

export function isAtWork(prepared: PreparedUnit, { size, shown }: UnitCall): boolean {
  const { unit, largeHint } = prepared;
  const part = shown.step / shown.steps;
  if (part < unit.guidanceStart || part > unit.guidanceEnd) return false;
  return !largeHint || unit.hiresOption !== (isSecondPass(prepared, size) ? 'Low res only' : 'High res only');
}

/** The networks that are at work in a call. */
export function unitsAtWork(units: readonly PreparedUnit[], call: UnitCall): ActiveUnit[] {
  const { size, items } = call;
  return units.flatMap((prepared): ActiveUnit[] => {
    const { unit, network, hint, largeHint, controlType } = prepared;
    const second = isSecondPass(prepared, size);
    if (!network || network.kind === 'lllite' || !isAtWork(prepared, call)) return [];
    const averaged = network.kind === 'controlnet' && /shuffle/i.test(network.fileName);
    const without = averaged || unit.controlMode === 'ControlNet is more important';
    // Lines in the second pass would leave traces at their full weight.
    const softens = second && /canny|mlsd/.test(prepared.module);
    return [
      {
        ...{ network, controlType, averaged, region: prepared.region, heads: prepared.heads },
        ...{ weight: unit.weight, outputWeights: unit.outputWeights },
        // Adapters are asked once a picture.
        hint: (second && largeHint && network.kind !== 't2i-adapter' ? largeHint : hint).shown,
        soft: unit.controlMode !== 'Balanced' || softens,
        leftOut: items.map(({ negative = false }) => without && negative),
      },
    ];
  });
}

/** What files of LLLite are told in a call, one for each. They rest in the second pass, whatever the unit says of it. */
export function litesInCall(units: readonly PreparedUnit[], { size, shown }: UnitCall): LiteInput[] {
  const part = shown.step / shown.steps;
  return units
    .filter(({ network }) => network?.kind === 'lllite')
    .map((prepared) => {
      const { unit, hint } = prepared;
      const works = part >= unit.guidanceStart && part <= unit.guidanceEnd && !isSecondPass(prepared, size);
      return { hint: hint.colours, weight: works ? unit.weight : 0 };
    });
}

/** What a unit works with in a pass. */
export function hintIn(prepared: PreparedUnit, size: Size): PassHint {
  const { hint, largeHint } = prepared;
  return largeHint && isSecondPass(prepared, size) ? largeHint : hint;
}

/** A pass is the one whose height it is nearer to. */
export function isSecondPass({ hint, largeHint }: PreparedUnit, { height }: Size): boolean {
  return (
    largeHint !== null && Math.abs(height - hint.shown.height) >= Math.abs(height - largeHint.shown.height)
  );
}
