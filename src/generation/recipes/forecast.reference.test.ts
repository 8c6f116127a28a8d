// How far step forecasting takes a picture from the one that is computed whole, on the tiny models, whose weights are random, and
// on the demo model, which is trained. Its numbers are printed: they are what docs/performance says.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { familyOf } from '../../families/families.ts';
import { computedEvaluations } from '../../sampling/forecast.ts';
import { getSampler, totalSteps } from '../../sampling/registry.ts';
import type { Networks } from '../../runtime/networks.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../request/request.ts';
import { nodeNetworks } from '../../../tests/node-networks.ts';
import { openWhole } from '../../../tests/opened-checkpoint.ts';
import { firstOfEachKind, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { loadTinyModel } from '../../../tests/tiny-model.ts';
import { CondCache, encodePrompts, type Conditions } from './conditioning.ts';
import { sampleTxt2Img } from './txt2img.ts';

const STEPS = 20;
const DEMO = 'public/demo/darkroom-demo';

interface Subject {
  readonly name: string;
  readonly side: number;
  open(): Promise<Networks>;
}

const PREDICTIONS = { eps: 'epsilon', v: 'v', x0: 'sample' } as const;

const subjects: Subject[] = tinyModels()
  .filter((name) => firstOfEachKind().has(name))
  .map((name) => ({
    name,
    side: 64,
    async open() {
      const config = readReferenceJson<{ readonly parameterization: keyof typeof PREDICTIONS }>(
        ...['models', name, 'config.json'],
      );
      return nodeNetworks(await loadTinyModel(name), PREDICTIONS[config.parameterization]);
    },
  }));

if (existsSync(`${DEMO}.safetensors`))
  subjects.push({
    name: 'demo model',
    side: 128,
    async open() {
      const opened = await openWhole(readFileSync(`${DEMO}.safetensors`), readFileSync(`${DEMO}.yaml`));
      const { detection, buffers } = opened;
      const { unet, vae, textEncoders } = detection.networks!;
      const model = {
        ...opened,
        name: DEMO,
        family: familyOf(detection.kind)!,
        unet,
        vae: vae!,
        textEncoders,
      };
      return { ...(await nodeNetworks(model, detection.prediction!.value!)), buffers };
    },
  });

if (subjects.length === 0) it.skip('there is no model', () => undefined);

describe.each(subjects)('$name', ({ name, side, open }) => {
  it('comes near the whole run with about half of its calls', async () => {
    const networks = await open();
    let calls = 0;
    const counting: Networks = {
      ...networks,
      unet: (inputs) => {
        calls += 1;
        return networks.unet(inputs);
      },
    };
    const paint = async (parameters: GenerationParameters, conditions: Conditions) => {
      calls = 0;
      const run = sampleTxt2Img(counting, parameters, conditions, { first: 0, size: 1 });
      let next = await run.next();
      while (!next.done) next = await run.next();
      return next.value;
    };
    for (const sampler of ['Euler', 'DPM++ 2M', 'Euler a', 'DDIM']) {
      const whole: GenerationParameters = {
        ...DEFAULT_PARAMETERS,
        ...{ prompt: 'sunset over the sea', sampler, steps: STEPS, seed: 1, width: side, height: side },
      };
      const settings = { ...whole.settings, spectrumWindow: 2 };
      const conditions = await encodePrompts(networks, whole, new CondCache());
      const expected = await paint(whole, conditions);
      const all = calls;
      const latents = await paint({ ...whole, settings }, conditions);
      // A sampler may end before the evaluations that are reckoned with.
      expect(calls).toBeLessThanOrEqual(computedEvaluations(totalSteps(getSampler(sampler), STEPS), 2));
      expect(calls).toBeLessThan(all);
      const error = relativeRms(latents, expected);
      console.log(`${name}, ${sampler}: ${calls} of ${all} calls, error ${error.toPrecision(2)}`);
      expect(error).toBeGreaterThan(0);
      // An unrelated picture is off by more than all there is of this one.
      expect(error).toBeLessThan(1);
    }
  });
});

/** Root mean square of the difference, over that of what is expected. */
function relativeRms(actual: Float32Array, expected: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(actual.map((value, i) => value - expected[i]!)) / squares(expected));
}
