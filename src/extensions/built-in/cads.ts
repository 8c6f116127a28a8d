// CADS (sampling/guidance/annealed-condition.ts), with the controls and fields of sd-webui-cads. Its noise is drawn of the picture's own
// seed, as it is there for a single picture, so that a picture comes out alike alone and in a batch.
import type { Cond } from '../../models/cond.ts';
import {
  annealedCondition,
  annealing,
  type AnnealingOptions,
} from '../../sampling/guidance/annealed-condition.ts';
import type { NetworkItem } from '../../sampling/network-call.ts';
import { createGenerator } from '../../sampling/random/generator.ts';
import type { Control } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { fieldsText, type ExtensionText } from '../text.ts';

const part = { kind: 'number', min: 0, max: 1 } as const;

const controls: readonly Control[] = [
  {
    ...{ ...part, key: 'tau1', label: 'Tau 1', step: 0.05, default: 0.6 },
    about: 'Part of the way that is left when the prompt is told in full; 1 is the start.',
  },
  {
    ...{ ...part, key: 'tau2', label: 'Tau 2', step: 0.05, default: 0.9 },
    about: 'Part of the way that is left when it begins to be told.',
  },
  {
    ...{ ...part, key: 'noiseScale', label: 'Noise Scale', step: 0.01, default: 0.25 },
    about: 'Strength of the noise; 0.3 or less is advised.',
  },
  {
    ...{ ...part, key: 'mixing', label: 'Mixing Factor', step: 0.01, default: 1 },
    about: 'Lower makes pictures differ more, and go astray more often.',
  },
  { kind: 'checkbox', key: 'rescale', label: 'Rescale CFG', default: true },
  {
    ...{ kind: 'checkbox', key: 'hires', label: 'Apply to Hires. Fix', default: false },
    about: 'Needs a very high denoising strength.',
  },
];

const HIRES = 'CADS Apply To Hires. Fix';
/** What A1111 takes for that field's name in a text, since names have no full stops there. */
const HIRES_AS_READ = 'Fix';

const fields = fieldsText(
  controls,
  {
    ...{ tau1: 'CADS Tau 1', tau2: 'CADS Tau 2', noiseScale: 'CADS Noise Scale' },
    ...{ mixing: 'CADS Mixing Factor', rescale: 'CADS Rescale', hires: HIRES },
  },
  'CADS Active',
);

const text: ExtensionText = {
  ...fields,
  reads: (name, value) => fields.reads(name === HIRES_AS_READ ? HIRES : name, value),
  read: (told) => fields.read(HIRES_AS_READ in told ? { ...told, [HIRES]: told[HIRES_AS_READ] } : told),
};

export const cads: Extension = {
  name: 'CADS',
  title: 'CADS, condition-annealed sampling',
  about: 'Makes pictures of one prompt differ more, by noise over what the network is told of it.',
  paper: {
    title: 'CADS: Unleashing the Diversity of Diffusion Models through Condition-Annealed Sampling',
    address: 'https://arxiv.org/abs/2310.17347',
  },
  controls,
  text,
  sampling({ tau1, tau2, noiseScale, mixing, rescale, hires }, { pass, seeds, steps, rng }) {
    if (pass === 'second' && hires !== true) return {};
    const options: AnnealingOptions = {
      ...{ tau1: Number(tau1), tau2: Number(tau2), noiseScale: Number(noiseScale), mixing: Number(mixing) },
      rescale: rescale === true,
    };
    const generators = seeds.map((seed) => createGenerator(rng, seed));
    return {
      beforeModel({ step, items }) {
        const amount = annealing(options, step, steps);
        const changed = [...items];
        generators.forEach((generator, image) => {
          const places = [...items.keys()].filter((place) => items[place]!.image === image);
          const conds = annealed(
            places.map((place) => items[place]!),
            (values) => annealedCondition(values, generator.randn(values.length), amount, options),
          );
          places.forEach((place, i) => (changed[place] = { ...items[place]!, cond: conds[i]! }));
        });
        return { items: changed };
      },
    };
  },
};

/**
 * What one image's items are told. Noise is drawn for the contexts first, then for the vectors; of each for the positive prompt, then for
 * the negative one, also where an evaluation leaves that out.
 */
function annealed(
  items: readonly NetworkItem<Cond>[],
  noised: (values: Float32Array) => Float32Array,
): readonly Cond[] {
  const negative = items.find((item) => item.negative);
  const asked = [...items.filter((item) => !item.negative), negative ?? items[0]!].map(({ cond }) => cond);
  const contexts = asked.map(({ context }) => noised(context));
  const vectors = asked.map(({ vector }) => vector && noised(vector));
  const told = asked.map((cond, i) => ({ ...cond, context: contexts[i]!, vector: vectors[i]! }));
  return items.map((item, i) => (item.negative ? told.at(-1)! : told[i]!));
}
