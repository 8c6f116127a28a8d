// Outpainting mk2: room at one side after the other is filled with noise that looks like the picture, and painted (A1111
// scripts/outpainting_mk_2.py).
import { flatten } from '../../image/flatten.ts';
import { matchedNoise } from '../../image/matched-noise.ts';
import { blank, crop, paste } from '../../image/paste.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { outpaintingMargins, roundedUp } from '../request/outpainting.ts';
import type { Direction, OutpaintingMk2 } from '../request/script.ts';
import { addToSeed } from '../request/seeds.ts';
import type { PassResult, ScriptHost, ScriptRequest } from './host.ts';
import { around, masked } from './outpainting-masks.ts';

export async function outpaintingMk2(
  host: ScriptHost,
  script: OutpaintingMk2,
  { parameters, source, batch }: ScriptRequest,
): Promise<void> {
  const { batchSize, settings } = parameters;
  const { left, right, up, down } = outpaintingMargins(source, script);
  const flat = flatten(source, settings.img2imgBackgroundColor);
  let pictures: readonly PixelImage[] = Array.from({ length: batchSize }, () => flat);
  const blurs = {
    across: left + right > 0 ? script.maskBlur : 0,
    along: up + down > 0 ? script.maskBlur : 0,
  };
  const request = {
    ...masked(parameters, 'original', 4 * blurs.across, 4 * blurs.along),
    // A1111 paints every batch with the same seeds.
    seed: addToSeed(parameters.seed, batch * batchSize),
  };
  for (const [side, margin] of [
    ['left', left],
    ['right', right],
    ['up', up],
    ['down', down],
  ] as const) {
    if (margin === 0) continue;
    const grown = await grow(host, script, request, pictures, side, margin, blurs);
    pictures = grown.pictures;
    if (grown.cut === 'interrupt') break;
  }
  for (const picture of pictures) await host.keep(picture);
}

/** Adds `margin` pixels at one side of each picture. */
async function grow(
  host: ScriptHost,
  { fallOffExponent, colorVariation }: OutpaintingMk2,
  parameters: ScriptRequest['parameters'],
  pictures: readonly PixelImage[],
  side: Direction,
  margin: number,
  blurs: { readonly across: number; readonly along: number },
): Promise<PassResult> {
  const level = side === 'left' || side === 'right';
  const first = pictures[0]!;
  const [grownWidth, grownHeight] = [first.width + (level ? margin : 0), first.height + (level ? 0 : margin)];
  const [width, height] = [roundedUp(grownWidth), roundedUp(grownHeight)];
  /** What is kept, less this many times the blur beyond the margin. */
  const keeping = (w: number, h: number, inset: number, from: { width: number; height: number }) => {
    const [across, along] = [margin + inset * blurs.across, margin + inset * blurs.along];
    return around(w, h, [
      side === 'left' ? across : 0,
      side === 'up' ? along : 0,
      side === 'right' ? from.width - across : grownWidth,
      side === 'down' ? from.height - along : grownHeight,
    ]);
  };
  const whole = keeping(width, height, 1, { width, height });
  const maskedPart = Float64Array.from(whole.data, (value) => value / 255);
  // Only as much as the request's size is painted, at the side that grows.
  const part = {
    width: level ? Math.min(parameters.width, grownWidth) : width,
    height: level ? height : Math.min(parameters.height, grownHeight),
  };
  const at = {
    left: side === 'left' ? 0 : width - part.width,
    top: side === 'up' ? 0 : height - part.height,
  };
  const filled: PixelImage[] = [];
  for (const picture of pictures) {
    const canvas = blank(picture, width, height);
    paste(canvas, picture, side === 'left' ? margin : 0, side === 'up' ? margin : 0);
    const unit = { width, height, data: Float64Array.from(canvas.data, (value) => value / 255) };
    const noised = await matchedNoise(unit, maskedPart, fallOffExponent, colorVariation, host.pause);
    filled.push({ ...canvas, data: Uint8Array.from(noised, (value) => value * 255) });
  }
  const result = await host.paint({
    parameters: { ...parameters, ...part },
    sources: filled.map((image) => crop(image, at.left, at.top, part.width, part.height)),
    mask: crop(whole, at.left, at.top, part.width, part.height),
    latentMask: keeping(part.width, part.height, 2, part),
    colors: null,
  });
  const grown = filled.map((image, i) => {
    const painted = result.pictures[i];
    if (painted) paste(image, painted, at.left, at.top);
    return crop(image, 0, 0, grownWidth, grownHeight);
  });
  return { ...result, pictures: grown };
}
