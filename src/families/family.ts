// What a family of models has in common: everything that code has to know of a model beyond the sizes of its networks. A new
// family is a table of this form in a file of its own, listed in families.ts.
import type { OptimizedFor } from '../sampling/optimized-levels.ts';
import type { Prediction } from '../sampling/types.ts';

export type FamilyId = 'sd1' | 'sd2' | 'sdxl' | 'sdxl-refiner';

/** Kinds of models that make pictures. They stand in stored records. */
export type ImageKind =
  | 'sd1'
  | 'sd1-inpainting'
  | 'sd1-instruct-pix2pix'
  | 'sd2'
  | 'sd2-inpainting'
  | 'sd2-depth'
  | 'sdxl-base'
  | 'sdxl-inpainting'
  | 'sdxl-refiner';

export type TextEncoderType = 'clip' | 'open-clip';

/** Attention heads: a fixed number of them (SD 1) or a fixed size of each (SD 2, SDXL). */
export type HeadRule = { readonly count: number } | { readonly size: number };

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Family {
  readonly id: FamilyId;
  /** For people: "Stable Diffusion 1.x". */
  readonly name: string;
  /** As in sentences about tensors: "Stable Diffusion 1". */
  readonly shortName: string;
  /** Families are asked in the order of families.ts. */
  recognise(found: Found): boolean;
  readonly kinds: readonly KindInfo[];
  readonly text: TextInfo;
  readonly unet: UNetInfo;
  readonly latent: LatentInfo;
  /** Whether A1111 draws with the noise levels that a file brings along (`alphas_cumprod`), or always with its own. */
  readonly noiseLevelsOfFile: boolean;
  /** Whether A1111 shows inpainting models the grey mask of soft inpainting, or one in black and white as ever. */
  readonly greyMasks: boolean;
  /** Whose noise levels its schedules have that were found by optimisation. */
  readonly optimizedFor: OptimizedFor;
  /** `modelspec.architecture` where it tells what the UNet predicts (Stability-AI/ModelSpec). */
  readonly architectures: Readonly<Record<string, Prediction>>;
  /** Whether models of this family predict noise or v, and do not always tell which. */
  readonly mayPredictV: boolean;
  /** Sizes that these models draw well, the most usual one first; `v`: of those that predict v, where they differ. */
  readonly sizes: { readonly usual: readonly Size[]; readonly v?: readonly Size[] };
  /** Relatives that want other steps and guidance, by the names their files bear; the first that fits counts. */
  readonly variants: readonly Variant[];
}

/** The networks found in a file, before their sizes are known. */
export interface Found {
  /** In order. */
  readonly text: readonly TextEncoderType[];
  /** The text encoders are named as in SD 1 and 2 (`cond_stage_model`). */
  readonly namedAsInSd: boolean;
  /** The UNet takes a vector besides the text (`label_emb`). */
  readonly vector: boolean;
  /** The UNet's first spatial transformer has linear projections. */
  readonly linear: boolean;
  /** Resolution levels of the UNet. */
  readonly levels: number;
}

export interface KindInfo {
  readonly kind: ImageKind;
  readonly label: string;
  /** Channels that the UNet reads: what relatives are told apart by. */
  readonly channels: number;
  /** Whether pictures are made with it, where it is complete. */
  readonly supported: boolean;
  /** What it is for, in a sentence; for those that are not supported yet. */
  readonly purpose?: string;
  /** Null: the tensors cannot tell, so the UNet is run once (prediction-probe.ts). */
  readonly prediction: Prediction | null;
}

export interface TextInfo {
  /** In the order in which their states are joined, along the width. */
  readonly encoders: readonly TextEncoderInfo[];
  /** Width of the joined states in published models. */
  readonly width: number;
  /** What an empty negative prompt gives: what the encoders make of it, or zeros in place of states and pooled text. */
  readonly emptyNegative: 'encoded' | 'zeros';
}

export interface TextEncoderInfo {
  readonly type: TextEncoderType;
  /** For people. */
  readonly name: string;
  /** Of published ones. */
  readonly width: number;
  readonly layers: number;
  /**
   * The hidden state that is used: as many layers from the end as clip skip says, the last but one whatever it says, or the
   * last but one unless the setting "Clip skip SDXL" is on.
   */
  readonly state: 'clip-skip' | 'penultimate' | 'clip-skip-if-set';
  /** Whether that state goes through the final layer norm. */
  readonly finalNorm: boolean;
  /** Whether the end token's last state, projected, is part of the vector. */
  readonly pooled: boolean;
  /** Computed in float32 everywhere: run once a prompt, it can afford that. Those of billions of bytes are kept as the UNet is. */
  readonly exact: boolean;
}

export interface UNetInfo {
  readonly heads: HeadRule;
  readonly linearProjections: boolean;
  /** Of published models, at the finest level: what other widths were made for is not known. */
  readonly modelChannels: number;
  /** What follows the pooled text in the vector, each number as 256 sines and cosines; null without a vector. */
  readonly vector: readonly VectorPart[] | null;
}

export type VectorPart =
  'height' | 'width' | 'crop top' | 'crop left' | 'target height' | 'target width' | 'aesthetic score';

type Rgb = readonly [red: number, green: number, blue: number];

export interface LatentInfo {
  /** Whose they are, for people. */
  readonly of: string;
  readonly channels: number;
  /** Latents are multiplied by this after encoding, divided before decoding. */
  readonly scaleFactor: number;
  /** Colours, one row a channel: A1111's "Approx cheap". */
  readonly preview: readonly Rgb[];
  /** Names of VAE files that were made for such latents: their shapes do not tell. */
  readonly vaeNames: RegExp;
  /** How A1111 calls the tiny autoencoder for them: its files are this and "_decoder", "_encoder". */
  readonly tinyVae: string;
}

export interface Variant {
  readonly name: RegExp;
  /** For people. */
  readonly label: string;
  readonly steps: number;
  readonly cfgScale: number;
  /** A1111's names. */
  readonly sampler: string;
  readonly scheduler: string;
  readonly sizes?: readonly Size[];
}
