// Finds the networks of an image model in a file, however the file names them, and shows each under its ldm names.
//
// Original files (ldm, and sgm for SDXL and SD-Turbo) and single-file diffusers checkpoints differ by a prefix per network
// and by the names behind it. Networks are looked for one by one, so files that mix both are read too.
import type { TensorShapes, TextEncoderConfig } from '../types.ts';
import { openClipPlace } from './diffusers-text.ts';
import { unetPlaces } from './diffusers-unet.ts';
import { vaePlaces } from './diffusers-vae.ts';
import { mapPlain, mapRenamed, namesUnder, type LdmPlace, type MappedTensors } from './mapped.ts';
import { renameKeys, type NamedTensors } from './renamed-keys.ts';

/** One network of a file. */
export interface Component {
  /** How the file names the tensors behind `filePrefix`. */
  readonly naming: 'ldm' | 'diffusers';
  readonly filePrefix: string;
  /** Prefix in the ldm layout. */
  readonly prefix: string;
  /** Under ldm names, without `prefix`. */
  readonly tensors: MappedTensors;
}

export interface TextComponent extends Component {
  readonly type: TextEncoderConfig['type'];
}

export interface Components {
  readonly unet: Component | null;
  readonly vae: Component | null;
  /** SDXL base: CLIP-L, then OpenCLIP. */
  readonly text: readonly TextComponent[];
}

export const UNET_PREFIX = 'model.diffusion_model.';
export const VAE_PREFIX = 'first_stage_model.';

/** Prefixes before diffusers' names: those of single files, with a dot or with the folder's slash, and none. */
const DIFFUSERS_UNET = ['unet.', 'unet/', UNET_PREFIX, ''];
const DIFFUSERS_VAE = ['vae.', 'vae/', VAE_PREFIX, ''];
const LDM_VAE = [VAE_PREFIX, 'vae.', ''];
const LDM_UNET = [UNET_PREFIX, 'diffusion_model.', ''];

/** Every network found. Absent ones are null; what is there may still be incomplete. */
export function findComponents(file: TensorShapes): Components {
  const tensors = renameKeys(file);
  const unet = findUNet(tensors);
  return { unet, vae: findVae(tensors), text: findText(tensors, unet) };
}

function findUNet(tensors: NamedTensors): Component | null {
  for (const filePrefix of LDM_UNET) {
    if (!tensors.has(`${filePrefix}input_blocks.0.0.weight`) || !tensors.has(`${filePrefix}out.2.weight`))
      continue;
    return { naming: 'ldm', filePrefix, prefix: UNET_PREFIX, tensors: mapPlain(tensors, filePrefix) };
  }
  for (const filePrefix of DIFFUSERS_UNET) {
    const has = (name: string): boolean => tensors.has(filePrefix + name);
    if (!has('conv_in.weight') || !has('time_embedding.linear_1.weight') || !has('conv_out.weight')) continue;
    const place = unetPlaces(namesUnder(tensors, filePrefix));
    return diffusersComponent(tensors, filePrefix, UNET_PREFIX, place);
  }
  return null;
}

function findVae(tensors: NamedTensors): Component | null {
  for (const filePrefix of LDM_VAE) {
    const has = (name: string): boolean => tensors.has(filePrefix + name);
    if (!has('encoder.mid.block_1.conv1.weight') && !has('decoder.mid.block_1.conv1.weight')) continue;
    return { naming: 'ldm', filePrefix, prefix: VAE_PREFIX, tensors: mapPlain(tensors, filePrefix) };
  }
  for (const filePrefix of DIFFUSERS_VAE) {
    const has = (half: string): boolean =>
      tensors.has(`${filePrefix}${half}.mid_block.resnets.0.conv1.weight`);
    if (!has('encoder') && !has('decoder')) continue;
    const place = vaePlaces(namesUnder(tensors, filePrefix));
    return diffusersComponent(tensors, filePrefix, VAE_PREFIX, place);
  }
  return null;
}

function diffusersComponent(
  tensors: NamedTensors,
  filePrefix: string,
  prefix: string,
  place: (name: string) => LdmPlace | null,
): Component {
  return { naming: 'diffusers', filePrefix, prefix, tensors: mapRenamed(tensors, filePrefix, place) };
}

function findText(tensors: NamedTensors, unet: Component | null): TextComponent[] {
  const found: TextComponent[] = [];
  const clip = (naming: Component['naming'], filePrefix: string, owner: string): void => {
    if (!tensors.has(`${filePrefix}embeddings.token_embedding.weight`)) return;
    const prefix = `${owner}transformer.text_model.`;
    found.push({ type: 'clip', naming, filePrefix, prefix, tensors: mapPlain(tensors, filePrefix) });
  };
  const openClip = (filePrefix: string, owner: string): void => {
    if (!tensors.has(`${filePrefix}token_embedding.weight`)) return;
    const mapped = mapPlain(tensors, filePrefix);
    found.push({ type: 'open-clip', naming: 'ldm', filePrefix, prefix: `${owner}model.`, tensors: mapped });
  };

  // Without a vector input the UNet is no SDXL.
  const sdxl =
    unet?.tensors.has('label_emb.0.0.weight') ?? tensors.has('conditioner.embedders.1.model.ln_final.weight');
  const owner = (index: number): string => (sdxl ? `conditioner.embedders.${index}.` : 'cond_stage_model.');

  clip('ldm', 'cond_stage_model.transformer.text_model.', 'cond_stage_model.');
  openClip('cond_stage_model.model.', 'cond_stage_model.');
  for (const index of [0, 1]) {
    clip('ldm', `conditioner.embedders.${index}.transformer.text_model.`, owner(index));
    openClip(`conditioner.embedders.${index}.model.`, owner(index));
  }
  if (found.length > 0) return found;

  // diffusers: transformers' names whichever encoder it is. SD 2's UNet, whose encoder is OpenCLIP, has linear projections.
  const linear =
    unet !== null && [...unet.tensors].some(([name, t]) => isProjection(name) && t.shape.length === 2);
  for (const separator of ['.', '/']) {
    const first = `text_encoder${separator}`;
    const second = `text_encoder_2${separator}`;
    if (linear && !sdxl) transformersOpenClip(tensors, first, owner(0), found);
    else clip('diffusers', `${first}text_model.`, owner(0));
    transformersOpenClip(tensors, second, owner(found.length), found);
  }
  return found;
}

function transformersOpenClip(
  tensors: NamedTensors,
  filePrefix: string,
  owner: string,
  found: TextComponent[],
): void {
  if (!tensors.has(`${filePrefix}text_model.embeddings.token_embedding.weight`)) return;
  const mapped = mapRenamed(tensors, filePrefix, openClipPlace);
  found.push({
    type: 'open-clip',
    naming: 'diffusers',
    filePrefix,
    prefix: `${owner}model.`,
    tensors: mapped,
  });
}

function isProjection(name: string): boolean {
  return name.endsWith('.1.proj_in.weight');
}
