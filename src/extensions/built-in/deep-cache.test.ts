// DeepCache in runs of the tiny models: how many calls of the whole network it saves and how far it takes the picture; its numbers are printed
// and stand in docs/performance. After an interruption the result is the same.
import { describe, expect, it } from 'vitest';
import { networksOf } from '../../../tests/golden-runs.ts';
import { firstOfEachKind, tinyModels } from '../../../tests/reference-dir.ts';
import { CondCache, encodePrompts } from '../../generation/recipes/conditioning.ts';
import { sampleTxt2Img } from '../../generation/recipes/txt2img.ts';
import type { Evaluation } from '../../generation/request/continuation.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../../generation/request/request.ts';
import { Replay } from '../../generation/run/replay.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import { deepCache } from './deep-cache.ts';

const STEPS = 10;
const models = tinyModels().filter((name) => firstOfEachKind().has(name));
if (models.length === 0) it.skip('there is no model', () => undefined);

describe.each(models)('%s', (name) => {
  it('leaves the deep blocks out of two of three calls, and goes on to the same', async () => {
    const networks = await networksOf(name);
    const whole: GenerationParameters = {
      ...DEFAULT_PARAMETERS,
      ...{ prompt: 'sunset over the sea', sampler: 'Euler', steps: STEPS, seed: 1, width: 64, height: 64 },
    };
    const cached = {
      ...whole,
      extensions: [{ name: deepCache.name, values: { interval: 3, branch: 0 } }],
    };
    const conditions = await encodePrompts(networks, whole, new CondCache());
    let calls = 0;
    const paint = async (
      parameters: GenerationParameters,
      over: (of: SampledNetworks) => SampledNetworks,
    ) => {
      calls = 0;
      const counted: SampledNetworks = {
        ...networks,
        unet: (inputs) => {
          if (!inputs.takeDeep) calls += 1;
          return networks.unet(inputs);
        },
      };
      const run = sampleTxt2Img(over(counted), parameters, conditions, { first: 0, size: 1 });
      let next = await run.next();
      while (!next.done) next = await run.next();
      return next.value;
    };
    const expected = await paint(whole, (same) => same);
    const evaluations: Evaluation[] = [];
    const noting = new Replay([], (index, evaluation) => (evaluations[index] = evaluation));
    const result = await paint(cached, (same) => noting.over(same));
    expect(calls).toBe(Math.ceil(STEPS / 3));
    const error = relativeRms(result, expected);
    console.log(`${name}: ${calls} of ${STEPS} calls whole, error ${error.toPrecision(2)}`);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(1);
    // Cut short right before an evaluation that takes what the last whole one kept.
    const again = new Replay(evaluations.slice(0, 5), () => undefined);
    expect(await paint(cached, (same) => again.over(same))).toEqual(result);
  });
});

/** Root mean square of the difference, over that of what is expected. */
function relativeRms(actual: Float32Array, expected: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(actual.map((value, i) => value - expected[i]!)) / squares(expected));
}
