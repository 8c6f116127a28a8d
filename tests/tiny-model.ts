// Loads the tiny checkpoints of the reference data, with the sizes that their config.json gives.
import { toFloat16, toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Checkpoint } from '../src/checkpoint/types.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';
import { familyOf } from '../src/families/families.ts';
import type { Family, HeadRule } from '../src/families/family.ts';
import { detect } from '../src/models/detect.ts';
import { tensorShapes } from '../src/models/tensor-shapes.ts';
import type { TextEncoderConfig, UNetConfig, VaeConfig } from '../src/models/types.ts';
import { listReference, readReference, readReferenceJson } from './reference-dir.ts';

/** config.json of a tiny model. */
export interface ReferenceConfig {
  readonly unet: {
    readonly in_channels: number;
    readonly out_channels: number;
    readonly model_channels: number;
    readonly attention_resolutions: readonly number[];
    readonly num_res_blocks: number | readonly number[];
    readonly channel_mult: readonly number[];
    readonly num_heads?: number;
    readonly num_head_channels?: number;
    readonly use_linear_in_transformer?: boolean;
    readonly transformer_depth: number | readonly number[];
    readonly context_dim: number | readonly number[];
    readonly adm_in_channels?: number;
  };
  readonly vae: {
    readonly z_channels: number;
    readonly in_channels: number;
    readonly out_ch: number;
    readonly ch: number;
    readonly ch_mult: readonly number[];
    readonly num_res_blocks: number;
  };
  readonly te?: HfText | OpenClipText;
  readonly te_l?: HfText | OpenClipText;
  readonly te_g?: HfText | OpenClipText;
  readonly scale_factor: number;
}

/** A text encoder's sizes, by transformers' names. */
export interface HfText {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly hidden_act: TextEncoderConfig['activation'];
}

/** ... and by open_clip's. */
export interface OpenClipText {
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly embed_dim: number;
}

export interface TinyModel {
  readonly name: string;
  readonly family: Family;
  readonly checkpoint: Checkpoint;
  readonly catalog: WeightCatalog;
  readonly unet: UNetConfig;
  readonly vae: VaeConfig;
  readonly textEncoders: readonly TextEncoderConfig[];
  /** The bytes of a weight as a graph of that precision wants them. */
  readWeight(ref: WeightRef, precision: Precision): Promise<Uint8Array>;
}

/** Expected numbers by name. */
export type Tensors = ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>;

/** What a model that is made of another's file changes (derived-models.ts). */
export interface ModelChange {
  readonly name: string;
  make(file: Uint8Array): Uint8Array;
  readonly inChannels?: number;
}

/** The checkpoint's file. */
export function readTinyModel(folder: string): Uint8Array {
  const file = readReferenceJson<{ checkpoint: string }>('models', folder, 'index.json').checkpoint;
  return readReference('models', folder, file);
}

export async function loadTinyModel(folder: string, change?: ModelChange): Promise<TinyModel> {
  const name = change?.name ?? folder;
  const config = readReferenceJson<ReferenceConfig>('models', folder, 'config.json');
  const bytes = readTinyModel(folder);
  const checkpoint = await openCheckpoint(bytesSource(change ? change.make(bytes) : bytes));
  const unet = unetConfig(config.unet);
  return {
    name,
    family: familyOf(detect(tensorShapes(checkpoint), checkpoint.metadata, null).kind)!,
    checkpoint,
    catalog: { shapeOf: (tensor) => checkpoint.tensors.get(tensor)?.shape },
    unet: change?.inChannels === undefined ? unet : { ...unet, inChannels: change.inChannels },
    vae: {
      inChannels: config.vae.in_channels,
      outChannels: config.vae.out_ch,
      channels: config.vae.ch,
      channelMult: config.vae.ch_mult,
      resBlocks: config.vae.num_res_blocks,
      zChannels: config.vae.z_channels,
      latentChannels: config.vae.z_channels,
      scaleFactor: config.scale_factor,
      hasEncoder: true,
      hasDecoder: true,
    },
    textEncoders: [
      ...(config.te ? [textConfig(config.te, 'cond_stage_model.')] : []),
      ...(config.te_l ? [textConfig(config.te_l, 'conditioner.embedders.0.')] : []),
      ...(config.te_g ? [textConfig(config.te_g, `conditioner.embedders.${config.te_l ? 1 : 0}.`)] : []),
    ],
    async readWeight(ref, precision) {
      const tensor = checkpoint.tensors.get(ref.name);
      if (!tensor) throw new Error(`${name} has no tensor ${ref.name}.`);
      const count = ref.shape.reduce((product, size) => product * size, 1);
      const bytes = await checkpoint.read(ref.name, ref.start, count);
      if (precision === 'float32') return bytesOf(toFloat32(bytes, tensor.dtype));
      const halves = new Uint16Array(count);
      toFloat16(bytes, tensor.dtype, halves);
      return bytesOf(halves);
    },
  };
}

