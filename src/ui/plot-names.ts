// What names in a plot mean: the person's checkpoints, VAEs, upscalers and styles, found as A1111 finds them. Loaded with a plot.
import { findVae, vaeFileName, vaeTitle } from '../library/vae-choice.ts';
import type { StoredModel } from '../library/types.ts';
import { HIRES_UPSCALERS } from '../image/upscale-latent.ts';
import type { PlotNames } from '../plots/cell.ts';
import { checkpointFromText } from '../generation/request/checkpoint-text.ts';
import type { ModelChoice } from './state/model-choice.ts';
import { upscalerChoices } from './upscaler-choices.ts';

type Shelf = Pick<ModelChoice, 'checkpoints' | 'vaes' | 'upscalers'>;

export function plotNames(shelf: Shelf, styles: readonly { readonly name: string }[]): PlotNames {
  return {
    checkpoint: (text) => findCheckpoint(shelf.checkpoints, text),
    vae(text) {
      const wanted = text.toLowerCase();
      const vae =
        findVae(shelf.vaes, text) ?? shelf.vaes.find((one) => vaeFileName(one).toLowerCase() === wanted);
      return vae ? vaeTitle(vae) : null;
    },
    upscaler(text) {
      const wanted = text.toLowerCase();
      const known = upscalerChoices(shelf, HIRES_UPSCALERS, HIRES_UPSCALERS[0]!).map(({ value }) => value);
      return (
        known.find((name) => name === text) ?? known.find((name) => name.toLowerCase() === wanted) ?? null
      );
    },
    hasStyle: (name) => styles.some((style) => style.name === name),
  };
}

/**
 * By its hash in brackets where there is one, else by its whole name, else the shortest name that has the text in it, in any case
 * (A1111 modules/sd_models.py, get_closet_checkpoint_match). Null where there is none.
 */
export function findCheckpoint<T extends Pick<StoredModel, 'sha256' | 'name'>>(
  models: readonly T[],
  text: string,
): T | null {
  const told = checkpointFromText(text);
  if (!told) return null;
  const { hash } = told;
  if (hash !== null) return models.find(({ sha256 }) => sha256.startsWith(hash)) ?? null;
  const wanted = told.name!.toLowerCase();
  const found = models.filter(
    ({ name, sha256 }) => name.toLowerCase().includes(wanted) || sha256.startsWith(wanted),
  );
  const [shortest = null] = found.toSorted((a, b) => a.name.length - b.name.length);
  return models.find(({ name }) => name === told.name) ?? shortest;
}
