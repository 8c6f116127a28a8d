// What the extensions of a request do in its passes.
import type { PixelImage } from '../image/pixels.ts';
import type { Cond } from '../models/cond.ts';
import type { NetworkChange } from '../models/network-changes.ts';
import type { SamplingHooks } from '../sampling/hooks.ts';
import type {
  BatchLatents,
  CallSize,
  ConditionsCall,
  ExtensionPass,
  NetworkTarget,
  PromptConds,
} from './interface.ts';
import { activeExtensions } from './known.ts';
import type { ExtensionUse } from './use.ts';

export function networkChanges(
  uses: readonly ExtensionUse[],
  target: NetworkTarget,
): readonly NetworkChange[] {
  return activeExtensions(uses).flatMap(({ extension, values }) => extension.network?.(values, target) ?? []);
}

/** The largest call that comes of `whole`, which is for whole pictures. */
export function largestCall(uses: readonly ExtensionUse[], target: NetworkTarget, whole: CallSize): CallSize {
  return activeExtensions(uses).reduce(
    (call, { extension, values }) => extension.call?.(values, target, call) ?? call,
    whole,
  );
}

/** For one pass over one batch. */
export function samplingHooks(
  uses: readonly ExtensionUse[],
  pass: ExtensionPass,
): readonly SamplingHooks<Cond>[] {
  return activeExtensions(uses).flatMap(({ extension, values }) => extension.sampling?.(values, pass) ?? []);
}

/** The first extension stands outermost: it reads prompts by those after it. */
export function changedConditions(uses: readonly ExtensionUse[], call: ConditionsCall): Promise<PromptConds> {
  const encode = activeExtensions(uses).reduceRight<ConditionsCall['encode']>(
    (inner, { extension, values }) => {
      if (!extension.conditions) return inner;
      return (prompts) => extension.conditions!(values, { ...call, ...prompts, encode: inner });
    },
    call.encode,
  );
  return encode();
}

export async function betweenPasses(
  uses: readonly ExtensionUse[],
  latents: BatchLatents,
): Promise<Float32Array> {
  let { data } = latents;
  for (const { extension, values } of activeExtensions(uses))
    data = (await extension.betweenPasses?.(values, { ...latents, data })) ?? data;
  return data;
}

export async function finishedPicture(
  uses: readonly ExtensionUse[],
  decoded: PixelImage,
): Promise<PixelImage> {
  let picture = decoded;
  for (const { extension, values } of activeExtensions(uses))
    picture = (await extension.picture?.(values, picture)) ?? picture;
  return picture;
}
