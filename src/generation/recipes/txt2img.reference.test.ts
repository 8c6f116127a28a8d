// Whole runs of the tiny models, from prompt to picture, step for step as the reference programs computed them.
import { describe, expect, it } from 'vitest';
import { nodeNetworks } from '../../../tests/node-networks.ts';
import { readReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel, readExpected, relativeError, type Tensors } from '../../../tests/tiny-model.ts';
import { vaeOutputToPixels } from '../../image/pixels.ts';
import { decodePng } from '../../image/png.ts';
import type { Prediction } from '../../sampling/types.ts';
import { SAMPLERS } from '../../sampling/registry.ts';
import { CondCache, encodePrompts } from './conditioning.ts';
import { sampleTxt2Img } from './txt2img.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../request/request.ts';

interface Index {
  readonly text: readonly { readonly key: string; readonly prompt: string }[];
  readonly trajectories?: readonly {
    readonly file: string;
    readonly sampler: string;
    readonly steps: number;
    readonly cfg_scale: number;
    /** "cond = p1, uncond = p0"; SDXL: "... (crossattn, vector0)". */
    readonly conditioning: string;
    readonly updates: number;
  }[];
}

interface Config {
  readonly parameterization: 'eps' | 'v' | 'x0';
}

const PREDICTION: Readonly<Record<Config['parameterization'], Prediction>> = {
  eps: 'epsilon',
  v: 'v',
  x0: 'sample',
};

type Told = [height: number, width: number, cropTop: number, cropLeft: number, score: number];

const CONDITIONING = /^cond = (\w+), uncond = (\w+)(?: \(crossattn, vector(\d)\))?$/;

/** The models' README: 8-step trajectories in float32. */
const TOLERANCE = 1e-4;

describe.each(tinyModels())('%s', (name) => {
  const index = readReferenceJson<Index>('models', name, 'index.json');
  const config = readReferenceJson<Config>('models', name, 'config.json');
  const trajectories = index.trajectories ?? [];
  if (trajectories.length === 0) it.skip('has no trajectories', () => undefined);

  it.each(trajectories)('$sampler, $steps steps', async (trajectory) => {
    const expected = (await readExpected(name, trajectory.file))!;
    const networks = await nodeNetworks(await loadTinyModel(name), PREDICTION[config.parameterization]);
    const [, cond, uncond, vector] = CONDITIONING.exec(trajectory.conditioning)!;
    const prompt = (key: string) => index.text.find((text) => text.key === key)!.prompt;
    const noise = expected.get('noise')!;
    const [batch, , height, width] = noise.dims as [number, number, number, number];

    const parameters: GenerationParameters = {
      ...DEFAULT_PARAMETERS,
      prompt: prompt(cond!),
      negativePrompt: prompt(uncond!),
      sampler: samplerNamed(trajectory.sampler),
      steps: trajectory.steps,
      cfgScale: trajectory.cfg_scale,
      seed: 0,
      height: height * 8,
      width: width * 8,
    };
    // The vector of SDXL's tells of other sizes than the picture's.
    const told = vector ? toldSizes((await readExpected(name, 'text.safetensors'))!, Number(vector)) : {};
    const run = sampleTxt2Img(
      networks,
      parameters,
      await encodePrompts(networks, { ...parameters, ...told }, new CondCache()),
      { first: 0, size: batch },
      {
        noise: {
          next: () => noise.data.slice(),
          brownian: () => {
            throw new Error('These samplers draw no Brownian noise.');
          },
        },
      },
    );

    let steps = 0;
    let next = await run.next();
    for (; !next.done; next = await run.next()) {
      steps = next.value.step;
      expect(relativeError(next.value.x, expected.get(`x.${steps}`)!.data)).toBeLessThan(TOLERANCE);
      const denoised = expected.get(`denoised.${steps - 1}`);
      if (denoised) expect(relativeError(next.value.denoised, denoised.data)).toBeLessThan(TOLERANCE);
    }
    expect(steps).toBe(trajectory.updates);
    expect(relativeError(next.value, expected.get(`x.${steps}`)!.data)).toBeLessThan(TOLERANCE);

    const image = await networks.decode(next.value, height, width);
    const whole = expected.get('image');
    if (whole) expect(relativeError(image, whole.data)).toBeLessThan(TOLERANCE);
    const pixels = vaeOutputToPixels(image, width * 8, height * 8).data;
    const picture = readReference('models', name, trajectory.file.replace(/safetensors$/, 'png'));
    const { data } = await decodePng(picture);
    expect(data).toHaveLength(pixels.length);
    expect(pixels.filter((value, i) => Math.abs(value - data[i]!) > 1)).toHaveLength(0);
  });
});

/** Row `row` of (height, width, crop top, crop left, then target sizes or one aesthetic score for both prompts). */
function toldSizes(text: Tensors, row: number): Partial<GenerationParameters> {
  const { dims, data } = text.get('sizes')!;
  const [height, width, sdxlCropTop, sdxlCropLeft, score] = [...data.subarray(row * dims[1]!)] as Told;
  const scores = { sdxlLowAestheticScore: score, sdxlHighAestheticScore: score };
  return {
    height,
    width,
    settings: { ...DEFAULT_PARAMETERS.settings, sdxlCropTop, sdxlCropLeft, ...scores },
  };
}

/** "euler" of the index is A1111's "Euler". */
function samplerNamed(name: string): string {
  const sampler = SAMPLERS.find(
    (candidate) =>
      candidate.name.toLowerCase() === name.toLowerCase() || candidate.aliases.includes(`k_${name}`),
  );
  if (!sampler) throw new Error(`No sampler is called ${name}.`);
  return sampler.name;
}
