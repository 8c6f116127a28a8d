// What Darkroom knows of a model: its family, the sizes of its networks, and what shapes cannot tell.
import type { DType } from '../checkpoint/types.ts';
import type { HeadRule, ImageKind, TextEncoderType } from '../families/family.ts';
import type { Prediction } from '../sampling/types.ts';
import type { AnnotatorInfo } from './annotators/kinds.ts';
import type { ControlInfo } from './control/kinds.ts';
import type { DetectorInfo } from './detectors/kinds.ts';
import type { FaceInfo } from './faces/kinds.ts';
import type { UpscalerInfo } from './upscalers/kinds.ts';

/** What detection reads of a tensor: its shape and element kind; of one that cannot be read, in which form it is instead. */
export type TensorShape =
  | { readonly shape: readonly number[]; readonly dtype: DType; readonly form?: undefined }
  | { readonly shape: readonly number[]; readonly dtype?: undefined; readonly form: string };

/** What detection reads of a file. An opened checkpoint's `tensors` is one; `tensorShapes` gives also what cannot be read. */
export type TensorShapes = ReadonlyMap<string, TensorShape>;

/** Families told apart by names and shapes of tensors. */
export type ModelKind =
  | ImageKind
  | 'vae'
  | 'taesd'
  | 'lora'
  | 'embedding'
  | 'hypernetwork'
  | 'controlnet'
  | 'upscaler'
  | 'detector'
  | 'colorizer'
  | 'annotator'
  | 'face-detector'
  | 'face-parser'
  | 'face-restorer'
  | 'unknown';

/** openaimodel.UNetModel. Lists run over the resolution levels, finest first. */
export interface UNetConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly modelChannels: number;
  readonly channelMult: readonly number[];
  readonly resBlocks: readonly number[];
  /** Transformer blocks per spatial transformer at each level; 0 = no attention at this level. */
  readonly transformerDepth: readonly number[];
  readonly middleTransformerDepth: number;
  readonly contextDim: number;
  readonly heads: HeadRule;
  /** proj_in / proj_out are linear (SD 2, SDXL) rather than 1x1 convolutions (SD 1). */
  readonly linearProjections: boolean;
  /** Width of the vector conditioning (`label_emb`), or null without one. */
  readonly vectorDim: number | null;
}

/** ldm.models.autoencoder.AutoencoderKL. */
export interface VaeConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly channels: number;
  readonly channelMult: readonly number[];
  readonly resBlocks: number;
  /** Channels inside encoder and decoder (encoder's output is twice this). */
  readonly zChannels: number;
  /** Channels of the latent, after quant_conv. */
  readonly latentChannels: number;
  /** Latents are multiplied by this after encoding, divided before decoding. */
  readonly scaleFactor: number;
  /** False for a file with only one half, or a model without one. */
  readonly hasEncoder: boolean;
  readonly hasDecoder: boolean;
}

/** Everything of an autoencoder that shapes tell: what a file that holds nothing else says of itself. */
export type VaeSizes = Omit<VaeConfig, 'scaleFactor'>;

/** A tiny autoencoder, which reads and makes scaled latents (madebyollin/taesd). */
export interface TinyVaeSizes {
  /** Of every layer but the outermost. */
  readonly channels: number;
  readonly latentChannels: number;
  readonly hasEncoder: boolean;
  readonly hasDecoder: boolean;
}

/** A text encoder: transformers' CLIPTextModel ("clip") or open_clip's transformer ("open-clip"). */
export interface TextEncoderConfig {
  readonly type: TextEncoderType;
  /** Prefix of its keys in the ldm layout, e.g. "cond_stage_model.transformer.text_model.". */
  readonly prefix: string;
  readonly width: number;
  /** Of the whole encoder, `absentLayers` included. */
  readonly layers: number;
  readonly heads: number;
  readonly mlpWidth: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly activation: 'quick_gelu' | 'gelu';
  /** Columns of text_projection where the file has one. */
  readonly projection: number | null;
  /**
   * Numbers, ascending, of the layers that the file leaves out: SD 2's last one in files of diffusers, whose output nothing
   * uses. A hidden state passes through them as it is. Left out for none.
   */
  readonly absentLayers?: readonly number[];
}

/** Where a value came from, strongest first. */
export type Evidence = 'person' | 'sidecar' | 'metadata' | 'shapes' | 'family' | 'probe';

/** The networks of a complete checkpoint. */
export interface Networks {
  readonly unet: UNetConfig;
  /** Null for a file without one: pictures are made with a VAE that the person chooses. */
  readonly vae: VaeConfig | null;
  /** SD 1, SD 2: one. SDXL base: CLIP-L then OpenCLIP; refiner: OpenCLIP. */
  readonly textEncoders: readonly TextEncoderConfig[];
}

