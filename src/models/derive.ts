// From the networks found in a file to their configurations: sizes from shapes, the rest from family rules or the sidecar.
import { product } from '../graph/shapes.ts';
import { FAMILIES } from '../families/families.ts';
import type { Family, TextEncoderInfo } from '../families/family.ts';
import {
  UNET_PREFIX,
  VAE_PREFIX,
  type Component,
  type Components,
  type TextComponent,
} from './layouts/components.ts';
import { headsFit, projectionRanks, unetSizes, unetTensors, type UNetSizes } from './layouts/ldm-unet.ts';
import { textSizes, textTensors, type TextSizes } from './layouts/ldm-text.ts';
import { vaeSizes, vaeTensors } from './layouts/ldm-vae.ts';
import { checkConsistent, few, LayoutError, type MappedTensors, type TensorSpec } from './layouts/mapped.ts';
import { SidecarError, type Sidecar } from './sidecar.ts';
import type { HeadRule } from '../families/family.ts';
import { tinyVaeSizes, tinyVaeTensors } from './layouts/tiny-vae.ts';
import type {
  TensorShapes,
  TextEncoderConfig,
  TinyVaeSizes,
  UNetConfig,
  VaeConfig,
  VaeSizes,
} from './types.ts';
import { MAX_WEIGHT_ELEMENTS } from './weight-limits.ts';

/** Published head size of every CLIP and OpenCLIP text encoder. */
const HEAD_SIZE = 64;
/** What CLIP's tokenizer gives: token ids below this, in chunks of that many. */
const CLIP_VOCABULARY = 49408;
const CLIP_POSITIONS = 77;
/** Divides every width a UNet can have, since group norm has 32 groups. */
const FALLBACK_HEAD_SIZE = 32;
/** Buffers, training state and parameters that images do not depend on: not worth a remark. */
const HARMLESS = /(^|\.)(position_ids|logit_scale|attn_mask)$|^(loss|model_ema)\./;

const NO_VAE =
  'The file has no VAE, which turns latents into pictures. Import one in a file of its own, and choose it in Settings under "SD VAE".';

