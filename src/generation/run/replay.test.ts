// A run that is cut short anywhere and goes on ends as if nothing had happened, to the bit, with every sampler.
import { describe, expect, it } from 'vitest';
import { canDerive } from '../../../tests/derived-models.ts';
import { FORMULA_UNET } from '../../../tests/formula-networks.ts';
import { watchedModels } from '../../../tests/golden-models.ts';
import { networksOf } from '../../../tests/golden-runs.ts';
import { nodeNetworks } from '../../../tests/node-networks.ts';
import { readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel } from '../../../tests/tiny-model.ts';
import { vaeOutputToPixels, type PixelImage } from '../../image/pixels.ts';
import { encodePng } from '../../image/png.ts';
import { SAMPLERS } from '../../sampling/registry.ts';
import { CondCache, encodePrompts, type Conditions } from '../recipes/conditioning.ts';
import { SD1 } from '../../families/sd1.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import { Replay } from './replay.ts';
import { paintHires } from '../recipes/hires.ts';
import { sampleImg2Img, startImg2Img } from '../recipes/img2img.ts';
import { sampleTxt2Img } from '../recipes/txt2img.ts';
import {
  DEFAULT_HIRES,
  DEFAULT_IMG2IMG,
  DEFAULT_INPAINT,
  DEFAULT_PARAMETERS,
  DEFAULT_SOFT_INPAINTING,
  type GenerationParameters,
  type Inpaint,
} from '../request/request.ts';
import type { Evaluation } from '../request/continuation.ts';

/** The GPU is lost at this call of the UNet. */
function failingAt(networks: SampledNetworks, call: number): SampledNetworks {
  let calls = 0;
  return {
    ...networks,
    unet: (inputs) => {
      if (calls++ === call) return Promise.reject(new Error('lost'));
      return networks.unet(inputs);
    },
  };
}

/** What img2img paints over. */
const SOURCE: PixelImage = {
  width: 80,
  height: 72,
  channels: 3,
  data: Uint8Array.from({ length: 80 * 72 * 3 }, (_, i) => 128 + 127 * Math.sin(i / 50)),
};

const PICTURE = { file: new Blob(), sha256: '', size: null };
const INPAINTS: Readonly<Record<string, Inpaint>> = {
  inpaint: { ...DEFAULT_INPAINT, mask: PICTURE, maskedContent: 'latent noise', inpaintArea: 'Only masked' },
  'soft inpainting': { ...DEFAULT_INPAINT, mask: PICTURE, soft: DEFAULT_SOFT_INPAINTING },
};

interface Run {
  readonly latents: Float32Array | null;
  readonly evaluations: Evaluation[];
  /** Calls that the UNet answered anew. */
  readonly computed: number;
}

async function run(
  networks: SampledNetworks,
  parameters: GenerationParameters,
  conditions: Conditions,
  past: readonly Evaluation[] = [],
): Promise<Run> {
  const evaluations = [...past];
  let computed = 0;
  const replay = new Replay(past, (index, evaluation) => {
    evaluations.length = index;
    evaluations.push(evaluation);
    computed += 1;
  });
  const batch = { first: 0, size: parameters.batchSize };
  const remembering = replay.over(networks);
  const { img2img } = parameters;
  try {
    const sampling = img2img
      ? sampleImg2Img(
          remembering,
          parameters,
          img2img,
          await startImg2Img(networks, parameters, img2img, { source: SOURCE, mask: SOURCE }),
          conditions,
          batch,
        )
      : sampleTxt2Img(remembering, parameters, conditions, batch);
    for (;;) {
      const next = await sampling.next();
      if (next.done) return { latents: next.value, evaluations, computed };
    }
  } catch (error) {
    if ((error as Error).message !== 'lost') throw error;
    return { latents: null, evaluations, computed };
  }
}

