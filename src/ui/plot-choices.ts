// What the page offers for an axis of a plot, and what it says of one that changes nothing.
import type { AxisType } from '../plots/axes.ts';
import type { App } from './state/app.svelte.ts';
import { plots as t } from './strings/plots.ts';
import { upscalerChoices } from './upscaler-choices.ts';
import { vaeFileName } from '../library/vae-choice.ts';

type Shelf = Pick<App, 'models' | 'settings'>;

/** All values that there are; none where any number or text will do. */
export function axisChoices(
  { label, choices = [] }: AxisType,
  { models, settings }: Shelf,
): readonly string[] {
  const checkpoints = models.checkpoints.map(({ name }) => name);
  switch (label) {
    case 'Checkpoint name':
      return checkpoints;
    case 'Refiner checkpoint':
      return [...choices, ...checkpoints];
    case 'VAE':
      return [...choices, ...models.vaes.map(vaeFileName)];
    case 'Styles':
      return settings.prompts.styles.map(({ name }) => name);
    case 'Hires upscaler':
      return upscalerChoices(models, choices, choices[0]!).map(({ value }) => value);
    default:
      return choices;
  }
}

/** Why such an axis changes nothing as things are set; null where it does. */
export function unmetNeed(
  { needs, label }: AxisType,
  { next, settings }: Pick<App, 'next' | 'settings'>,
): string | null {
  if (needs === 'variation')
    return settings.run.extraSeed && settings.parameters.subseedStrength !== 0 ? null : t.needsVariation;
  if (needs === 'refiner') return next.refiner ? null : t.needsRefiner;
  const hires = needs === 'hires' || (label === 'Denoising' && next.creating === 'txt2img');
  return hires && !next.hires ? t.needsHires : null;
}
