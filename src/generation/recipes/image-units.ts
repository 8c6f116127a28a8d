// ControlNet units with IP-Adapters in a recipe: what their adapters make of their pictures, once a job, and how much that counts in a
// call of the UNet (Mikubill/sd-webui-controlnet 1.1.455, scripts/ipadapter).
import { clipPicture } from '../../control/preprocessors/clip-picture.ts';
import { findPreprocessor } from '../../control/preprocessors/table.ts';
import { croppedToMask, unitPicture } from '../../control/preprocessors/unit-picture.ts';
import type { Size } from '../../image/picture-file.ts';
import type { Planes } from '../../image/tiles.ts';
import type { ImageInput } from '../../models/control/image-attention.ts';
import { imageWeights } from '../../models/control/image-weights.ts';
import type { ControlSource } from '../../models/control/units.ts';
import { BadParametersError } from '../../runtime/errors.ts';
import type { ControlUnit } from '../request/control-unit.ts';
import { pictureSize } from '../request/hires.ts';
import type { GenerationParameters } from '../request/request.ts';
import { maskOfRequest, pictureOf, type SourceMeans } from './unit-source.ts';

/** What an adapter makes of pictures: [count, contextDim], and of none, for what is guided away from. */
export interface ImageTokens {
  readonly positive: Float32Array;
  readonly negative: Float32Array;
  readonly count: number;
}

/**
 * CLIP looks at pictures, as `clipPicture` makes them, for an adapter: the mean of their tokens. Rejects with BadParametersError where
 * there is no such tower, and with what networks reject with.
 */
export type LookAt = (adapter: ControlSource, pictures: readonly Planes[]) => Promise<ImageTokens>;

/** Of lists of one length. */
export function meanOf(lists: readonly Float32Array[]): Float32Array {
  const [first] = lists as readonly [Float32Array];
  return first.map((_, i) => lists.reduce((sum, list) => sum + list[i]!, 0) / lists.length);
}

export interface PreparedImage {
  readonly unit: ControlUnit;
  readonly network: ControlSource;
  readonly tokens: ImageTokens;
  /** Where it counts, [1, height, width], 0..1. */
  readonly region: Planes | null;
  /** Of the request's pictures, and those of the second pass of Hires. fix; null without. */
  readonly size: Size;
  readonly largeSize: Size | null;
}

export async function prepareImage(
  unit: ControlUnit,
  network: ControlSource,
  region: Planes | null,
  parameters: GenerationParameters,
  { lookAt, ...means }: SourceMeans & { readonly lookAt: LookAt },
): Promise<PreparedImage> {
  const preprocessor = findPreprocessor(unit.module);
  if (preprocessor?.by !== 'clip-vision') {
    throw new BadParametersError(
      `The IP-Adapter "${network.name}" looks at a picture through CLIP, which the preprocessor "${preprocessor?.label ?? unit.module}" does not. Choose ip-adapter-auto.`,
    );
  }
  const { img2img, hires, width, height } = parameters;
  const { picture, mask, resizeMode } = await pictureOf(unit, img2img, false, means);
  let seen = unitPicture(picture, mask, true);
  if (img2img?.inpaint?.inpaintArea === 'Only masked') {
    const whole = await maskOfRequest(img2img.inpaint, means);
    seen = croppedToMask(seen, whole, img2img.inpaint.padding, { width, height }, resizeMode);
  }
  const tokens = await lookAt(network, [await clipPicture(seen, means.pause)]);
  const largeSize = hires ? pictureSize(parameters) : null;
  return { unit, network, tokens, region, size: { width, height }, largeSize };
}

/** A call of the UNet, as `UnitCall` of control-units has it. */
interface Call {
  readonly size: Size;
  readonly shown: { readonly step: number; readonly steps: number };
  readonly items: readonly { readonly negative?: boolean }[];
}

/** One for each unit; those that are not at work weigh nothing. */
export function imagesInCall(units: readonly PreparedImage[], call: Call): readonly ImageInput[] {
  return units.map((prepared) => {
    const { positive, negative, count } = prepared.tokens;
    const tokens = new Float32Array(call.items.length * positive.length);
    for (const [i, item] of call.items.entries())
      tokens.set(item.negative ? negative : positive, i * positive.length);
    return { tokens, count, region: prepared.region, weights: weightsIn(prepared, call) };
  });
}

function weightsIn({ unit, network, size, largeSize }: PreparedImage, call: Call): ImageInput['weights'] {
  const part = call.shown.step / call.shown.steps;
  if (part < unit.guidanceStart || part > unit.guidanceEnd) return 0;
  const toLarge = largeSize && Math.abs(call.size.height - largeSize.height);
  const second = toLarge !== null && Math.abs(call.size.height - size.height) >= toLarge;
  if (largeSize && unit.hiresOption === (second ? 'Low res only' : 'High res only')) return 0;
  // Below 0 they are left out there.
  if (unit.outputWeights) return unit.outputWeights.map((weight) => Math.max(0, weight));
  if (unit.weightType === 'normal') return unit.weight;
  // The extension's page hands them on with two digits.
  return imageWeights(unit.weightType, unit.weight, unit.compositionWeight, network.family).map(
    (weight) => Math.round(100 * weight) / 100,
  );
}
