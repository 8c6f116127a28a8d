// Which VAE a request's pictures are decoded with: AUTOMATIC1111's order (modules/sd_vae.py resolve_vae), over the files of the
// library. Its user metadata of checkpoints there is none of here.
import { familyOf, latentOfVaeNamed } from '../families/families.ts';
import type { LatentInfo } from '../families/family.ts';
import type { ImageSettings } from '../generation/request/image-settings.ts';
import type { StoredModel } from './types.ts';

/** What is looked at of a checkpoint or VAE file. */
export type NamedModel = Pick<StoredModel, 'sha256' | 'name' | 'fileName' | 'detection'>;

export interface VaeChoice<T> {
  /** Null: the checkpoint's own. */
  readonly vae: T | null;
  /** What the setting names, where no such file is in the library: it counts as None. */
  readonly missing: string | null;
}

const HASH_DIGITS = 10;

/** A1111's name of a VAE: that of its file, ending and all. */
export function vaeFileName({ name, fileName }: NamedModel): string {
  const ending = /\.[^./\\]{1,20}$/.exec(fileName)?.[0] ?? '';
  return name.endsWith(ending) ? name : name + ending;
}

/** What the setting says of a file that is chosen: another file of the same name is another. */
export function vaeTitle(vae: NamedModel): string {
  return `${vaeFileName(vae)} [${vae.sha256.slice(0, HASH_DIGITS)}]`;
}

export function vaesAmong<T extends NamedModel>(models: readonly T[]): readonly T[] {
  return models.filter(({ detection }) => detection.kind === 'vae' && detection.supported);
}

/** By its hash where `wanted` has one, or else its name; null where it is not there. */
export function findVae<T extends NamedModel>(vaes: readonly T[], wanted: string): T | null {
  const hash = /\[([0-9a-f]{10,64})\]$/.exec(wanted)?.[1];
  if (hash !== undefined) return vaes.find(({ sha256 }) => sha256.startsWith(hash)) ?? null;
  const names = ({ name, fileName, ...vae }: T) => [vaeFileName({ name, fileName, ...vae }), fileName, name];
  return vaes.find((vae) => names(vae).includes(wanted)) ?? null;
}

/** The VAE for `model`, of `vaes`. */
export function resolveVae<T extends NamedModel>(
  model: NamedModel,
  { sdVae, sdVaeOverrides }: Pick<ImageSettings, 'sdVae' | 'sdVaeOverrides'>,
  vaes: readonly T[],
): VaeChoice<T> {
  const automatic = sdVae === 'Automatic';
  const near = sdVaeOverrides && !automatic ? null : findNear(model, vaes);
  if (near) return { vae: near, missing: null };
  if (automatic || sdVae === 'None') return { vae: null, missing: null };
  const vae = findVae(vaes, sdVae);
  return { vae, missing: vae ? null : sdVae };
}

/** A file that was named to lie beside the checkpoint: "model.vae.safetensors". Of several the first by name. */
function findNear<T extends NamedModel>(
  { name, fileName, detection }: NamedModel,
  vaes: readonly T[],
): T | null {
  const channels = familyOf(detection.kind)?.latent.channels;
  const stems = [name, fileName.replace(/\.[^.]*$/, '')].filter((stem) => stem !== '');
  const fitting = vaes.filter(({ detection: { vae } }) => vae?.latentChannels === channels);
  const found = fitting.filter((vae) =>
    stems.some((stem) => vaeFileName(vae).startsWith(stem) || vae.fileName.startsWith(stem)),
  );
  const byName = new Intl.Collator('en', { numeric: true });
  return found.toSorted((a, b) => byName.compare(vaeFileName(a), vaeFileName(b)))[0] ?? null;
}

/**
 * Why a VAE does not go with latents (`fits` false), or probably does not, where its shapes do; null where nothing speaks against it.
 */
export function vaeMisfit(
  vae: NamedModel,
  latent: LatentInfo,
): { readonly fits: boolean; readonly why: string } | null {
  const channels = vae.detection.vae?.latentChannels ?? 0;
  const name = vaeFileName(vae);
  if (channels !== latent.channels) {
    const why = `The VAE "${name}" has ${channels} latent channels; those of ${latent.of} have ${latent.channels}.`;
    return { fits: false, why };
  }
  const made = latentOfVaeNamed(name);
  if (made === null || made === latent) return null;
  const why = `By its name, the VAE "${name}" was made for ${made.of}, not for ${latent.of}: colours may come out wrong.`;
  return { fits: true, why };
}
