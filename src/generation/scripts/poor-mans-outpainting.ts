// Poor man's outpainting: room around the source is painted in overlapping tiles (A1111 scripts/poor_mans_outpainting.py).
import { flatten } from '../../image/flatten.ts';
import { blank, paste } from '../../image/paste.ts';
import { cutIntoTiles, joinTiles } from '../../image/tile-grid.ts';
import { outpaintedTiles } from '../request/passes.ts';
import type { PoorMansOutpainting } from '../request/script.ts';
import { addToSeed } from '../request/seeds.ts';
import type { ScriptHost, ScriptRequest } from './host.ts';
import { around, masked } from './outpainting-masks.ts';

export async function poorMansOutpainting(
  host: ScriptHost,
  script: PoorMansOutpainting,
  { parameters, source }: ScriptRequest,
): Promise<void> {
  const { width, height, settings } = parameters;
  const { margins, size, grid, work } = outpaintedTiles(source, script, width, height);
  const { left, right, up, down } = margins;
  const flat = flatten(source, settings.img2imgBackgroundColor);
  const image = blank(flat, size.width, size.height);
  paste(image, flat, left, up);
  /** What is kept, less this much at each side that grows. */
  const keeping = (inset: number) =>
    around(size.width, size.height, [
      left + (left > 0 ? inset : 0),
      up + (up > 0 ? inset : 0),
      size.width - right - (right > 0 ? inset : 0),
      size.height - down - (down > 0 ? inset : 0),
    ]);
  const tiles = cutIntoTiles(image, grid);
  const masks = cutIntoTiles(keeping(2 * script.maskBlur), grid);
  const latentMasks = cutIntoTiles(keeping(Math.floor(script.maskBlur / 2)), grid);
  const blur = 2 * script.maskBlur;
  for (const [pass, tile] of work.entries()) {
    const { pictures, cut } = await host.paint({
      parameters: {
        ...masked(parameters, script.maskedContent, blur, blur),
        seed: addToSeed(parameters.seed, pass),
        batchSize: 1,
      },
      sources: [tiles[tile]!],
      mask: masks[tile]!,
      latentMask: latentMasks[tile]!,
      colors: null,
    });
    tiles.splice(tile, pictures.length, ...pictures);
    if (cut === 'interrupt') break;
  }
  await host.keep(joinTiles(tiles, grid));
}
