// What Tiled Diffusion's controls say, as its parts read it.
import type { LatentTiling } from '../../../sampling/latent-tiles.ts';
import type { ExtensionValues } from '../../controls.ts';

export const METHODS = ['MultiDiffusion', 'Mixture of Diffusers'] as const;
export type Method = (typeof METHODS)[number];

/** A background is blended with the tiles and other regions, a foreground laid over them. */
export const BLEND_MODES = ['Background', 'Foreground'] as const;
export type BlendMode = (typeof BLEND_MODES)[number];

/** As the original offers. */
export const REGIONS = 8;

/** A part of the picture with a prompt of its own. Places and sizes are parts of the picture's, 0..1. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  /** Added to the picture's. */
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly blendMode: BlendMode;
  /** How far a foreground fades towards its edges, 0..1. */
  readonly feather: number;
}

export interface TiledSettings extends LatentTiling {
  readonly method: Method;
  /** Tiles that are asked for at once. */
  readonly batchSize: number;
  /** Whether the picture's own prompt is painted beneath the regions. */
  readonly background: boolean;
  /** Those that are painted. */
  readonly regions: readonly Region[];
}

/** Key of a region's control. */
export function regionKey(index: number, name: keyof Region | 'enable'): string {
  return `region${index + 1}.${name}`;
}

/** `values`: of all controls. */
export function settingsOf(values: ExtensionValues): TiledSettings {
  const regions = values['regionControl'] === true ? regionsOf(values) : [];
  return {
    method: values['method'] as Method,
    tileWidth: Number(values['tileWidth']),
    tileHeight: Number(values['tileHeight']),
    overlap: Number(values['overlap']),
    batchSize: Number(values['batchSize']),
    background: regions.length === 0 || values['background'] === true,
    regions,
  };
}

function regionsOf(values: ExtensionValues): Region[] {
  return Array.from({ length: REGIONS }, (_, i) => i).flatMap((i) => {
    const of = (name: keyof Region | 'enable') => values[regionKey(i, name)];
    const [x, y, w, h] = [of('x'), of('y'), of('w'), of('h')].map(Number) as [number, number, number, number];
    if (of('enable') !== true || x >= 1 || y >= 1 || w <= 0 || h <= 0) return [];
    return {
      ...{ x, y, w, h, prompt: String(of('prompt')), negativePrompt: String(of('negativePrompt')) },
      ...{ blendMode: of('blendMode') as BlendMode, feather: Number(of('feather')) },
    };
  });
}