/** eps(x, t) with a different answer for each condition; rounding as a GPU's, in float32. */
const analytic: SampledNetworks = {
  family: SD1,
  contextDim: 4,
  vectorDim: null,
  prediction: 'epsilon',
  buffers: {},
  latentChannels: 4,
  unetConfig: FORMULA_UNET,
  unetChannels: 4,
  scaleFactor: 1,
  encode: () => Promise.reject(new Error('no encoder')),
  unet: ({ x, batch, timesteps, context }) =>
    Promise.resolve(
      x.map((value, i) => {
        const item = Math.floor(i / (x.length / batch));
        const share = 0.6 + (0.4 * timesteps[item]!) / 1000;
        return value * share + 0.1 * Math.tanh(value * context[item * (context.length / batch)]!);
      }),
    ),
};

const context = (value: number) => new Float32Array(77 * 4).fill(value);
const conditions: Conditions = {
  positive: [
    {
      weight: 1,
      // Prompt editing: another prompt from the eighth evaluation on.
      schedule: [
        [6, { context: context(0.7), tokens: 77, vector: null }],
        [99, { context: context(-1.2), tokens: 77, vector: null }],
      ],
    },
  ],
  negative: [[99, { context: context(0.2), tokens: 77, vector: null }]],
  padded: null,
  truncated: [],
  embeddings: [],
};

const SMALL: GenerationParameters = {
  ...DEFAULT_PARAMETERS,
  steps: 8,
  seed: 11,
  width: 64,
  height: 64,
  batchSize: 2,
};

describe('on an analytic network', () => {
  it.each(SAMPLERS.map(({ name }) => name))('%s goes on as if nothing had happened', async (sampler) => {
    const parameters = { ...SMALL, sampler };
    const whole = await run(analytic, parameters, conditions);
    const calls = whole.evaluations.length;
    expect(whole.latents?.every(Number.isFinite)).toBe(true);
    for (const cut of [0, 1, Math.floor(calls / 2), calls - 1]) {
      const lost = await run(failingAt(analytic, cut), parameters, conditions);
      expect(lost.latents).toBeNull();
      expect(lost.evaluations).toHaveLength(cut);
      const resumed = await run(analytic, parameters, conditions, lost.evaluations);
      expect(resumed.computed).toBe(calls - cut);
      expect(resumed.latents).toEqual(whole.latents);
      // Nothing is left to compute once all is known.
      expect((await run(failingAt(analytic, 0), parameters, conditions, whole.evaluations)).latents).toEqual(
        whole.latents,
      );
    }
  });

  it.each(SAMPLERS.map(({ name }) => name))(
    '%s goes on likewise where steps are forecast',
    async (sampler) => {
      const settings = { ...SMALL.settings, spectrumWindow: 3 };
      const parameters = { ...SMALL, sampler, steps: 16, settings };
      const whole = await run(analytic, parameters, conditions);
      const calls = whole.evaluations.length;
      expect(calls).toBeLessThan(
        (await run(analytic, { ...SMALL, sampler, steps: 16 }, conditions)).computed,
      );
      expect(whole.latents?.every(Number.isFinite)).toBe(true);
      for (const cut of [1, Math.floor(calls / 2), calls - 1]) {
        const lost = await run(failingAt(analytic, cut), parameters, conditions);
        const resumed = await run(analytic, parameters, conditions, lost.evaluations);
        expect(resumed.computed).toBe(calls - cut);
        expect(resumed.latents).toEqual(whole.latents);
      }
    },
  );

  it('trusts nothing that answers another question', async () => {
    const whole = await run(analytic, SMALL, conditions);
    const other = await run(analytic, { ...SMALL, seed: 12 }, conditions);
    expect((await run(analytic, SMALL, conditions, other.evaluations)).latents).toEqual(whole.latents);

    const past = whole.evaluations.slice(0, 5);
    past[2] = { input: past[2]!.input, output: new Float32Array(3) };
    const resumed = await run(analytic, SMALL, conditions, past);
    expect(resumed.computed).toBe(whole.evaluations.length - 2);
    expect(resumed.latents).toEqual(whole.latents);
    expect(resumed.evaluations).toEqual(whole.evaluations);
  });
});

const model = tinyModels().find(
  (name) => readReferenceJson<{ readonly family: string }>('models', name, 'config.json').family === 'sd1',
);

