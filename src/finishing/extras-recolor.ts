// The Extras tab's Recolor: the picture in the colours of another, its own light kept, as the ControlNet extension has it, or in those
// that a network finds (DDColor).
import type { ExtrasStep } from './extras-step.ts';
import { recolored } from './recolor.ts';

export const recolor: ExtrasStep = {
  name: 'Recolor',
  isOn: ({ recolor: { on, colors, colorizer } }) => on && (colorizer ?? colors) !== null,
  async process({ image, info }, { recolor: request }, { colors: taken, colorize }) {
    const { keep, gamma, colors, colorizer } = request;
    if (colorizer) {
      const said = new Map(info).set('Recolor', 'Network').set('Recolor colors', colorizer.name);
      return [{ image: await colorize(image, colorizer), info: said }];
    }
    if (!taken) return [{ image, info }];
    const said = new Map(info)
      .set('Recolor', keep)
      .set('Recolor gamma', gamma)
      .set('Recolor colors', colors?.name ?? '');
    return [{ image: recolored(image, taken, keep, gamma), info: said }];
  },
};
