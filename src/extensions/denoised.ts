// A batch's answers as formulas of guidance want them: clean latents as k-diffusion has them, whatever the sampler, of all images at once.
import { combineGuidance } from '../sampling/combine-guidance.ts';
import type { BatchShape } from '../sampling/guidance/batch.ts';
import type { AnsweredCall, ImageAnswers } from '../sampling/hooks.ts';
import type { Cond } from '../models/cond.ts';
import type { ExtensionPass } from './interface.ts';

/** All are [images, channels, height, width]. */
export interface DenoisedBatch {
  readonly shape: BatchShape;
  /** The noisy latents. */
  readonly x: Float32Array;
  /** Of all parts of the prompt together, at their weights. */
  readonly cond: Float32Array;
  readonly uncond: Float32Array;
}

/** Null in evaluations that leave the negative prompt out: there is nothing to guide away from. */
export function denoisedBatch(
  { images, space, level }: AnsweredCall<Cond>,
  { channels, width, height }: Pick<ExtensionPass, 'channels' | 'width' | 'height'>,
): DenoisedBatch | null {
  const parts = images.map(({ x, conds, uncond }) => {
    if (uncond === null) return null;
    const cond = combineGuidance(conds, uncond, 1);
    const [positive, negative] = [cond, uncond].map((output) => space.denoised(x, output, level));
    return { x: space.noisy(x, level), cond: positive!, uncond: negative! };
  });
  const whole = parts.filter((part) => part !== null);
  if (whole.length < parts.length) return null;
  return {
    shape: { images: parts.length, channels, height: height / 8, width: width / 8 },
    x: joined(whole.map(({ x }) => x)),
    cond: joined(whole.map(({ cond }) => cond)),
    uncond: joined(whole.map(({ uncond }) => uncond)),
  };
}

/** One result of each image, in the sampler's terms, as clean latents of all. */
export function denoisedOf(
  outputs: readonly Float32Array[],
  { images, space, level }: AnsweredCall<Cond>,
): Float32Array {
  return joined(outputs.map((output, i) => space.denoised(images[i]!.x, output, level)));
}

/** Clean latents of all images as each one's result, in the sampler's terms. */
export function outputsOf(
  denoised: Float32Array,
  { images, space, level }: AnsweredCall<Cond>,
): readonly Float32Array[] {
  const size = denoised.length / images.length;
  return images.map(({ x }, i) => space.output(x, denoised.subarray(i * size, (i + 1) * size), level));
}

/** Answers with other predictions in the place of theirs; those of the prompt's parts become one. */
export function replacedAnswers(
  call: AnsweredCall<Cond>,
  { cond, uncond }: Pick<DenoisedBatch, 'cond' | 'uncond'>,
): readonly ImageAnswers[] {
  const [positives, negatives] = [outputsOf(cond, call), outputsOf(uncond, call)];
  return call.images.map((image, i) => ({
    ...image,
    conds: [{ weight: 1, output: positives[i]! }],
    uncond: negatives[i]!,
  }));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
