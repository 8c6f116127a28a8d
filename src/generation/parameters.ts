// GenerationParameters to and from the text that pictures carry.
import { version } from '../../package.json';
import { createInfotext } from './infotext/create.ts';
import type { InfotextScalar } from './infotext/quote.ts';
import { samplerUsesEnsd } from './infotext/sampler-names.ts';
import type { GenerationParameters } from './types.ts';

/** The program's name in the text. It does not parse as a version of A1111's, which therefore applies no compatibility to it. */
export const PROGRAM_VERSION = `darkroom-v${version}`;

/** What the text tells besides the request. */
export interface InfotextContext {
  /** This picture's own seed: the request's plus its place in the job. */
  readonly seed: number;
  /** First 10 hex digits of the checkpoint's SHA-256. */
  readonly modelHash?: string | null;
  /** Name of the checkpoint, without extension. */
  readonly modelName?: string | null;
  readonly vaeHash?: string | null;
  readonly vaeName?: string | null;
  /** Further entries, in A1111's spelling, in this order. */
  readonly extra?: Readonly<Record<string, InfotextScalar | null>>;
}

/** The parameters text of one finished picture, in A1111's key order. */
export function fromGenerationParameters(parameters: GenerationParameters, context: InfotextContext): string {
  return createInfotext({
    prompt: parameters.prompt,
    negativePrompt: parameters.negativePrompt,
    steps: parameters.steps,
    sampler: parameters.sampler,
    scheduler: parameters.scheduler,
    cfgScale: parameters.cfgScale,
    seed: context.seed,
    width: parameters.width,
    height: parameters.height,
    modelHash: context.modelHash ?? null,
    modelName: context.modelName ?? null,
    vaeHash: context.vaeHash ?? null,
    vaeName: context.vaeName ?? null,
    clipSkip: parameters.clipSkip > 1 ? parameters.clipSkip : null,
    ensd: parameters.ensd !== 0 && samplerUsesEnsd(parameters.sampler) ? parameters.ensd : null,
    rng: parameters.rng === 'GPU' ? null : parameters.rng,
    extra: context.extra ?? {},
    version: PROGRAM_VERSION,
  });
}
