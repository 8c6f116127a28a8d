// A1111's scripts of img2img, by its names (scripts/*.py), and one that is an extension there: what a request may be carried out by in
// place of one pass over its source. One entry each: the page draws its controls from this list, requests are checked against it, and the
// parameters text is written and read by it.
import type { UpscalerName } from '../../image/upscale.ts';
import { MASKED_CONTENTS, type MaskedContent } from './masked-content.ts';
import { choice, number, optionProblems, toggle, upscaler, type ScriptOption } from './script-option.ts';
import { ULTIMATE_OPTIONS, type UltimateUpscale } from './ultimate-upscale-options.ts';

export type Script =
  Loopback | SdUpscale | PoorMansOutpainting | OutpaintingMk2 | Img2ImgAlternative | UltimateUpscale;

/** Each picture is the source of the next one. */
export interface Loopback {
  readonly kind: 'Loopback';
  readonly loops: number;
  /** Of the last loop; the first one has the request's own. */
  readonly finalDenoisingStrength: number;
  /** How the strength goes from the first loop's to the last one's. */
  readonly denoisingCurve: DenoisingCurve;
}

/** The source is enlarged, and redrawn in tiles of the request's size. */
export interface SdUpscale {
  readonly kind: 'SD upscale';
  /** Pixels. */
  readonly tileOverlap: number;
  readonly scaleFactor: number;
  readonly upscaler: UpscalerName;
}

/** Room around the source is painted in tiles of the request's size. */
export interface PoorMansOutpainting {
  readonly kind: "Poor man's outpainting";
  /** Pixels on each side that is extended. */
  readonly pixels: number;
  readonly maskBlur: number;
  readonly maskedContent: MaskedContent;
  readonly directions: readonly Direction[];
}

/** Room around the source is filled with noise that looks like it, and painted side by side. */
export interface OutpaintingMk2 {
  readonly kind: 'Outpainting mk2';
  readonly pixels: number;
  readonly maskBlur: number;
  readonly directions: readonly Direction[];
  /** Lower: higher detail. */
  readonly fallOffExponent: number;
  readonly colorVariation: number;
}

/** The noise that would become the source is looked for, and painted from. */
export interface Img2ImgAlternative {
  readonly kind: 'img2img alternative test';
  /** Euler, whatever is asked. */
  readonly overrideSampler: boolean;
  /** The decode prompts take the place of the request's. */
  readonly overridePrompt: boolean;
  readonly decodePrompt: string;
  readonly decodeNegativePrompt: string;
  /** As many steps as decode steps. */
  readonly overrideSteps: boolean;
  readonly decodeSteps: number;
  /** Denoising strength 1. */
  readonly overrideStrength: boolean;
  readonly decodeCfgScale: number;
  /** How much of the seed's own noise comes in, 0..1. */
  readonly randomness: number;
  readonly sigmaAdjustment: boolean;
}

