// OpenCLIP's text encoders under open_clip's own names (ViT-H in SD 2, ViT-bigG in SDXL).
import type { TextLayout } from './text-layout.ts';

export const OPEN_CLIP: TextLayout = {
  tokenEmbedding: 'token_embedding.weight',
  positionEmbedding: 'positional_embedding',
  finalNorm: 'ln_final',
  textProjection: 'text_projection',
  block(index) {
    const name = `transformer.resblocks.${index}`;
    return {
      norm1: `${name}.ln_1`,
      norm2: `${name}.ln_2`,
      attentionOut: `${name}.attn.out_proj`,
      mlpIn: `${name}.mlp.c_fc`,
      mlpOut: `${name}.mlp.c_proj`,
      queryKeyValue(layers, x, width) {
        // One weight holds the rows of q, then k, then v.
        const third = (part: number) => {
          const rows = { first: part * width, of: 3 * width };
          return layers.product(
            x,
            `${name}.attn.in_proj_weight`,
            `${name}.attn.in_proj_bias`,
            width,
            width,
            rows,
          );
        };
        return [third(0), third(1), third(2)];
      },
    };
  },
};
