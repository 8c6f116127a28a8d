// SD upscale: the source is enlarged, cut into overlapping tiles, and each tile redrawn (A1111 scripts/sd_upscale.py).
import { ImageError } from '../../image/errors.ts';
import { flatten } from '../../image/flatten.ts';
import { MAX_PIXELS } from '../../image/png.ts';
import { cutIntoTiles, joinTiles, tileGrid } from '../../image/tile-grid.ts';
import { upscaledSize } from '../../image/upscale.ts';
import type { SdUpscale } from '../request/script.ts';
import { addToSeed } from '../request/seeds.ts';
import type { ScriptHost, ScriptRequest } from './host.ts';

/** @throws ImageError for what would become too large. */
export async function sdUpscale(
  host: ScriptHost,
  { upscaler, scaleFactor, tileOverlap }: SdUpscale,
  { parameters, source, batch }: ScriptRequest,
): Promise<void> {
  const { width, height, batchSize, settings } = parameters;
  const size = upscaledSize(source, upscaler, scaleFactor);
  if (size.width * size.height > MAX_PIXELS)
    throw new ImageError(`It would become ${size.width} x ${size.height}; lower the scale factor.`);
  const flat = flatten(source, settings.img2imgBackgroundColor);
  const image = upscaler === 'None' ? flat : await host.upscale(flat, upscaler, scaleFactor);
  const grid = tileGrid(image, width, height, tileOverlap);
  const tiles = cutIntoTiles(image, grid);
  // Tiles that an interrupted run does not come to stay as they are.
  const results = [...tiles];
  for (let pass = 0; pass * batchSize < tiles.length; pass++) {
    const sources = tiles.slice(pass * batchSize, (pass + 1) * batchSize);
    const { pictures, cut } = await host.paint({
      parameters: {
        ...parameters,
        seed: addToSeed(parameters.seed, batch + pass),
        batchSize: sources.length,
      },
      sources,
      mask: null,
      colors: null,
    });
    results.splice(pass * batchSize, pictures.length, ...pictures);
    if (cut === 'interrupt') break;
  }
  await host.keep(joinTiles(results, grid));
}
