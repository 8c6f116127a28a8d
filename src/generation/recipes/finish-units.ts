// What units do to a finished picture (postprocess_batch of Mikubill's extension 1.1.455, scripts/controlnet.py).
import { inLight } from '../../finishing/recolor.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { Planes } from '../../image/tiles.ts';
import { largestIn, meanAround } from '../../image/windows.ts';
import { hasHint, type PassHint, type UnitInRun } from './control-units.ts';

/** How far what inpaint_only has painted goes over into the picture: pixels to each side, twice. */
const FADES = 3;

/** Others than these, and pictures of another size than the units' hints, are left as they are. */
export function finishUnits(picture: PixelImage, units: readonly UnitInRun[]): PixelImage {
  return units.filter(hasHint).reduce((made, { module, hint, largeHint }) => {
    const last = largeHint ?? hint;
    if (last.shown.height !== made.height || last.shown.width !== made.width) return made;
    const kept = /^recolor_(luminance|intensity)$/.exec(module)?.[1];
    if (kept) return inLightOf(made, last.shown, kept === 'luminance' ? 'Luminance' : 'Intensity');
    return module.startsWith('inpaint_only') ? pastedInto(made, last) : made;
  }, picture);
}

/** recolor: its light is that of the map. */
function inLightOf(picture: PixelImage, { data }: Planes, kind: 'Luminance' | 'Intensity'): PixelImage {
  const light = Uint8Array.from(data.subarray(0, picture.height * picture.width), (value) =>
    Math.fround(value * 255),
  );
  return inLight(picture, light, kind);
}

/** inpaint_only: what is not painted is the unit's picture. */
function pastedInto(picture: PixelImage, { colours, mask }: PassHint): PixelImage {
  if (!mask) return picture;
  const { fround } = Math;
  const grown = largestIn(mask, 2 * FADES + 1, 1, FADES);
  const { data: fading } = meanAround(grown, FADES, 'mirrored');
  const pixels = fading.length;
  const { channels } = picture;
  const data = picture.data.slice();
  for (let i = 0; i < 3 * pixels; i += 1) {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const at = channels * pixel + channel;
    const [part, kept] = [fading[pixel]!, colours.data[channel * pixels + pixel]!];
    const mixed = fround(fround(part * fround(data[at]! / 255)) + fround(fround(1 - part) * kept));
    data[at] = fround(255 * Math.max(0, Math.min(1, mixed)));
  }
  return { ...picture, data };
}
