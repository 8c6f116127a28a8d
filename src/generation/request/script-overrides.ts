// What a script changes of a request before anything is painted.
import type { GenerationParameters } from './request.ts';
import { tileOf } from './ultimate-upscale.ts';

/** Done twice it is as done once. */
export function withScriptOverrides(parameters: GenerationParameters): GenerationParameters {
  const { script, img2img } = parameters;
  if (script?.kind === 'Ultimate SD upscale') {
    const { width: tileWidth, height: tileHeight } = tileOf(script);
    return { ...parameters, script: { ...script, tileWidth, tileHeight } };
  }
  if (script?.kind !== 'img2img alternative test') return parameters;
  const { decodePrompt: prompt, decodeNegativePrompt: negativePrompt, decodeSteps: steps } = script;
  return {
    ...parameters,
    ...(script.overrideSampler && { sampler: 'Euler' }),
    ...(script.overridePrompt && { prompt, negativePrompt }),
    ...(script.overrideSteps && { steps }),
    ...(script.overrideStrength && img2img && { img2img: { ...img2img, denoisingStrength: 1 } }),
    batchSize: 1,
  };
}
