// CLIP ViT-L's text encoder under the names of transformers' CLIPTextModel (SD 1, SDXL's first encoder).
import type { TextLayout } from './text-layout.ts';

export const CLIP: TextLayout = {
  tokenEmbedding: 'embeddings.token_embedding.weight',
  positionEmbedding: 'embeddings.position_embedding.weight',
  finalNorm: 'final_layer_norm',
  textProjection: null,
  block(index) {
    const name = `encoder.layers.${index}`;
    return {
      norm1: `${name}.layer_norm1`,
      norm2: `${name}.layer_norm2`,
      attentionOut: `${name}.self_attn.out_proj`,
      mlpIn: `${name}.mlp.fc1`,
      mlpOut: `${name}.mlp.fc2`,
      queryKeyValue: (layers, x, width) => [
        layers.linear(x, `${name}.self_attn.q_proj`, width, width),
        layers.linear(x, `${name}.self_attn.k_proj`, width, width),
        layers.linear(x, `${name}.self_attn.v_proj`, width, width),
      ],
    };
  },
};
