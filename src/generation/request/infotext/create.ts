// Writes the parameters text that goes into every picture, key for key as A1111 1.10.1's create_infotext does (modules/processing.py).
import { strip } from '../../../prompt/python-text.ts';
import { type InfotextScalar, isObject, OBJECT_FIELDS, pythonText, quote } from './quote.ts';

/** What the text tells, in the order in which it is told. Fields left out (or null) are not written. */
export interface InfotextFields {
  readonly prompt: string;
  readonly negativePrompt?: string;
  readonly steps: InfotextScalar;
  readonly sampler: string;
  readonly scheduler: string;
  readonly cfgScale: InfotextScalar;
  readonly imageCfgScale?: InfotextScalar | null;
  readonly seed: InfotextScalar;
  readonly faceRestoration?: string | null;
  readonly width: number;
  readonly height: number;
  readonly modelHash?: string | null;
  readonly modelName?: string | null;
  readonly fp8Weight?: string | null;
  readonly cacheFp16Weight?: boolean | null;
  readonly vaeHash?: string | null;
  readonly vaeName?: string | null;
  readonly variationSeed?: InfotextScalar | null;
  readonly variationSeedStrength?: InfotextScalar | null;
  readonly seedResizeFrom?: { readonly width: number; readonly height: number } | null;
  readonly conditionalMaskWeight?: InfotextScalar | null;
  readonly clipSkip?: InfotextScalar | null;
  readonly ensd?: InfotextScalar | null;
  readonly tokenMergingRatio?: InfotextScalar | null;
  readonly tokenMergingRatioHr?: InfotextScalar | null;
  readonly initImageHash?: string | null;
  readonly rng?: string | null;
  readonly tiling?: boolean | null;
  /**
   * Everything else ("Denoising strength", "Hires upscale", "Lora hashes" ...), in this order, before the version. A key that
   * has a place of its own above replaces the value there.
   */
  readonly extra?: Readonly<Record<string, InfotextScalar | null>>;
  readonly version?: string | null;
  readonly user?: string | null;
}

/** The whole text: prompt, negative prompt, and the line of parameters. */
export function createInfotext(fields: InfotextFields): string {
  const extra = new Map(Object.entries(fields.extra ?? {}));
  const size = (of: { width: number; height: number }): string => `${of.width}x${of.height}`;
  const line = new Map<string, InfotextScalar | null | undefined>([
    ['Steps', fields.steps],
    ['Sampler', fields.sampler],
    ['Schedule type', fields.scheduler],
    ['CFG scale', fields.cfgScale],
    ['Image CFG scale', fields.imageCfgScale],
    ['Seed', fields.seed],
    ['Face restoration', fields.faceRestoration],
    ['Size', size(fields)],
    ['Model hash', fields.modelHash],
    ['Model', fields.modelName],
    ['FP8 weight', fields.fp8Weight],
    ['Cache FP16 weight for LoRA', fields.cacheFp16Weight],
    ['VAE hash', fields.vaeHash],
    ['VAE', fields.vaeName],
    ['Variation seed', fields.variationSeed],
    ['Variation seed strength', fields.variationSeedStrength],
    ['Seed resize from', fields.seedResizeFrom ? size(fields.seedResizeFrom) : null],
    // Its value comes with the extra ones; this is its place.
    ['Denoising strength', null],
    ['Conditional mask weight', fields.conditionalMaskWeight],
    ['Clip skip', fields.clipSkip],
    ['ENSD', fields.ensd],
    ['Token merging ratio', fields.tokenMergingRatio],
    ['Token merging ratio hr', fields.tokenMergingRatioHr],
    ['Init image hash', fields.initImageHash],
    ['RNG', fields.rng],
    ['Tiling', fields.tiling ? 'True' : null],
    ...extra,
    ['Version', fields.version],
    ['User', fields.user],
  ]);
  const parts: string[] = [];
  for (const [key, value] of line) {
    if (value === null || value === undefined) continue;
    const bare = OBJECT_FIELDS.has(key) && typeof value === 'string' && isObject(value);
    parts.push(value === key ? key : `${key}: ${pythonText(bare ? value : quote(value))}`);
  }
  const negative = fields.negativePrompt ? `\nNegative prompt: ${fields.negativePrompt}` : '';
  return strip(`${fields.prompt}${negative}\n${parts.join(', ')}`);
}