export const DENOISING_CURVES = ['Aggressive', 'Linear', 'Lazy'] as const;
export type DenoisingCurve = (typeof DENOISING_CURVES)[number];
export const DIRECTIONS = ['left', 'right', 'up', 'down'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export interface ScriptInfo {
  readonly kind: Script['kind'];
  readonly options: readonly ScriptOption[];
}

const PIXELS = {
  key: 'pixels',
  label: 'Pixels to expand',
  infotext: 'Outpainting pixels',
  ...number(128, 8, 256, 8),
} as const;
const OUTPAINTING_DIRECTIONS = {
  key: 'directions',
  label: 'Outpainting direction',
  infotext: 'Outpainting direction',
  type: 'several',
  standard: DIRECTIONS,
  choices: DIRECTIONS,
} as const;
const outpaintingBlur = (standard: number) =>
  ({
    key: 'maskBlur',
    label: 'Mask blur',
    infotext: 'Outpainting mask blur',
    ...number(standard, 0, 64, 1),
  }) as const;

/** In the order of A1111's list, options in that of its controls. Keys of the text that A1111 does not write are ours. */
export const SCRIPTS: readonly ScriptInfo[] = [
  {
    kind: 'img2img alternative test',
    options: [
      {
        key: 'overrideSampler',
        label: 'Override `Sampling method` to Euler?(this method is built for it)',
        infotext: 'Decode overrides sampler',
        ...toggle(true),
      },
      {
        key: 'overridePrompt',
        label: 'Override `prompt` to the same value as `original prompt`?(and `negative prompt`)',
        infotext: 'Decode overrides prompt',
        ...toggle(true),
      },
      {
        key: 'decodePrompt',
        label: 'Original prompt',
        infotext: 'Decode prompt',
        type: 'prompt',
        standard: '',
      },
      {
        key: 'decodeNegativePrompt',
        label: 'Original negative prompt',
        infotext: 'Decode negative prompt',
        type: 'prompt',
        standard: '',
      },
      {
        key: 'overrideSteps',
        label: 'Override `Sampling Steps` to the same value as `Decode steps`?',
        infotext: 'Decode overrides steps',
        ...toggle(true),
      },
      { key: 'decodeSteps', label: 'Decode steps', infotext: 'Decode steps', ...number(50, 1, 150, 1) },
      {
        key: 'overrideStrength',
        label: 'Override `Denoising strength` to 1?',
        infotext: 'Decode overrides strength',
        ...toggle(true),
      },
      {
        key: 'decodeCfgScale',
        label: 'Decode CFG scale',
        infotext: 'Decode CFG scale',
        ...number(1, 0, 15, 0.1),
      },
      { key: 'randomness', label: 'Randomness', infotext: 'Randomness', ...number(0, 0, 1, 0.01) },
      {
        key: 'sigmaAdjustment',
        label: 'Sigma adjustment for finding noise for image',
        infotext: 'Sigma Adjustment',
        ...toggle(false),
      },
    ],
  },
  {
    kind: 'Loopback',
    options: [
      { key: 'loops', label: 'Loops', infotext: 'Loopback loops', ...number(4, 1, 32, 1) },
      {
        key: 'finalDenoisingStrength',
        label: 'Final denoising strength',
        infotext: 'Final denoising strength',
        ...number(0.5, 0, 1, 0.01),
      },
      {
        key: 'denoisingCurve',
        label: 'Denoising strength curve',
        infotext: 'Denoising curve',
        ...choice('Linear', DENOISING_CURVES),
      },
    ],
  },
  {
    kind: 'Outpainting mk2',
    options: [
      PIXELS,
      outpaintingBlur(8),
      OUTPAINTING_DIRECTIONS,
      {
        key: 'fallOffExponent',
        label: 'Fall-off exponent (lower=higher detail)',
        infotext: 'Outpainting fall-off exponent',
        ...number(1, 0, 4, 0.01),
      },
      {
        key: 'colorVariation',
        label: 'Color variation',
        infotext: 'Outpainting color variation',
        ...number(0.05, 0, 1, 0.01),
      },
    ],
  },
  {
    kind: "Poor man's outpainting",
    options: [
      PIXELS,
      outpaintingBlur(4),
      {
        key: 'maskedContent',
        label: 'Masked content',
        infotext: 'Outpainting masked content',
        ...choice('fill', MASKED_CONTENTS),
      },
      OUTPAINTING_DIRECTIONS,
    ],
  },
  {
    kind: 'SD upscale',
    options: [
      {
        key: 'tileOverlap',
        label: 'Tile overlap',
        infotext: 'SD upscale overlap',
        ...number(64, 0, 256, 16),
      },
      {
        key: 'scaleFactor',
        label: 'Scale Factor',
        infotext: 'SD upscale scale factor',
        ...number(2, 1, 4, 0.05),
      },
      {
        key: 'upscaler',
        label: 'Upscaler',
        infotext: 'SD upscale upscaler',
        ...upscaler,
      },
    ],
  },
  { kind: 'Ultimate SD upscale', options: ULTIMATE_OPTIONS },
];

export function scriptInfo(kind: unknown): ScriptInfo | undefined {
  return SCRIPTS.find((info) => info.kind === kind);
}

/**
 * A script out of anything: `kind` decides which, each of `options` (by its property) is taken where it means something, and is
 * A1111's default elsewhere. Null for a kind that is none.
 */
export function parseScript(kind: unknown, options: Readonly<Record<string, unknown>>): Script | null {
  const info = scriptInfo(kind);
  if (!info) return null;
  const read = info.options.map((option) => {
    const value = options[option.key];
    return [option.key, optionProblems(option, value).length === 0 ? value : option.standard] as const;
  });
  return { kind: info.kind, ...Object.fromEntries(read) } as unknown as Script;
}

/** Whether it lays masks of its own, whatever the request's is. */
export function masksItself(script: Script | null): boolean {
  return script !== null && ('directions' in script || script.kind === 'Ultimate SD upscale');
}

/** A1111's defaults. */
export function defaultScript(kind: Script['kind']): Script {
  return parseScript(kind, {})!;
}
