// CFGNorm (ComfyUI's node; no paper): in no cell is the guided prediction longer than the positive one.
import { emptyLike, type Latent } from '../latent.ts';
import type { BatchShape } from './batch.ts';

/** `guided` with every cell's channels as long as those of `cond` at most, times `strength`. */
export function limitToPositive<T extends Latent>(
  cond: T,
  guided: T,
  { images, channels, height, width }: BatchShape,
  strength: number,
): T {
  const cells = height * width;
  const result = emptyLike(guided);
  for (let image = 0; image < images; image++) {
    for (let cell = 0; cell < cells; cell++) {
      const at = (channel: number) => (image * channels + channel) * cells + cell;
      const length = (x: T) => {
        let squares = 0;
        for (let channel = 0; channel < channels; channel++) squares += x[at(channel)]! ** 2;
        return Math.sqrt(squares);
      };
      const factor = strength * Math.min(1, length(cond) / (length(guided) + 1e-8));
      for (let channel = 0; channel < channels; channel++)
        result[at(channel)] = guided[at(channel)]! * factor;
    }
  }
  return result;
}
