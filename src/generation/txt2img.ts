// txt2img: from parameters to latents, step by step, on any networks.
import { createTokenizer } from '../prompt/tokenizer.ts';
import type { NetworkItem } from '../sampling/guidance.ts';
import { ImageRng } from '../sampling/random/image-rng.ts';
import type { NoiseSource } from '../sampling/random/types.ts';
import { getSampler, totalSteps } from '../sampling/registry.ts';
import { txt2img, type SamplingRun } from '../sampling/sample.ts';
import { Conditioner, type Cond, type CondCache } from './conditioning.ts';
import type { Networks } from './networks.ts';
import type { GenerationParameters } from './types.ts';

/**
 * One batch: image i of it uses seed + i. Yields after each step; returns the final latents [batchSize, c, height / 8,
 * width / 8]. `parameters` must be valid and its seed resolved; `batchCount` is not looked at.
 */
export async function* sampleTxt2Img(
  networks: Networks,
  parameters: GenerationParameters,
  cache: CondCache,
  noise: NoiseSource = noiseOf(parameters, networks.latentChannels),
): SamplingRun {
  const { batchSize, steps, width, height } = parameters;
  const tokenizer = await createTokenizer(networks.textEncoder.type);
  const evaluations = totalSteps(getSampler(parameters.sampler), steps);
  const conditioner = new Conditioner(
    networks,
    tokenizer,
    cache,
    clipSkipOf(networks, parameters),
    evaluations,
  );
  const cond = await conditioner.positive(parameters.prompt);
  const uncond = await conditioner.negative(parameters.negativePrompt);
  const shape = [networks.latentChannels, height / 8, width / 8] as const;

  return yield* txt2img<Cond>({
    sampler: parameters.sampler,
    scheduler: parameters.scheduler,
    steps,
    cfgScale: parameters.cfgScale,
    prediction: networks.prediction,
    noise,
    conds: Array.from({ length: batchSize }, () => cond),
    unconds: Array.from({ length: batchSize }, () => uncond),
    network: await unetCaller(networks, shape),
  });
}

function noiseOf(
  { rng, seed, batchSize, width, height, ensd }: GenerationParameters,
  channels: number,
): ImageRng {
  return new ImageRng({
    source: rng,
    shape: [channels, height / 8, width / 8],
    seeds: Array.from({ length: batchSize }, (_, i) => seed + i),
    etaNoiseSeedDelta: ensd,
  });
}

/** SD 2's own text encoder output is the penultimate layer, which A1111 uses whatever the clip skip says. */
function clipSkipOf(networks: Networks, parameters: GenerationParameters): number {
  return networks.textEncoder.type === 'open-clip' ? 2 : parameters.clipSkip;
}

type Shape = readonly [channels: number, height: number, width: number];

/** Calls the UNet once for all items whose contexts have one length. */
async function unetCaller(
  networks: Networks,
  shape: Shape,
): Promise<(items: readonly NetworkItem<Cond>[]) => Promise<Float32Array[]>> {
  const [, height, width] = shape;
  const extra = await imageConditioning(networks, shape);
  return async (items) => {
    const longest = Math.max(0, ...items.filter(({ cond }) => !cond.negative).map(({ cond }) => cond.tokens));
    const padded = items.map((item, index) => ({ item, index, context: contextOf(item.cond, longest) }));
    const outputs = new Array<Float32Array>(items.length);
    for (const group of groupBy(padded, ({ context }) => context.length)) {
      const out = await networks.unet({
        x: join(group.flatMap(({ item }) => (extra ? [item.x, extra] : [item.x]))),
        batch: group.length,
        height,
        width,
        timesteps: group.map(({ item }) => item.t),
        context: join(group.map(({ context }) => context)),
        tokens: group[0]!.context.length / networks.contextDim,
      });
      const size = out.length / group.length;
      group.forEach(({ index }, i) => (outputs[index] = out.slice(i * size, (i + 1) * size)));
    }
    return outputs;
  };
}

/** Shorter parts of an AND prompt repeat their last vector (prompt_parser.stack_conds). */
function contextOf(cond: Cond, longest: number): Float32Array {
  if (cond.negative || cond.tokens === longest) return cond.context;
  const width = cond.context.length / cond.tokens;
  const padded = new Float32Array(longest * width);
  padded.set(cond.context);
  const last = cond.context.subarray(cond.context.length - width);
  for (let token = cond.tokens; token < longest; token++) padded.set(last, token * width);
  return padded;
}

/**
 * The further channels of an inpainting UNet in txt2img: a mask of ones and the latent of a grey picture, which means
 * "everything is to be painted" (A1111 processing.py txt2img_image_conditioning). Null for ordinary models.
 */
async function imageConditioning(
  networks: Networks,
  [channels, height, width]: Shape,
): Promise<Float32Array | null> {
  if (networks.unetChannels === channels) return null;
  const area = height * width;
  const grey = await networks.encode(new Float32Array(3 * 64 * area), height * 8, width * 8);
  return join([new Float32Array(area).fill(1), grey]);
}

function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function groupBy<T>(values: readonly T[], key: (value: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group) group.push(value);
    else groups.set(key(value), [value]);
  }
  return [...groups.values()];
}
