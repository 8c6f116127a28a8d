// Tiles of upscalers, as the settings have them: A1111 has a pair for each of its kinds.
import type { Detection } from '../../models/types.ts';
import type { ImageSettings } from './image-settings.ts';

export interface UpscalerTiles {
  /** Pixels of the sides; 0 for the whole picture at once. */
  readonly tileSize: number;
  readonly overlap: number;
}

/** Those of ESRGAN hold for all that A1111 takes for one. */
export function upscalerTiles(
  settings: ImageSettings,
  { upscaler }: Pick<Detection, 'upscaler'>,
): UpscalerTiles {
  const [tileSize, overlap] = pairOf(settings, upscaler?.kind ?? '');
  // Tiles must come on.
  return { tileSize, overlap: Math.min(overlap, Math.max(0, tileSize - 1)) };
}

function pairOf(settings: ImageSettings, kind: string): readonly [tile: number, overlap: number] {
  switch (kind) {
    case 'swin-ir':
      return [settings.swinTile, settings.swinTileOverlap];
    case 'dat':
      return [settings.datTile, settings.datTileOverlap];
    default:
      return [settings.esrganTile, settings.esrganTileOverlap];
  }
}