/** What was read off a file, with everything there is to say about it. */
export interface Derived {
  readonly unet: UNetConfig | null;
  readonly vae: VaeConfig | null;
  readonly textEncoders: readonly TextEncoderConfig[];
  /** Why the networks cannot be run; empty when they can. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

/** Configurations of all networks in the file. Throws SidecarError where the sidecar contradicts the tensors. */
export function deriveNetworks(
  tensors: TensorShapes,
  components: Components,
  family: Family,
  sidecar: Sidecar | null,
): Derived {
  const report = new Report(tensors);
  const unet = components.unet && deriveUNet(components.unet, family, sidecar, report);
  const found = components.vae && deriveVae(components.vae, family, sidecar, report);
  const vae = found?.hasDecoder ? found : null;
  if (!vae && report.problems.length === 0) report.notes.push(NO_VAE);
  const textEncoders: TextEncoderConfig[] = [];
  components.text.forEach((component, index) => {
    const config = deriveText(component, index, family, sidecar, report);
    if (config) textEncoders.push(config);
  });

  if (unet && textEncoders.length === components.text.length && textEncoders.length > 0) {
    const width = textEncoders.reduce((sum, encoder) => sum + encoder.width, 0);
    if (width !== unet.contextDim) {
      report.problems.push(
        `The UNet reads text of width ${unet.contextDim}, but the file's text encoder gives ${width}.`,
      );
    }
  }
  if (unet && textEncoders.length === family.text.encoders.length)
    report.compareVector(unet, textEncoders, family);
  if (unet) report.compareFamily(unet, components, family);
  if (unet && vae && unet.outChannels !== vae.latentChannels) {
    report.problems.push(
      `The UNet makes latents of ${unet.outChannels} channels, but the VAE reads ${vae.latentChannels}.`,
    );
  }
  return { unet, vae, textEncoders, ...report.findings };
}

/** What was read off a file that holds a VAE and nothing else. */
export interface DerivedVae {
  /** 0 where that cannot be told. */
  readonly latentChannels: number;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export function deriveVaeAlone(
  tensors: TensorShapes,
  component: Component,
): DerivedVae & { readonly sizes: VaeSizes | null } {
  const report = new Report(tensors);
  const sizes = readVae(component, report);
  if (sizes && !sizes.hasDecoder) report.problems.push('It lacks the decoder, which makes the pictures.');
  const told =
    component.tensors.get('decoder.conv_in.weight')?.shape[1] ??
    (component.tensors.get('encoder.conv_out.weight')?.shape[0] ?? 0) / 2;
  return { latentChannels: sizes?.latentChannels ?? told, sizes, ...report.findings };
}

/** `found`: findTinyVae's. */
export function deriveTinyVae(
  tensors: TensorShapes,
  found: MappedTensors,
): DerivedVae & { readonly sizes: TinyVaeSizes } {
  const report = new Report(tensors);
  const sizes = tinyVaeSizes(found);
  report.check('autoencoder', found, tinyVaeTensors(sizes), '');
  return { latentChannels: sizes.latentChannels, sizes, ...report.findings };
}

function deriveUNet(
  component: Component,
  family: Family,
  sidecar: Sidecar | null,
  report: Report,
): UNetConfig | null {
  const sizes = report.attempt('UNet', () => unetSizes(component.tensors));
  if (!sizes) return null;
  report.check('UNet', component.tensors, unetTensors(sizes), UNET_PREFIX);
  if (sidecar) report.compareSizes(sizes, sidecar);
  return { ...sizes, heads: unetHeads(sizes, family, sidecar, report) };
}

function unetHeads(sizes: UNetSizes, family: Family, sidecar: Sidecar | null, report: Report): HeadRule {
  const said = sidecar?.heads;
  if (said) {
    if (!headsFit(sizes, said)) {
      const field = 'count' in said ? `num_heads: ${said.count}` : `num_head_channels: ${said.size}`;
      throw new SidecarError(
        `The .yaml file says ${field}, which does not divide the UNet's channels. It belongs to another model; ` +
          'drop the checkpoint without it, or with its own.',
      );
    }
    return said;
  }
  const usual = family.unet.heads;
  if (headsFit(sizes, usual)) return usual;
  report.notes.push(
    `The usual attention heads (${describe(usual)}) do not fit this UNet, so a size of ${FALLBACK_HEAD_SIZE} is assumed. ` +
      'Drop the model together with its .yaml file if pictures come out wrong.',
  );
  return { size: FALLBACK_HEAD_SIZE };
}

function describe(heads: HeadRule): string {
  return 'count' in heads ? `${heads.count} of them` : `of size ${heads.size}`;
}

function deriveVae(
  component: Component,
  family: Family,
  sidecar: Sidecar | null,
  report: Report,
): VaeConfig | null {
  const sizes = readVae(component, report);
  return sizes && { ...sizes, scaleFactor: sidecar?.scaleFactor ?? family.latent.scaleFactor };
}

function readVae(component: Component, report: Report): VaeSizes | null {
  const sizes = report.attempt('VAE', () => vaeSizes(component.tensors));
  if (!sizes) return null;
  report.check('VAE', component.tensors, vaeTensors(sizes), VAE_PREFIX);
  if (sizes.hasDecoder && !sizes.hasEncoder)
    report.notes.push('The VAE has no encoder: text to image works, image to image will not.');
  return sizes;
}

function deriveText(
  component: TextComponent,
  index: number,
  family: Family,
  sidecar: Sidecar | null,
  report: Report,
): TextEncoderConfig | null {
  const sameType = sidecar?.textEncoders.filter((encoder) => encoder.type === component.type) ?? [];
  const said = sameType.length === 1 ? sameType[0] : sidecar?.textEncoders[index];
  const published = family.text.encoders.find(({ type }) => type === component.type) ?? null;
  const layersOf = (found: number, width: number): number => usualLayers(published, found, width);
  const sizes = report.attempt('text encoder', () => textSizes(component.type, component.tensors, layersOf));
  if (!sizes) return null;
  report.check('text encoder', component.tensors, textTensors(sizes), component.prefix);
  if (sizes.vocabulary < CLIP_VOCABULARY || sizes.positions !== CLIP_POSITIONS) {
    report.problems.push(
      `The text encoder has ${sizes.vocabulary} tokens and ${sizes.positions} positions; CLIP's tokenizer needs ` +
        `${CLIP_VOCABULARY} and ${CLIP_POSITIONS}.`,
    );
  }
  report.sayAbsent(published, sizes);
  return {
    ...sizes,
    prefix: component.prefix,
    heads: textHeads(sizes.width, said?.heads ?? null, report),
    activation: said?.activation ?? (component.type === 'clip' ? 'quick_gelu' : 'gelu'),
  };
}

/**
 * The family decides, whatever the file leaves out or has too much. An encoder of another width that has no more than half as
 * many layers is none of the family's cut short but a smaller one, as in the models that tests are made with.
 */
function usualLayers(published: TextEncoderInfo | null, found: number, width: number): number {
  if (!published) return found;
  return width === published.width || 2 * found > published.layers ? published.layers : found;
}

function textHeads(width: number, said: number | null, report: Report): number {
  if (said !== null) {
    if (width % said === 0) return said;
    throw new SidecarError(
      `The .yaml file gives the text encoder ${said} heads, which do not divide its width of ${width}. ` +
        'It belongs to another model; drop the checkpoint without it, or with its own.',
    );
  }
  let size = Math.min(HEAD_SIZE, width);
  while (width % size !== 0) size--;
  if (size !== HEAD_SIZE) {
    report.notes.push(
      `The text encoder's width ${width} does not split into heads of the usual size ${HEAD_SIZE}, so ${width / size} ` +
        `of size ${size} are assumed. Drop the model together with its .yaml file if pictures come out wrong.`,
    );
  }
  return width / size;
}

/** Collects what is wrong and what is merely worth saying. */
class Report {
  readonly problems: string[] = [];
  readonly notes: string[] = [];