/** A textual inversion. */
export interface EmbeddingInfo {
  /** Tokens that it takes in a prompt. */
  readonly vectors: number;
  /** Of the text encoders that it is made for, in the order in which their states are joined. */
  readonly widths: readonly number[];
}

/** A network that gives colours to grey pictures. */
export interface ColorizerInfo {
  readonly kind: 'ddcolor';
}

/** A hypernetwork of A1111's. */
export interface HypernetworkInfo {
  /** Of what it changes. */
  readonly widths: readonly number[];
  /** A1111's name. */
  readonly activation: string;
  /** Whether the last linear layer is followed by it. */
  readonly activatesOutput: boolean;
}

/** A LoRA or one of its relatives. */
export interface LoraInfo {
  /** The family it was trained for; null where nothing tells. */
  readonly family: 'sd1' | 'sd2' | 'sdxl' | null;
  /** The name that its metadata gives it. */
  readonly alias: string | null;
  /** SHA-256 of its weights, as its metadata says. */
  readonly dataHash: string | null;
}

/** What `detect` says of a file. */
export interface Detection {
  readonly kind: ModelKind;
  /** For people: "Stable Diffusion 1.x inpainting". */
  readonly label: string;
  readonly keyLayout: 'ldm' | 'diffusers' | 'other';
  /** Whether this version of Darkroom has a use for it: makes pictures with it, or takes it for a part of those that do. */
  readonly supported: boolean;
  /** Why not, and what it is for, said to a person. Null when supported. */
  readonly unsupportedReason: string | null;
  /** Null for files that are not image models. */
  readonly networks: Networks | null;
  /** Of files that hold a VAE alone. */
  readonly vae?: VaeSizes;
  /** Of files that hold a tiny autoencoder: the whole, or one half. */
  readonly tinyVae?: TinyVaeSizes;
  /** Of files that hold an upscaler. */
  readonly upscaler?: UpscalerInfo;
  /** Of files that hold a network which finds things in pictures. */
  readonly detector?: DetectorInfo;
  /** Of colorizers. */
  readonly colorizer?: ColorizerInfo;
  /** Of control networks: ControlNets, Control-LoRAs, T2I-Adapters. */
  readonly control?: ControlInfo;
  /** Of files that hold a network which makes control maps of pictures. */
  readonly annotator?: AnnotatorInfo;
  /** Of hypernetworks. */
  readonly hypernetwork?: HypernetworkInfo;
  /** Of LoRAs. */
  readonly lora?: LoraInfo;
  /** Of embeddings. */
  readonly embedding?: EmbeddingInfo;
  /** Of files that hold a network that finds, parses or restores faces. */
  readonly face?: FaceInfo;
  /** Null value: must be settled by running the UNet once (SD 2.x, as A1111 does it). */
  readonly prediction: { readonly value: Prediction | null; readonly from: Evidence } | null;
  /** Whether `model_ema.*` averages lie beside the weights. */
  readonly hasEma: boolean;
  /** Remarks for the person (unused tensors, missing text encoder ...). */
  readonly notes: readonly string[];
}

/**
 * One tensor the library keeps: its name in the ldm layout, and what it is made of. To make it: read `sources` in order,
 * lay them one after the other (concatenation along axis 0), then, if `transpose`, swap the two axes; the result has `shape`.
 * What has a `form` is made in another way.
 */
export interface WeightPlanEntry {
  /** Name in the ldm layout, whatever the file calls it. */
  readonly name: string;
  /**
   * Names in the file, at least one. Several where the file has apart what ldm has in one: diffusers' q, k and v rows of an
   * OpenCLIP `in_proj_weight` or `in_proj_bias`.
   */
  readonly sources: readonly string[];
  /** The file holds the matrix with its axes swapped: [shape[1], shape[0]]. Only with one two-dimensional source. */
  readonly transpose: boolean;
  /**
   * "roots": the square root of each number of the one source, as two that add up to it: [2, ...]. For what leaves float16's range
   * without, or has to keep more of its digits.
   */
  readonly form?: 'roots';
  /**
   * Shape in the ldm layout; without a `form` always as many elements as the sources together. Besides `transpose` the elements keep their
   * order (a linear layer where ldm has a 1x1 convolution differs by trailing ones only).
   */
  readonly shape: readonly number[];
  /** Which network reads it. "vae-encoder": encoder.*, quant_conv; "vae-decoder": decoder.*, post_quant_conv. */
  readonly network:
    | 'unet'
    | 'vae-encoder'
    | 'vae-decoder'
    | 'text'
    | 'upscaler'
    | 'detector'
    | 'face'
    | 'colorizer'
    | 'control'
    | 'annotator';
}
