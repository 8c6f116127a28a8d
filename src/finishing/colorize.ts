// Colours for a grey picture, as DDColor's own pipeline has it: the picture gives its lightness, a network the rest.
import { halfToEven } from '../sampling/half-to-even.ts';
import { rgbOf } from '../image/lab.ts';
import { lightnessOf } from '../image/lightness.ts';
import type { PixelImage } from '../image/pixels.ts';
import { resizePlanes } from '../image/resize-planes.ts';
import { emptyPlanes, type Planes } from '../image/tiles.ts';

/** Says of a grey picture which colours it has (DDColor). */
export interface Colorizer {
  /** Sides of the pictures that it is given. */
  readonly size: { readonly height: number; readonly width: number };
  /** [3, height, width], three times the same, 0..1 -> [2, height, width]: a and b of CIE Lab, around 0. */
  colours(grey: Planes): Promise<Planes>;
}

/** Every pixel keeps its lightness; a picture in colour is taken for a grey one. Transparency stays as it is. */
export async function colorize(picture: PixelImage, colorizer: Colorizer): Promise<PixelImage> {
  const { height, width, channels, data } = picture;
  const { size } = colorizer;
  const planes = unitPlanes(picture);
  const grey = greyOf(resizePlanes(planes, size.height, size.width, 'bilinear'));
  const ab = resizePlanes(await colorizer.colours(grey), height, width, 'nearest');
  const area = height * width;
  const coloured = new Uint8Array(data.length);
  for (let i = 0; i < area; i++) {
    const unit = rgbOf(lightnessAt(planes, i), ab.data[i]!, ab.data[area + i]!);
    for (let c = 0; c < 3; c++) coloured[i * channels + c] = halfToEven(255 * unit[c]!);
    if (channels === 4) coloured[i * 4 + 3] = data[i * 4 + 3]!;
  }
  return { height, width, channels, data: coloured };
}

function unitPlanes({ height, width, channels, data }: PixelImage): Planes {
  const planes = emptyPlanes(3, height, width);
  const area = height * width;
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < area; i++) planes.data[c * area + i] = data[i * channels + c]! / 255;
  return planes;
}

function lightnessAt({ data, height, width }: Planes, i: number): number {
  const area = height * width;
  return lightnessOf(data[i]!, data[area + i]!, data[2 * area + i]!);
}

/** As light, without colour. */
function greyOf(planes: Planes): Planes {
  const grey = emptyPlanes(3, planes.height, planes.width);
  const area = planes.height * planes.width;
  for (let i = 0; i < area; i++) {
    const unit = rgbOf(lightnessAt(planes, i), 0, 0);
    for (let c = 0; c < 3; c++) grey.data[c * area + i] = unit[c]!;
  }
  return grey;
}