  constructor(private readonly file: TensorShapes) {}

  get findings(): Pick<Derived, 'problems' | 'notes'> {
    return { problems: this.problems, notes: this.notes };
  }

  attempt<T>(network: string, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      this.problems.push(`The ${network} cannot be used: ${error.message}.`);
      return null;
    }
  }

  check(network: string, tensors: MappedTensors, spec: TensorSpec, prefix: string): void {
    const unreadable = [...spec.keys()].flatMap((name) => {
      const form = tensors.get(name)?.sources.map((source) => this.file.get(source)?.form);
      const found = form?.find((words) => words !== undefined);
      return found === undefined ? [] : [`${prefix}${name} (${found})`];
    });
    if (unreadable.length > 0) {
      this.problems.push(`The ${network} has weights in a form that cannot be read: ${few(unreadable)}.`);
    }
    const vast = [...spec].flatMap(([name, shape]) =>
      product(shape) > MAX_WEIGHT_ELEMENTS ? [`${prefix}${name}`] : [],
    );
    if (vast.length > 0) {
      this.problems.push(
        `The ${network} has single tensors of 2 GiB and more in float32, which no browser can hold: ${few(vast)}.`,
      );
    }
    for (const problem of checkConsistent(tensors, spec, prefix)) {
      this.problems.push(`The ${network} is incomplete or damaged: ${problem}.`);
    }
    const unused = [...tensors.keys()].filter((name) => !spec.has(name) && !HARMLESS.test(name));
    // Below an empty prefix lies the whole file, whatever else it holds.
    if (unused.length > 0 && unused.length < spec.size) {
      this.notes.push(`The ${network} has tensors that are not used (${unused.length}): ${few(unused)}.`);
    }
    const integers = [...spec.keys()].filter((name) =>
      tensors.get(name)?.sources.some((s) => this.#isInteger(s)),
    );
    if (integers.length > 0) {
      this.problems.push(
        `The ${network} has weights stored as integers (${few(integers)}): a quantised model, which cannot be read.`,
      );
    }
  }

  #isInteger(source: string): boolean {
    const dtype = this.file.get(source)!.dtype;
    return dtype !== undefined && (/^[IU]\d/.test(dtype) || dtype === 'BOOL');
  }