/** A file of expected tensors (`unet.safetensors`); null when the model has none. */
export async function readExpected(model: string, file: string): Promise<Tensors | null> {
  if (!listReference('models', model).includes(file)) return null;
  const checkpoint = await openCheckpoint(bytesSource(readReference('models', model, file)));
  const tensors = new Map<string, { dims: readonly number[]; data: Float32Array }>();
  for (const { name, shape, dtype } of checkpoint.tensors.values()) {
    tensors.set(name, { dims: shape, data: toFloat32(await checkpoint.read(name), dtype) });
  }
  return tensors;
}

/** Largest absolute error over the largest absolute expected value: the measure of the reference's tolerances. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new Error(`${actual.length} numbers where ${expected.length} are expected.`);
  }
  let error = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    // A NaN compares as nothing, and would pass.
    if (Number.isNaN(difference)) return Infinity;
    error = Math.max(error, difference);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return error / scale;
}

function unetConfig(unet: ReferenceConfig['unet']): UNetConfig {
  const levels = unet.channel_mult.length;
  const perLevel = (value: number | readonly number[]) =>
    Array.from({ length: levels }, (_, level) => (typeof value === 'number' ? value : value[level]!));
  const depth = perLevel(unet.transformer_depth);
  const heads: HeadRule =
    unet.num_head_channels === undefined ? { count: unet.num_heads! } : { size: unet.num_head_channels };
  return {
    inChannels: unet.in_channels,
    outChannels: unet.out_channels,
    modelChannels: unet.model_channels,
    channelMult: unet.channel_mult,
    resBlocks: perLevel(unet.num_res_blocks),
    transformerDepth: depth.map((d, level) => (unet.attention_resolutions.includes(2 ** level) ? d : 0)),
    middleTransformerDepth: depth[levels - 1]!,
    contextDim: [unet.context_dim].flat()[0]!,
    heads,
    linearProjections: unet.use_linear_in_transformer ?? false,
    vectorDim: unet.adm_in_channels ?? null,
  };
}

function textConfig(sizes: HfText | OpenClipText, base: string): TextEncoderConfig {
  const common = { vocabulary: 49408, positions: 77 };
  if ('width' in sizes) {
    return {
      ...common,
      type: 'open-clip',
      prefix: `${base}model.`,
      width: sizes.width,
      layers: sizes.layers,
      heads: sizes.heads,
      mlpWidth: 4 * sizes.width,
      activation: 'gelu',
      projection: sizes.embed_dim,
    };
  }
  return {
    ...common,
    type: 'clip',
    prefix: `${base}transformer.text_model.`,
    width: sizes.hidden_size,
    layers: sizes.num_hidden_layers,
    heads: sizes.num_attention_heads,
    mlpWidth: sizes.intermediate_size,
    activation: sizes.hidden_act === 'gelu' ? 'gelu' : 'quick_gelu',
    projection: null,
  };
}

function bytesOf(array: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
