// "Tiling": a picture drawn with it has no edges. Drawn from noise that is shifted around, it is the same picture shifted around, so
// that no place in it, and no line between two of its pixels, differs from others by lying at the edge.
import { expect, it } from 'vitest';
import { networksOf } from '../../../tests/golden-runs.ts';
import { tinyModels } from '../../../tests/reference-dir.ts';
import { shifted } from '../../../tests/shifted.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import type { Planes } from '../../image/tiles.ts';
import type { NoiseSource } from '../../sampling/random/types.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../request/request.ts';
import { CondCache, encodePrompts } from './conditioning.ts';
import { noiseOf } from './sampling-request.ts';
import { sampleTxt2Img } from './txt2img.ts';

/** Cells; of whole pixels of the UNet's coarsest level. */
const [DOWN, RIGHT] = [8, 16];
/** Steps multiply what sums in another order change. */
const TOLERANCE = 1e-3;
const BATCH = { first: 0, size: 1 };

const model = tinyModels()[0];

it.skipIf(model === undefined).each(['Euler', 'DDIM'])('a picture has no edges, by %s', async (sampler) => {
  const draw = async (tiling: boolean, shift: (planes: Planes) => Planes): Promise<Planes> => {
    const parameters: GenerationParameters = {
      ...DEFAULT_PARAMETERS,
      ...{ prompt: 'bricks', seed: 1, steps: 4, width: 256, height: 128, sampler },
      settings: { ...DEFAULT_PARAMETERS.settings, tiling },
    };
    const networks = await networksOf(model!, parameters.settings);
    const { latentChannels: channels } = networks;
    const [height, width] = [parameters.height / 8, parameters.width / 8];
    const own = noiseOf(parameters, BATCH, channels);
    const noise: NoiseSource = {
      next: () => shift({ data: own.next(), channels, height, width }).data,
      brownian: (...sigmas) => own.brownian(...sigmas),
    };
    const conditions = await encodePrompts(networks, parameters, new CondCache());
    const run = sampleTxt2Img(networks, parameters, conditions, BATCH, { noise });
    let next = await run.next();
    while (!next.done) next = await run.next();
    const image = await networks.decode(next.value, height, width);
    return { data: image, channels: 3, height: parameters.height, width: parameters.width };
  };
  const difference = async (tiling: boolean): Promise<number> => {
    const plain = await draw(tiling, (planes) => planes);
    const moved = await draw(tiling, (planes) => shifted(planes, DOWN, RIGHT));
    return relativeError(moved.data, shifted(plain, 8 * DOWN, 8 * RIGHT).data);
  };
  expect(await difference(true)).toBeLessThan(TOLERANCE);
  expect(await difference(false)).toBeGreaterThan(10 * TOLERANCE);
});