  /**
   * A1111 fills what a file lacks with zeros (LoadStateDictOnMeta): a layer of zeros adds nothing to what passes it. Nothing
   * uses what the last layer would have given where the state before it is taken.
   */
  sayAbsent(published: TextEncoderInfo | null, { layers, absentLayers = [] }: TextSizes): void {
    const unused = published?.state === 'penultimate' && !published.pooled ? layers - 1 : -1;
    const missed = absentLayers.filter((layer) => layer !== unused);
    if (missed.length === 0) return;
    const which = missed.length === 1 ? `layer ${missed[0]}` : `layers ${few(missed.map(String))}`;
    this.notes.push(
      `The file lacks ${which} of the text encoder's ${layers} (counted from 0). As in A1111, they are passed over; ` +
        'pictures may differ from those of the whole model.',
    );
  }

  /** Pooled text and 256 numbers for each part that the family tells. */
  compareVector(
    { vectorDim }: UNetConfig,
    textEncoders: readonly TextEncoderConfig[],
    { text, unet }: Family,
  ): void {
    if (unet.vector === null) return;
    const pooled = textEncoders.filter(({ type }) => text.encoders.some((e) => e.pooled && e.type === type));
    if (pooled.some(({ projection }) => projection === null)) {
      this.problems.push(
        'The text encoder lacks its text_projection, by which the UNet is told the whole prompt.',
      );
      return;
    }
    const width = pooled.reduce((sum, { projection }) => sum + projection!, 256 * unet.vector.length);
    if (vectorDim !== width) {
      this.problems.push(
        `The UNet reads a vector of ${vectorDim ?? 0} numbers, but this model's has ${width}.`,
      );
    }
  }

  /** Text encoders are told by their names, UNets by their shapes: both have to be of one family. */
  compareFamily(unet: UNetConfig, { unet: component, text }: Components, family: Family): void {
    // A vector is no other family's.
    if (family.unet.vector !== null) return;
    const others = FAMILIES.filter((other) => other !== family && other.unet.vector === null);
    const contradict = (what: string): void => {
      this.problems.push(
        `Its ${text.length > 0 ? 'text encoder has the names' : 'UNet has the shapes'} of ${family.shortName}, but ${what}.`,
      );
    };
    if (text.length > 1) contradict(`there are ${text.length} text encoders instead of one`);
    const wide = others.find((other) => other.text.width === unet.contextDim);
    if (wide) {
      contradict(
        `its UNet reads text of the width ${unet.contextDim}, as ${wide.shortName} does, and not ${family.text.width}`,
      );
    }
    const linear = new Set(projectionRanks(component!.tensors).map((rank) => rank === 2));
    const [found] = linear;
    if (linear.size > 1)
      contradict('its UNet has linear projections in some places and convolutions in others');
    else if (found !== undefined && found !== family.unet.linearProjections) {
      const other = others.find((one) => one.unet.linearProjections === found);
      contradict(`its UNet has the ${found ? 'linear' : 'convolutional'} projections of ${other!.shortName}`);
    }
  }

  /** The tensors decide; a sidecar of another model is worth a remark. */
  compareSizes(sizes: UNetSizes, sidecar: Sidecar): void {
    const found = {
      in_channels: sizes.inChannels,
      out_channels: sizes.outChannels,
      model_channels: sizes.modelChannels,
      context_dim: sizes.contextDim,
    };
    for (const [name, said] of sidecar.unetSizes) {
      if (said !== found[name]) {
        this.notes.push(
          `The .yaml file says ${name}: ${said}, but the tensors have ${found[name]}. It may belong to another model.`,
        );
      }
    }
    const { start, end, timesteps } = sidecar.betas;
    if ((start ?? 0.00085) !== 0.00085 || (end ?? 0.012) !== 0.012 || (timesteps ?? 1000) !== 1000) {
      this.notes.push(
        'The .yaml file asks for another noise schedule than Stable Diffusion has; the usual one is used.',
      );
    }
  }
}
