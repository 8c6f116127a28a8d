// DeepCache (Ma et al. 2024): of so many evaluations one asks the whole network, which notes what comes up from its deep blocks; those after
// it ask the blocks above alone, and take that. What it does to the network is models/changes/deep-cache.ts. After an interruption the
// evaluation that noted it is made again, once, so that the picture is the same.
import { DEEP } from '../../models/changes/deep-cache.ts';
import type { Cond } from '../../models/cond.ts';
import type { NetworkCall, NetworkItem } from '../../sampling/network-call.ts';
import type { Control } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

const controls: readonly Control[] = [
  {
    ...{ kind: 'number', key: 'interval', label: 'Cache interval', min: 2, max: 10, step: 1, default: 3 },
    about: 'Of so many evaluations one is computed whole.',
  },
  {
    ...{ kind: 'number', key: 'branch', label: 'Cache branch', min: 0, max: 8, step: 1, default: 0 },
    about: 'How deep the blocks go that are computed each time: 0 leaves out the most.',
  },
];

export const deepCache: Extension = {
  name: 'DeepCache',
  title: 'DeepCache',
  about:
    'Keeps what the deep blocks of the UNet found for a few steps: a picture in less time, and another one.',
  paper: {
    title: 'DeepCache: Accelerating Diffusion Models for Free',
    address: 'https://arxiv.org/abs/2312.00858',
  },
  controls,
  text: fieldsText(controls, { interval: 'DeepCache interval', branch: 'DeepCache branch' }),
  network: ({ branch }) => [{ kind: 'deep-cache', branch: Number(branch) }],
  sampling: ({ interval }) => {
    let kept: readonly Kept[] = [];
    let ask: NetworkCall<Cond> | undefined;
    return {
      beforeModel: ({ items, evaluation, step, steps }) => {
        const fits = kept.length === items.length && items.every((item, i) => alike(item, kept[i]!.item));
        if (evaluation % Number(interval) === 0 || !fits) {
          kept = items.map((item) => ({ item, features: null }));
          return { items: kept.map(noting) };
        }
        const before = kept;
        const again = async () => {
          if (before.some(({ features }) => features === null))
            await ask!(before.map(noting), { step, steps });
        };
        const taken = items.map((item, i) => ({
          ...item,
          deep: async () => {
            await again();
            return before[i]!.features!;
          },
        }));
        return { items: taken };
      },
      aroundModel: (items, shown, network) => {
        ask = network;
        return network(items, shown);
      },
    };
  },
};

/** An item that the whole network was asked, and what it noted; null until it is computed. */
interface Kept {
  readonly item: NetworkItem<Cond>;
  features: Float32Array | null;
}

function noting(kept: Kept): NetworkItem<Cond> {
  const { item } = kept;
  return {
    ...item,
    onNote: (name, values) => {
      if (name === DEEP) kept.features = values;
      item.onNote?.(name, values);
    },
  };
}

function alike(a: NetworkItem<Cond>, b: NetworkItem<Cond>): boolean {
  return a.x.length === b.x.length && a.image === b.image && a.negative === b.negative;
}
