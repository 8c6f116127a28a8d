// How calls of the network are put together: what lies together, what is cut out for tiles, what changed networks are told.
import { expect, it } from 'vitest';
import { FORMULA_NETWORKS } from '../../../tests/formula-networks.ts';
import type { ControlledInputs } from '../../models/control/units.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import type { NetworkItem } from '../../sampling/network-call.ts';
import { DEFAULT_PARAMETERS } from '../request/request.ts';
import { CondCache, encodePrompts, type Cond } from './conditioning.ts';
import { sampledModel } from './sampling-request.ts';

it('gives tiles what lies over them of the picture beside the latent, those of one size together', async () => {
  const asked: ControlledInputs[] = [];
  const further = 1;
  const { latentChannels } = FORMULA_NETWORKS;
  const networks: SampledNetworks = {
    ...FORMULA_NETWORKS,
    unetChannels: latentChannels + further,
    unet: (inputs) => {
      asked.push(inputs);
      return Promise.resolve(new Float32Array(inputs.batch * latentChannels * inputs.height * inputs.width));
    },
  };
  const parameters = { ...DEFAULT_PARAMETERS, width: 96, height: 64 };
  const conditions = await encodePrompts(FORMULA_NETWORKS, parameters, new CondCache());
  const [height, width] = [8, 12];
  const imageConditioning = Float32Array.from({ length: height * width }, (_, i) => i);
  const { network } = await sampledModel(
    ...([networks, parameters, conditions, { first: 0, size: 1 }, { imageConditioning }] as const),
  );
  const cond = conditions.negative[0]![1];
  const item = (area?: NetworkItem<Cond>['area']): NetworkItem<Cond> => {
    const cells = area ? (area.bottom - area.top) * (area.right - area.left) : height * width;
    return { x: new Float32Array(latentChannels * cells), t: 1, cond, image: 0, ...(area && { area }) };
  };
  const tiles = [0, 4].map((left) => item({ top: 2, left, bottom: 5, right: left + 4 }));
  const answers = await network([item(), ...tiles], { step: 0, steps: 1 });
  expect(answers.map(({ length }) => length / latentChannels)).toEqual([96, 12, 12]);
  expect(asked.map((inputs) => [inputs.batch, inputs.height, inputs.width])).toEqual([
    [1, 8, 12],
    [2, 3, 4],
  ]);
  const [, { x }] = asked as [ControlledInputs, ControlledInputs];
  const cut = [0, 1].map((tile) => [...x.subarray((tile + 1) * 60 - 12, (tile + 1) * 60)]);
  const rows = (left: number) =>
    [2, 3, 4].flatMap((row) => [0, 1, 2, 3].map((at) => row * width + left + at));
  expect(cut).toEqual([rows(0), rows(4)]);
});