it.runIf(model !== undefined).each([
  ['Euler a', 'txt2img'],
  ['DPM++ 2M SDE', 'txt2img'],
  ['UniPC', 'txt2img'],
  ['DPM++ SDE', 'img2img'],
  ['DDIM', 'img2img'],
  ['DPM++ 2M SDE', 'inpaint'],
  ['DDIM', 'soft inpainting'],
])('%s draws the same file on a real network: %s', async (sampler, recipe) => {
  const networks = await nodeNetworks(await loadTinyModel(String(model)), 'epsilon');
  const parameters = {
    ...SMALL,
    sampler,
    steps: 6,
    batchSize: 1,
    prompt: 'a lighthouse',
    negativePrompt: 'fog',
    img2img:
      recipe === 'txt2img'
        ? null
        : { source: PICTURE, ...DEFAULT_IMG2IMG, inpaint: INPAINTS[recipe] ?? null },
  };
  const conds = await encodePrompts(networks, parameters, new CondCache());
  const draw = async (latents: Float32Array | null) => {
    const pixels = vaeOutputToPixels(await networks.decode(latents!, 8, 8), 64, 64);
    return encodePng(pixels, { parameters: sampler });
  };
  const whole = await run(networks, parameters, conds);
  const lost = await run(failingAt(networks, 2), parameters, conds);
  const resumed = await run(networks, parameters, conds, lost.evaluations);
  expect(resumed.computed).toBe(whole.evaluations.length - 2);
  expect(await draw(resumed.latents)).toEqual(await draw(whole.latents));
});

describe.runIf(canDerive('tiny-sd1-flip'))('a run of two passes with a refiner in both', () => {
  const parameters: GenerationParameters = {
    ...SMALL,
    steps: 3,
    batchSize: 1,
    sampler: 'Euler a',
    prompt: 'a [red:blue:1.5] lighthouse',
    settings: { ...DEFAULT_PARAMETERS.settings, hiresFixRefinerPass: 'both passes' },
    hires: { ...DEFAULT_HIRES, scale: 1.5, upscaler: 'Lanczos' },
    refiner: { checkpoint: { sha256: 'f', name: 'tiny-sd1-flip' }, switchAt: 0.5 },
  };

  /** `failing`: the call of the UNet at which the GPU is lost, of any model. */
  async function paint(past: readonly Evaluation[], failing = Infinity): Promise<Run> {
    const evaluations = [...past];
    let computed = 0;
    const replay = new Replay(past, (index, evaluation) => {
      evaluations.length = index;
      evaluations.push(evaluation);
      computed += 1;
    });
    const models = await watchedModels({ sha256: 'o', name: 'tiny-sd1' }, networksOf, (networks) => {
      const unet: SampledNetworks['unet'] = (inputs) =>
        computed >= failing ? Promise.reject(new Error('lost')) : networks.unet(inputs);
      return { ...networks, ...replay.over({ ...networks, unet }) };
    });
    const run = paintHires(models, parameters, parameters.hires!, null, { first: 0, size: 1 });
    try {
      for (;;) {
        const next = await run.next();
        if (!next.done) continue;
        expect(models.used).toEqual(['tiny-sd1', 'tiny-sd1-flip', 'tiny-sd1', 'tiny-sd1-flip']);
        return { latents: next.value.data, evaluations, computed };
      }
    } catch (error) {
      if ((error as Error).message !== 'lost') throw error;
      return { latents: null, evaluations, computed };
    }
  }

  it('goes on as if nothing had happened, wherever it was cut short', async () => {
    const whole = await paint([]);
    const calls = whole.evaluations.length;
    expect(calls).toBe(6);
    // In the first pass, just before its refiner, at the second pass's start, in its refiner.
    for (const cut of [1, 2, 3, 5]) {
      const lost = await paint([], cut);
      expect([lost.latents, lost.evaluations.length]).toEqual([null, cut]);
      const resumed = await paint(lost.evaluations);
      expect(resumed.computed).toBe(calls - cut);
      expect(resumed.latents).toEqual(whole.latents);
    }
  });
});
