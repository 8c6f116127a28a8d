// What makes pictures and previews of a request's latents, of the files in the library: the checkpoint's VAE or another, and a
// tiny autoencoder where one is asked for.
import { familyOf, latentOfVaeNamed } from '../../families/families.ts';
import type { LatentInfo } from '../../families/family.ts';
import type { StoredModel } from '../../library/types.ts';
import { resolveVae, vaeFileName, vaeMisfit, vaesAmong } from '../../library/vae-choice.ts';
import { isLatentUpscaler } from '../../image/upscale-latent.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import type { InfotextContext } from '../request/parameters.ts';
import type { GenerationParameters } from '../request/request.ts';

export interface Decoders {
  /** Null: the checkpoint's own. */
  readonly vae: StoredModel | null;
  /** Null where none is asked for, or none is there. */
  readonly taesd: StoredModel | null;
  /** The tiny encoder, likewise. */
  readonly taesdEncoder: StoredModel | null;
  /** Why no picture can be made, and what to do. */
  readonly problem: string | null;
  /** What the person should know, in sentences. */
  readonly remarks: readonly string[];
  /** What the text tells of it. */
  readonly text: Pick<InfotextContext, 'vaeHash' | 'vaeName'>;
}

/** Who needs pictures to be encoded in a request; null where nobody does. */
export function encoderUserOf({
  img2img,
  hires,
  detailer,
}: Partial<Pick<GenerationParameters, 'img2img' | 'hires' | 'detailer'>>): string | null {
  if (img2img) return 'img2img';
  if (detailer) return 'the detailer';
  return hires && (!isLatentUpscaler(hires.upscaler) || hires.firstPass) ? 'Hires. fix' : null;
}

/** `encodes`: who needs pictures to be encoded, too. */
export function chooseDecoders(
  model: StoredModel,
  settings: ImageSettings,
  models: readonly StoredModel[],
  encodes: string | null = null,
): Decoders {
  const latent = familyOf(model.detection.kind)?.latent;
  const { vae, missing } = resolveVae(model, settings, vaesAmong(models));
  const misfit = vae && latent ? vaeMisfit(vae, latent) : null;
  const { vaeDecodeMethod, livePreviewMethod } = settings;
  const wanted = vaeDecodeMethod === 'TAESD' || livePreviewMethod === 'TAESD';
  const taesd = wanted && latent ? tinyVae(models, latent, 'decoder') : null;
  const encodesTiny = encodes !== null && settings.vaeEncodeMethod === 'TAESD';
  const taesdEncoder = encodesTiny && latent ? tinyVae(models, latent, 'encoder') : null;
  const remarks: string[] = [];
  if (missing !== null) {
    remarks.push(
      `The VAE "${missing}" is not in the library: as in A1111, the checkpoint's own is used. Import the file to decode with it.`,
    );
  }
  if (misfit?.fits) remarks.push(misfit.why);
  if (livePreviewMethod === 'TAESD' && latent && !taesd)
    remarks.push(`Previews are drawn roughly: ${noTinyVae(latent, 'decoder')}`);
  return {
    vae,
    taesd,
    taesdEncoder,
    problem:
      (encodesTiny && latent && !taesdEncoder
        ? `"VAE type for encode" is TAESD, but ${noTinyVae(latent, 'encoder')} You can also set it to Full.`
        : null) ?? problemWith(model, settings, vae, misfit, taesd, latent, encodesTiny ? null : encodes),
    remarks,
    text: textOf(model, settings, models, vae),
  };
}

function problemWith(
  { name, detection }: StoredModel,
  { vaeDecodeMethod }: ImageSettings,
  vae: StoredModel | null,
  misfit: ReturnType<typeof vaeMisfit>,
  taesd: StoredModel | null,
  latent: LatentInfo | undefined,
  asker: string | null,
): string | null {
  if (misfit && !misfit.fits) return `${misfit.why} Choose another in Settings under "SD VAE", or Automatic.`;
  const { networks } = detection;
  const inpaints = networks !== null && networks.unet.inChannels > networks.unet.outChannels;
  const encodes = inpaints || asker !== null;
  const who = asker === null ? 'inpainting models need' : `${asker} needs`;
  if (encodes && vae?.detection.vae?.hasEncoder === false) {
    return `The VAE "${vaeFileName(vae)}" has no encoder, which ${who}. Choose another in Settings under "SD VAE".`;
  }
  const own = networks?.vae ?? null;
  if (encodes && !vae && own && !own.hasEncoder) {
    return `The VAE of the checkpoint "${name}" has no encoder, which ${who}. Choose another in Settings under "SD VAE".`;
  }
  if (vaeDecodeMethod === 'TAESD' && latent && !taesd) {
    return `"VAE type for decode" is TAESD, but ${noTinyVae(latent, 'decoder')} You can also set it to Full.`;
  }
  if (own || vae || (taesd && vaeDecodeMethod === 'TAESD' && !encodes)) return null;
  return (
    `The checkpoint "${name}" has no VAE, which turns latents into pictures. Import one for ${latent?.of ?? 'it'} in a file of ` +
    'its own, and choose it in Settings under "SD VAE".'
  );
}

/** Where the setting keeps a VAE out that Automatic would take, that is told as well. */
function textOf(
  model: StoredModel,
  settings: ImageSettings,
  models: readonly StoredModel[],
  vae: StoredModel | null,
): Decoders['text'] {
  if (vae) return { vaeHash: vae.sha256.slice(0, 10), vaeName: vaeFileName(vae) };
  const automatic = resolveVae(model, { ...settings, sdVae: 'Automatic' }, vaesAmong(models));
  return automatic.vae ? { vaeName: 'None' } : {};
}

/** The file with that half of a tiny VAE, of those for such latents, as far as their names tell: a file that is named for others is none. */
function tinyVae(
  models: readonly StoredModel[],
  latent: LatentInfo,
  half: 'encoder' | 'decoder',
): StoredModel | null {
  const fitting = models.filter(({ detection: { kind, supported, tinyVae } }) => {
    if (kind !== 'taesd' || !supported || tinyVae?.latentChannels !== latent.channels) return false;
    return half === 'encoder' ? tinyVae.hasEncoder : tinyVae.hasDecoder;
  });
  const made = (model: StoredModel) =>
    latentOfVaeNamed(vaeFileName(model)) ?? latentOfVaeNamed(model.fileName);
  return (
    fitting.find((model) => made(model) === latent) ?? fitting.find((model) => made(model) === null) ?? null
  );
}

function noTinyVae({ of, tinyVae }: LatentInfo, half: 'encoder' | 'decoder'): string {
  return `there is no TAESD ${half} for ${of} in the library: import ${tinyVae}_${half}.`;
}
