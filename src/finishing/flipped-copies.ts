// Create flipped copies (extensions-builtin/postprocessing-for-training): mirror pictures beside the picture.
import type { PixelImage } from '../image/pixels.ts';
import { FLIPS, type Flip } from './extras-request.ts';
import type { ExtrasStep } from './extras-step.ts';

export const flippedCopies: ExtrasStep = {
  name: 'Create flipped copies',
  isOn: ({ flippedCopies: { on, flips } }) => on && flips.length > 0,
  process(picture, { flippedCopies: { flips } }) {
    const { image, info } = picture;
    const copies = FLIPS.filter((flip) => flips.includes(flip));
    return [picture, ...copies.map((flip) => ({ image: flipped(image, flip), info }))];
  },
};

/** Left and right change places, or above and below. */
export function flipped(image: PixelImage, flip: Flip): PixelImage {
  const { width, height, channels } = image;
  const data = new Uint8Array(image.data.length);
  const [across, down] = [flip !== 'Vertical', flip !== 'Horizontal'];
  for (let y = 0; y < height; y += 1) {
    const row = (down ? height - 1 - y : y) * width;
    for (let x = 0; x < width; x += 1) {
      const from = (row + (across ? width - 1 - x : x)) * channels;
      for (let c = 0; c < channels; c += 1) data[(y * width + x) * channels + c] = image.data[from + c]!;
    }
  }
  return { ...image, data };
}
