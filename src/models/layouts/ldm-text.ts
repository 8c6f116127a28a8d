// The text encoders in the ldm layout: their sizes read off their tensors, and the tensors that these sizes call for.
//
// Source of names and shapes: huggingface/transformers CLIPTextModel (modeling_clip.py) for "clip",
// mlfoundations/open_clip CLIP's text tower (transformer.py) for "open-clip".
import type { TextEncoderConfig } from '../types.ts';
import {
  countNumbered,
  hasUnder,
  LayoutError,
  sizesOf,
  type MappedTensors,
  type TensorSpec,
} from './mapped.ts';

/** Everything of TextEncoderConfig that shapes tell. */
export type TextSizes = Omit<TextEncoderConfig, 'prefix' | 'heads' | 'activation'>;

/**
 * Sizes of the text encoder whose tensors (without prefix) these are. `layersOf`: how many layers an encoder of this width
 * has when the last one here has the number `found` - 1. Throws LayoutError where they make no sense.
 */
export function textSizes(
  type: TextEncoderConfig['type'],
  tensors: MappedTensors,
  layersOf: (found: number, width: number) => number,
): TextSizes {
  const clip = type === 'clip';
  const [vocabulary, width] = sizesOf(
    tensors,
    clip ? 'embeddings.token_embedding.weight' : 'token_embedding.weight',
    2,
  ) as [number, number];
  const [positions] = sizesOf(
    tensors,
    clip ? 'embeddings.position_embedding.weight' : 'positional_embedding',
    2,
  ) as [number];
  const found = countNumbered(tensors, clip ? 'encoder.layers.' : 'transformer.resblocks.');
  const layers = layersOf(found, width);
  const absentLayers: number[] = [];
  let first: string | null = null;
  for (let i = 0; i < layers; i++) {
    const layer = layerName(type, i);
    if (hasUnder(tensors, `${layer}.`)) first ??= layer;
    else absentLayers.push(i);
  }
  if (first === null) throw new LayoutError('the text encoder has no layers');
  const [mlpWidth] = sizesOf(tensors, `${first}.${clip ? 'mlp.fc1' : 'mlp.c_fc'}.weight`, 2) as [number];
  const projection =
    !clip && tensors.has('text_projection') ? sizesOf(tensors, 'text_projection', 2)[1]! : null;
  const sizes = { type, width, layers, mlpWidth, vocabulary, positions, projection };
  return absentLayers.length > 0 ? { ...sizes, absentLayers } : sizes;
}

function layerName(type: TextEncoderConfig['type'], index: number): string {
  return type === 'clip' ? `encoder.layers.${index}` : `transformer.resblocks.${index}`;
}

/** Names and shapes, without prefix, of every parameter of a text encoder with these sizes. */
export function textTensors(config: TextSizes): TensorSpec {
  const spec: TensorSpec = new Map();
  const { width, mlpWidth } = config;
  const affine = (name: string, shape: readonly number[]): void => {
    spec.set(`${name}.weight`, shape);
    spec.set(`${name}.bias`, [shape[0]!]);
  };
  if (config.type === 'clip') {
    spec.set('embeddings.token_embedding.weight', [config.vocabulary, width]);
    spec.set('embeddings.position_embedding.weight', [config.positions, width]);
  } else {
    spec.set('positional_embedding', [config.positions, width]);
    spec.set('token_embedding.weight', [config.vocabulary, width]);
    if (config.projection !== null) spec.set('text_projection', [width, config.projection]);
  }
  for (let i = 0; i < config.layers; i++) {
    if (config.absentLayers?.includes(i)) continue;
    const layer = layerName(config.type, i);
    if (config.type === 'clip') {
      for (const part of ['k_proj', 'v_proj', 'q_proj', 'out_proj']) {
        affine(`${layer}.self_attn.${part}`, [width, width]);
      }
      affine(`${layer}.layer_norm1`, [width]);
      affine(`${layer}.mlp.fc1`, [mlpWidth, width]);
      affine(`${layer}.mlp.fc2`, [width, mlpWidth]);
      affine(`${layer}.layer_norm2`, [width]);
    } else {
      affine(`${layer}.ln_1`, [width]);
      spec.set(`${layer}.attn.in_proj_weight`, [3 * width, width]);
      spec.set(`${layer}.attn.in_proj_bias`, [3 * width]);
      affine(`${layer}.attn.out_proj`, [width, width]);
      affine(`${layer}.ln_2`, [width]);
      affine(`${layer}.mlp.c_fc`, [mlpWidth, width]);
      affine(`${layer}.mlp.c_proj`, [width, mlpWidth]);
    }
  }
  affine(config.type === 'clip' ? 'final_layer_norm' : 'ln_final', [width]);
  return spec;
}
