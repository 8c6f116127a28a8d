// The layers of a tiny autoencoder, TAESD, and which tensors of a file they are (madebyollin/taesd, taesd.py).
//
// Its halves are lists of layers, each named by its number, in a file of their own or under a prefix. diffusers' AutoencoderTiny
// has the same layers, but its decoder does not count the first, which has no weights.
import type { TensorShapes, TinyVaeSizes } from '../types.ts';
import { mapPlain, type MappedTensor, type MappedTensors, type TensorSpec } from './mapped.ts';
import { renameKeys, type NamedTensors } from './renamed-keys.ts';

export type TinyLayer =
  | {
      /** 3x3, padded by one. */
      readonly kind: 'conv';
      readonly inputs: number;
      readonly outputs: number;
      readonly stride: 1 | 2;
      readonly bias: boolean;
    }
  /** Three convolutions, with the input added to what they give. */
  | { readonly kind: 'block' }
  /** tanh(x / 3) * 3 */
  | { readonly kind: 'clamp' }
  | { readonly kind: 'relu' }
  /** Each pixel four times. */
  | { readonly kind: 'up' };

export type TinyHalf = 'encoder' | 'decoder';

/** Prefix of the tensors in the library. */
export const TINY_VAE_PREFIX = 'taesd.';

/** Numbers of a block's convolutions; between them is nothing but ReLU. */
export const BLOCK_CONVOLUTIONS = [0, 2, 4] as const;

const PREFIXES: Readonly<Record<TinyHalf, readonly string[]>> = {
  encoder: ['taesd_encoder.', 'encoder.layers.', 'encoder.', ''],
  decoder: ['taesd_decoder.', 'decoder.layers.', 'decoder.', ''],
};

/** Layers of one half; a layer's number is its place. */
export function tinyLayers(
  half: TinyHalf,
  { channels, latentChannels }: Pick<TinyVaeSizes, 'channels' | 'latentChannels'>,
): readonly TinyLayer[] {
  const block = { kind: 'block' } as const;
  const conv = (inputs: number, outputs: number, stride: 1 | 2 = 1, bias = true): TinyLayer => {
    return { kind: 'conv', inputs, outputs, stride, bias };
  };
  const blocks = [block, block, block];
  if (half === 'encoder') {
    const down = [conv(channels, channels, 2, false), ...blocks];
    return [conv(3, channels), block, ...down, ...down, ...down, conv(channels, latentChannels)];
  }
  const up = [...blocks, { kind: 'up' } as const, conv(channels, channels, 1, false)];
  return [
    { kind: 'clamp' },
    conv(latentChannels, channels),
    { kind: 'relu' },
    ...[...up, ...up, ...up],
    block,
    conv(channels, 3),
  ];
}

/** The tensors of a tiny autoencoder by their names here ("decoder.1.weight"); null where the file holds none. */
export function findTinyVae(file: TensorShapes): MappedTensors | null {
  const tensors = renameKeys(file);
  const found = new Map<string, MappedTensor>();
  for (const half of ['encoder', 'decoder'] as const) {
    const at = PREFIXES[half].map((prefix) => [prefix, firstLayerOf(half, tensors, prefix)] as const);
    const [prefix, first] = at.find(([, first]) => first !== null) ?? [];
    if (prefix === undefined || first == null) continue;
    const counted = half === 'decoder' ? 1 : 0;
    for (const [name, tensor] of mapPlain(tensors, prefix)) {
      const [, number, rest] = /^(\d{1,3})(\..+)$/.exec(name) ?? [];
      if (number !== undefined) found.set(`${half}.${Number(number) - first + counted}${rest}`, tensor);
    }
  }
  return found.size > 0 ? found : null;
}

/** The number of the half's first convolution in the file; null where there is no such half under this prefix. */
function firstLayerOf(half: TinyHalf, tensors: NamedTensors, prefix: string): number | null {
  const convolution = (name: string): readonly number[] | null => {
    const shape = tensors.get(prefix + name)?.shape;
    return shape?.length === 4 ? shape : null;
  };
  const isEncoder = convolution('0.weight')?.[1] === 3 && convolution('1.conv.0.weight') !== null;
  if (half === 'encoder') return isEncoder ? 0 : null;
  if (isEncoder || !convolution('3.conv.0.weight')) return null;
  const first = convolution('0.weight') ? 0 : 1;
  return convolution(`${first}.weight`) && convolution(`${first + 2}.conv.0.weight`) ? first : null;
}

/** Sizes of the tiny autoencoder whose tensors these are. */
export function tinyVaeSizes(tensors: MappedTensors): TinyVaeSizes {
  const encoder = tensors.get('encoder.0.weight')?.shape;
  const decoder = tensors.get('decoder.1.weight')?.shape;
  const last = tensors.get('encoder.14.weight')?.shape;
  return {
    channels: (decoder ?? encoder)?.[0] ?? 0,
    latentChannels: decoder?.[1] ?? last?.[0] ?? 0,
    hasEncoder: encoder !== undefined,
    hasDecoder: decoder !== undefined,
  };
}

/** Names and shapes, without prefix, of every parameter of a tiny autoencoder with these sizes. */
export function tinyVaeTensors(sizes: TinyVaeSizes): TensorSpec {
  const spec: TensorSpec = new Map();
  const conv = (name: string, inputs: number, outputs: number, bias = true): void => {
    spec.set(`${name}.weight`, [outputs, inputs, 3, 3]);
    if (bias) spec.set(`${name}.bias`, [outputs]);
  };
  const { channels, hasEncoder, hasDecoder } = sizes;
  const halves: TinyHalf[] = [
    ...(hasEncoder ? (['encoder'] as const) : []),
    ...(hasDecoder ? (['decoder'] as const) : []),
  ];
  for (const half of halves) {
    for (const [number, layer] of tinyLayers(half, sizes).entries()) {
      const name = `${half}.${number}`;
      if (layer.kind === 'conv') conv(name, layer.inputs, layer.outputs, layer.bias);
      if (layer.kind !== 'block') continue;
      for (const part of BLOCK_CONVOLUTIONS) conv(`${name}.conv.${part}`, channels, channels);
    }
  }
  return spec;
}
