// "img2img alternative test": Euler's steps backwards, from the picture to the noise that would become it, and img2img from that
// noise (A1111 scripts/img2imgalt.py).
import type { Networks } from '../../runtime/networks.ts';
import type { NetworkItem } from '../../sampling/guidance.ts';
import { combine, scale, standardDeviation } from '../../sampling/latent.ts';
import { DiscreteTable, linearAlphasCumprod } from '../../sampling/noise-table.ts';
import type { NoiseSource } from '../../sampling/random/types.ts';
import type { SamplingRequest } from '../../sampling/sample.ts';
import type { GenerationParameters, Img2Img } from '../request/request.ts';
import type { Img2ImgAlternative } from '../request/script.ts';
import { runSteps } from '../request/run-steps.ts';
import type { Cond } from './conditioning.ts';
import { sampleImg2Img, type Img2ImgStart } from './img2img.ts';
import { onePass, partOf, type Models, type RecipeRun } from './recipe.ts';
import { noiseOf, samplingRequest, type Batch } from './sampling-request.ts';

type Network = SamplingRequest<Cond>['network'];

/** One picture. `parameters` must be valid, its seeds resolved, and the script's overrides made (request/script-overrides.ts). */
export async function* paintAlternative(
  models: Models,
  parameters: GenerationParameters,
  script: Img2ImgAlternative,
  request: Img2Img,
  start: Img2ImgStart,
  batch: Batch,
): RecipeRun {
  const { networks, conditions } = models.current;
  const [finding, painting] = [script.decodeSteps, runSteps(parameters)].map((steps) => ({
    steps,
    work: steps,
  }));
  const none = { steps: 0, work: 0 };
  const found = yield* partOf(findNoise(models, parameters, script, start, batch), none, finding!, painting!);
  const table = tableOf(await samplingRequest(networks, parameters, await conditions(parameters), batch));
  const own = noiseOf(parameters, batch, networks.latentChannels);
  const { randomness } = script;
  const mixed = combine(
    [(1 - randomness) / Math.hypot(randomness, 1 - randomness), found.data],
    [
      randomness / Math.hypot(randomness, 1 - randomness),
      noiseOf(parameters, batch, networks.latentChannels).next(),
    ],
  );
  // img2img lays noise over the picture; here it takes its place.
  const first = combine([1, mixed], [-1 / table.uniformSigmas(parameters.steps)[0]!, start.latent]);
  // A1111's script leaves the noise multiplier out.
  const plain = { ...parameters, settings: { ...parameters.settings, initialNoiseMultiplier: 1 } };
  return yield* partOf(
    onePass(
      sampleImg2Img(networks, plain, request, start, await conditions(parameters), batch, {
        noise: beginningWith(first, own),
      }),
      parameters,
    ),
    finding!,
    painting!,
    none,
  );
}

/** The noise that the picture would come from, with a deviation of about 1. */
async function* findNoise(
  models: Models,
  parameters: GenerationParameters,
  script: Img2ImgAlternative,
  { latent, imageConditioning }: Img2ImgStart,
  batch: Batch,
): RecipeRun {
  const { networks, conditions } = models.current;
  const { decodeSteps: steps, decodeCfgScale, sigmaAdjustment } = script;
  const prompts = { prompt: script.decodePrompt, negativePrompt: script.decodeNegativePrompt };
  const read = await conditions({ ...parameters, ...prompts, steps });
  const request = await samplingRequest(networks, parameters, read, batch, { imageConditioning });
  const [cond, uncond] = [read.positive[0]!.schedule[0]![1], read.negative[0]![1]];
  const table = tableOf(request);
  const sigmas = table.uniformSigmas(steps).reverse();
  const guided = guidedBy(request.network, cond, uncond, decodeCfgScale, sigmas.length - 1, networks);
  const [height, width] = [parameters.height / 8, parameters.width / 8];
  let x = latent;
  for (let i = 1; i < sigmas.length; i++) {
    const [before, sigma] = [sigmas[i - 1]!, sigmas[i]!];
    // Adjusted, a step is taken by what the level before it asks for, which for the first is the clean picture.
    const level = sigmaAdjustment ? before : sigma;
    const time = sigmaAdjustment && i > 1 ? before : sigma;
    const denoised = await guided(x, level, table.sigmaToT(time));
    const slope = sigmaAdjustment ? (i === 1 ? 2 * sigma : before) : sigma;
    const share = (sigma - before) / slope;
    x = combine([1 + share, x], [-share, denoised]);
    yield { step: i, steps, done: i / steps, latents: { data: denoised, height, width } };
  }
  const deviation = sigmaAdjustment ? sigmas.at(-1)! : standardDeviation(x);
  return { data: scale(x, 1 / deviation), height, width };
}

/** The clean picture that the network sees in `x` at a level, asked at a time. */
function guidedBy(
  network: Network,
  cond: Cond,
  uncond: Cond,
  cfgScale: number,
  steps: number,
  { prediction }: Pick<Networks, 'prediction'>,
) {
  return async (x: Float32Array, sigma: number, t: number): Promise<Float32Array> => {
    const root = Math.sqrt(sigma ** 2 + 1);
    // A1111's script leaves out what v-prediction takes of x itself.
    const out = prediction === 'v' ? -sigma / root : -sigma;
    const scaled = scale(x, 1 / root);
    const items: NetworkItem<Cond>[] = [uncond, cond].map((one) => ({ x: scaled, t, cond: one, image: 0 }));
    const [without, towards] = await network(items, { step: 0, steps });
    return combine([1, x], [out * (1 - cfgScale), without!], [out * cfgScale, towards!]);
  };
}

function tableOf({ alphasCumprod = linearAlphasCumprod() }: Pick<SamplingRequest<Cond>, 'alphasCumprod'>) {
  return new DiscreteTable(alphasCumprod, false);
}

/** The batch's noise with something else in front. */
function beginningWith(first: Float32Array, rest: NoiseSource): NoiseSource {
  let begun = false;
  return {
    next() {
      if (begun) return rest.next();
      begun = true;
      return first;
    },
    brownian: (...range) => rest.brownian(...range),
  };
}
