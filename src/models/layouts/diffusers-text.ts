// transformers' names of a text encoder's tensors (CLIPTextModel, CLIPTextModelWithProjection), which diffusers stores
// whichever encoder it was, and which tensor of open_clip each one is.
//
// open_clip keeps q, k and v in one matrix, and multiplies with text_projection from the right where transformers has a
// linear layer. Behaviour checked against huggingface/diffusers loaders/single_file_utils.py convert_open_clip_checkpoint.
import type { LdmPlace } from './mapped.ts';

const FIXED: Readonly<Record<string, string>> = {
  'text_model.embeddings.position_embedding.weight': 'positional_embedding',
  'text_model.embeddings.token_embedding.weight': 'token_embedding.weight',
  'text_model.final_layer_norm.weight': 'ln_final.weight',
  'text_model.final_layer_norm.bias': 'ln_final.bias',
};

const IN_LAYER: Readonly<Record<string, string>> = {
  layer_norm1: 'ln_1',
  layer_norm2: 'ln_2',
  'mlp.fc1': 'mlp.c_fc',
  'mlp.fc2': 'mlp.c_proj',
  'self_attn.out_proj': 'attn.out_proj',
};

const LAYER = /^text_model\.encoder\.layers\.(\d{1,4})\.(.+)\.(weight|bias)$/;
const QKV = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'];

/** Place in open_clip's text tower of a tensor named as transformers does (without prefix); null for a name it does not know. */
export function openClipPlace(name: string): LdmPlace | null {
  if (name === 'text_projection.weight') return { name: 'text_projection', transpose: true };
  if (Object.hasOwn(FIXED, name)) return { name: FIXED[name]! };
  const match = LAYER.exec(name) as unknown as [string, string, string, string] | null;
  if (!match) return null;
  const [, layer, part, end] = match;
  const block = `transformer.resblocks.${layer}`;
  const index = QKV.indexOf(part);
  if (index >= 0) return { name: `${block}.attn.in_proj_${end}`, part: { index, of: 3 } };
  return Object.hasOwn(IN_LAYER, part) ? { name: `${block}.${IN_LAYER[part]}.${end}` } : null;
}
