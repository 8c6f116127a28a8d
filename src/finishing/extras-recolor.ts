// The Extras tab's Recolor, which A1111 has from the ControlNet extension: the picture in the colours of another, its own light kept.
import type { ExtrasStep } from './extras-step.ts';
import { recolored } from './recolor.ts';

export const recolor: ExtrasStep = {
  name: 'Recolor',
  isOn: ({ recolor: { on, colors } }) => on && colors !== null,
  process({ image, info }, { recolor: { keep, gamma, colors } }, { colors: taken }) {
    if (!taken) return [{ image, info }];
    const said = new Map(info)
      .set('Recolor', keep)
      .set('Recolor gamma', gamma)
      .set('Recolor colors', colors?.name ?? '');
    return [{ image: recolored(image, taken, keep, gamma), info: said }];
  },
};
