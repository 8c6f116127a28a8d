// What "SD VAE" offers: the VAE files of the library, and what is chosen where it is none of them.
import { familyOf } from '../families/families.ts';
import { findVae, resolveVae, vaeFileName, vaeMisfit, vaeTitle } from '../library/vae-choice.ts';
import type { StoredModel } from '../library/types.ts';
import { options as t } from './strings/options.ts';

/** What it needs of the page. */
export interface VaeShelf {
  readonly vaes: readonly StoredModel[];
  readonly checkpoint: StoredModel | null;
}

export interface VaeOption {
  readonly value: string;
  readonly label: string;
}

const OWN: readonly string[] = ['Automatic', 'None'];

/** The option that a value of the setting stands for: texts may name a file that is here under another name. */
export function chosenVae({ vaes }: VaeShelf, value: string): string {
  const found = OWN.includes(value) ? null : findVae(vaes, value);
  return found ? vaeTitle(found) : value;
}

/** Where a VAE lies beside the checkpoint, Automatic takes it. */
function labelOf(own: string, { checkpoint, vaes }: VaeShelf): string {
  if (own !== 'Automatic' || !checkpoint) return own;
  const { vae } = resolveVae(checkpoint, { sdVae: own, sdVaeOverrides: true }, vaes);
  return vae ? t.vaeAutomatic(vaeFileName(vae)) : own;
}

export function vaeChoices(shelf: VaeShelf, value: string): readonly VaeOption[] {
  const latent = familyOf(shelf.checkpoint?.detection.kind ?? '')?.latent;
  const files = shelf.vaes.map((vae) => {
    const unfit = latent && vaeMisfit(vae, latent) ? t.vaeUnfit(vaeFileName(vae), latent.of) : null;
    return { value: vaeTitle(vae), label: unfit ?? vaeTitle(vae) };
  });
  const known = [...OWN.map((own) => ({ value: own, label: labelOf(own, shelf) })), ...files];
  const chosen = chosenVae(shelf, value);
  if (known.some((option) => option.value === chosen)) return known;
  return [...known, { value: chosen, label: t.vaeMissing(chosen) }];
}
