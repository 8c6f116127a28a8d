// What one file does to one layer: alpha, DoRA and strength around what its kind makes of the tensors.
//
// Behaviour of AUTOMATIC1111 1.10.1, extensions-builtin/Lora/network.py and networks.py (network_apply_weights). Files are applied in
// the order of the prompt: some read the weight as those before have left it.
import { BLOCKS } from '../models/block-names.ts';
import { KINDS, type Kind, type Parts } from './kinds.ts';
import { AddOnError, elementwise, reshaped, scaled, sizeOf, type Tensor } from './matrix.ts';

/** How strong a file is: for layers of text encoders, and for the others. `dyn`: how many ranks of a LoRA count. */
export interface Strength {
  readonly text: number;
  readonly unet: number;
  readonly dyn: number | null;
  /** Weights of the UNet's blocks, in the order of BLOCKS (models/block-names.ts): LoRA Block Weight. */
  readonly blocks?: readonly number[] | null;
}

export interface Delta {
  /** Added to the weight, of its shape. */
  readonly weight: Tensor;
  /** Added to the bias; a layer without one gets it. */
  readonly bias: Tensor | null;
}

/** The kind whose tensors have these names; null for none. */
export function kindOf(names: Iterable<string>): Kind | null {
  const all = new Set(names);
  return KINDS.find((kind) => kind.fits((name) => all.has(name))) ?? null;
}

/** PEFT's names of a LoRA's tensors, as LoRA's own. Its alpha counts for nothing. */
export function withPeftNames(parts: Parts): Parts {
  const [down, up] = [parts.get('lora_A.weight'), parts.get('lora_B.weight')];
  if (!down || !up || (parts.has('lora_up.weight') && parts.has('lora_down.weight'))) return parts;
  return new Map([
    ['lora_down.weight', down],
    ['lora_up.weight', up],
  ]);
}

/** Which strength counts: A1111 goes by the first letters of the layer's name. */
export function strengthOf(layer: string, { text, unet, blocks }: Strength): number {
  const isText = layer.slice(0, 20).includes('transformer');
  const block = isText ? 'BASE' : blockOf(layer);
  const weight = blocks && block !== null ? blocks[BLOCKS.indexOf(block)]! : 1;
  return (isText ? text : unet) * weight;
}

/** As LoRA Block Weight names it; null for layers outside of blocks, which it does not weigh. */
function blockOf(layer: string): string | null {
  const [, way, number] = /(?:^|_)(input|output)_blocks_(\d+)_/.exec(layer) ?? [];
  if (way !== undefined) return `${way === 'input' ? 'IN' : 'OUT'}${number!.padStart(2, '0')}`;
  return /(?:^|_)middle_block_/.test(layer) ? 'M00' : null;
}

/** What the tensors change about a layer of this weight. Throws AddOnError where they do not fit it, or each other. */
export function deltaOf(layer: string, given: Parts, weight: Tensor, strength: Strength): Delta {
  const { update, factor, bias } = changeOf(layer, given, weight, strength);
  return { weight: scaled(update, factor), bias };
}

/** The same with a factor that the update is yet to be multiplied with: whoever adds it up does that on the way. */
export interface LayerChange {
  readonly update: Tensor;
  readonly factor: number;
  readonly bias: Tensor | null;
}

export function changeOf(layer: string, given: Parts, weight: Tensor, strength: Strength): LayerChange {
  const parts = withPeftNames(given);
  const kind = kindOf(parts.keys());
  if (!kind) throw new AddOnError(`Nothing is known of a layer with ${[...parts.keys()].join(', ')}.`);
  const { update, bias, rank, isScaled } = kind.change({ parts, weight, dyn: strength.dyn });
  if (bias && bias.data.length !== weight.shape[0]) {
    throw new AddOnError(`A bias of ${bias.data.length} does not fit ${weight.shape[0]} outputs.`);
  }
  const by = strengthOf(layer, strength);
  const scale = isScaled ? scaleOf(parts, rank) : 1;
  const added = parts.get('bias');
  const whole = fitted(added ? elementwise(update, added, (x, y) => x + y) : update, weight);
  const dora = parts.get('dora_scale');
  const own = bias ? scaled(bias, by) : null;
  return dora
    ? { update: decomposed(scaled(whole, scale), weight, dora), factor: by, bias: own }
    : { update: whole, factor: scale * by, bias: own };
}

/** What the weight is changed by, as a product that is yet to be multiplied with `factor`. */
export interface FactoredChange {
  /** [outputs, rank] */
  readonly up: Tensor;
  /** [rank, inputs and taps] */
  readonly down: Tensor;
  /** How many of the ranks count. */
  readonly used: number;
  readonly factor: number;
}

/** As `changeOf`, for a layer of this shape; null where it is not as simple, or does not fit. */
export function factorsOf(
  layer: string,
  given: Parts,
  shape: readonly number[],
  strength: Strength,
): FactoredChange | null {
  const parts = withPeftNames(given);
  const factors = kindOf(parts.keys())?.factors?.(parts);
  if (!factors || parts.has('bias') || parts.has('dora_scale')) return null;
  const { up, down } = factors;
  const [outputs = 0, ...rest] = shape;
  const [rank = 0, columns] = down.shape;
  const fits = up.shape[0] === outputs && up.shape[1] === rank && columns === sizeOf(rest);
  if (!fits || rank === 0) return null;
  const factor = scaleOf(parts, rank) * strengthOf(layer, strength);
  return { up, down, used: Math.min(rank, strength.dyn ?? Infinity), factor };
}

function scaleOf(parts: Parts, rank: number | null): number {
  const scale = parts.get('scale')?.data[0];
  if (scale !== undefined) return scale;
  const alpha = parts.get('alpha')?.data[0];
  return alpha !== undefined && rank !== null ? alpha / rank : 1;
}

/** In the weight's shape. An inpainting model's first layer reads more than other models' know of: nothing is added there. */
function fitted(delta: Tensor, weight: Tensor): Tensor {
  if (delta.data.length === weight.data.length) return reshaped(delta, weight.shape);
  const [outputs = 0, inputs = 0, ...kernel] = weight.shape;
  const area = sizeOf(kernel);
  if (kernel.length === 2 && inputs === 9 && delta.data.length === outputs * 4 * area) {
    const data = new Float32Array(weight.data.length);
    for (let i = 0; i < outputs; i++) {
      data.set(delta.data.subarray(i * 4 * area, (i + 1) * 4 * area), i * inputs * area);
    }
    return { shape: weight.shape, data };
  }
  throw new AddOnError(
    `A change of [${delta.shape.join(', ')}] does not fit a weight of [${weight.shape.join(', ')}].`,
  );
}

/** DoRA (Liu et al. 2024), as LyCORIS writes it: a length for each input. */
function decomposed(delta: Tensor, weight: Tensor, lengths: Tensor): Tensor {
  const [, inputs = 1, ...kernel] = weight.shape;
  const area = sizeOf(kernel);
  if (lengths.data.length !== inputs) {
    throw new AddOnError(`${lengths.data.length} lengths (dora_scale) for ${inputs} inputs.`);
  }
  const inputOf = (i: number): number => Math.floor(i / area) % inputs;
  const squares = new Float64Array(inputs);
  const merged = weight.data.map((x, i) => x + delta.data[i]!);
  for (const [i, x] of merged.entries()) squares[inputOf(i)]! += x * x;
  const factors = squares.map((square, i) => lengths.data[i]! / Math.sqrt(square));
  const data = merged.map((x, i) => x * factors[inputOf(i)]! - weight.data[i]!);
  return { shape: weight.shape, data };
}
