// Smoothed Energy Guidance (Hong 2024, arXiv 2408.00760), as sd-webui-incantations has it: in the middle block the negative prompt's
// self-attention asks with blurred queries, so that guidance leads away from what has no clear structure.
import { SMOOTHED } from '../../models/attention-changes.ts';
import type { Control } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

const step = { kind: 'number', min: 0, max: 150, step: 1 } as const;
const controls: readonly Control[] = [
  {
    ...{ kind: 'number', key: 'sigma', label: 'SEG Blur Sigma', min: 0.5, max: 11, step: 0.5, default: 11 },
    about: 'As a power of 2: 3 blurs by 8 places. 11 blurs without end. A CFG scale of 3 is advised.',
  },
  { ...step, key: 'start', label: 'Start Step', default: 0 },
  { ...step, key: 'end', label: 'End Step', default: 150 },
];

export const smoothedEnergyGuidance: Extension = {
  name: 'Smoothed Energy Guidance',
  title: 'Smoothed Energy Guidance (SEG)',
  about: 'Sounder shapes by guiding away from what the network makes of blurred attention. It takes no time.',
  paper: {
    title: 'Smoothed Energy Guidance: Guiding Diffusion Models with Reduced Energy Curvature of Attention',
    address: 'https://arxiv.org/abs/2408.00760',
  },
  controls,
  text: fieldsText(
    controls,
    { sigma: 'SEG Blur Sigma', start: 'SEG Start Step', end: 'SEG End Step' },
    'SEG Active',
  ),
  network: ({ sigma }) => [
    { kind: 'smoothed-queries', layers: 'middle_block', sigma: placesOf(Number(sigma)) },
  ],
  sampling: ({ start, end }) => ({
    beforeModel({ step: now, items }) {
      if (now < Number(start) || now > Number(end)) return {};
      const smoothed = (item: (typeof items)[number]) =>
        item.negative ? { ...item, marks: { ...item.marks, [SMOOTHED]: 1 } } : item;
      return { items: items.map(smoothed) };
    },
  }),
};

/** Null: without end. */
function placesOf(power: number): number | null {
  return power > 10.5 ? null : 2 ** power;
}
