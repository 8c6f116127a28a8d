// What the page offers for an axis of a plot, and what it says of one that changes nothing.
import type { AxisType } from '../plots/axis-type.ts';
import type { App } from './state/app.svelte.ts';
import { plots as t } from './strings/plots.ts';
import { upscalerChoices } from './upscaler-choices.ts';
import { vaeFileName } from '../library/vae-choice.ts';

type Shelf = Pick<App, 'models' | 'settings'>;

/** All values that there are; none where any number or text will do. */
export function axisChoices(
  { names, choices = [] }: AxisType,
  { models, settings }: Shelf,
): readonly string[] {
  switch (names) {
    case 'checkpoints':
      return [...choices, ...models.checkpoints.map(({ name }) => name)];
    case 'vaes':
      return [...choices, ...models.vaes.map(vaeFileName)];
    case 'styles':
      return settings.prompts.styles.map(({ name }) => name);
    case 'upscalers':
      return upscalerChoices(models, choices, choices[0]!).map(({ value }) => value);
    default:
      return choices;
  }
}

/** Why such an axis changes nothing as things are set; null where it does. */
export function unmetNeed(
  { needs }: AxisType,
  { next, settings }: Pick<App, 'next' | 'settings'>,
): string | null {
  switch (needs) {
    case 'variation':
      return settings.run.extraSeed && settings.parameters.subseedStrength !== 0 ? null : t.needsVariation;
    case 'refiner':
      return next.refiner ? null : t.needsRefiner;
    case 'strength':
      return next.creating === 'img2img' || next.hires ? null : t.needsHires;
    case 'hires':
      return next.hires ? null : t.needsHires;
    default:
      return null;
  }
}
