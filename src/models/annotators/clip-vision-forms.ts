// How files name the tensors of CLIP's vision transformer, and what their shapes say. The page knows this much.
import type { WeightCatalog } from '../../graph/types.ts';
import { CLIP } from '../clip.ts';
import { OPEN_CLIP } from '../open-clip.ts';
import type { TextLayout } from '../text-layout.ts';

export interface Form {
  readonly prefix: string;
  readonly blocks: TextLayout['block'];
  /** Names below the prefix. */
  readonly patches: string;
  readonly first: string;
  readonly places: string;
  readonly normBefore: string;
  readonly normAfter: string;
  /** A whole name, and whether it is stored as nn.Linear stores it. */
  readonly projection: string;
  readonly transposed: boolean;
}

const FORMS: readonly Form[] = [
  {
    prefix: 'vision_model.',
    blocks: (index) => CLIP.block(index),
    patches: 'embeddings.patch_embedding',
    first: 'embeddings.class_embedding',
    places: 'embeddings.position_embedding.weight',
    normBefore: 'pre_layrnorm',
    normAfter: 'post_layernorm',
    projection: 'visual_projection.weight',
    transposed: true,
  },
  {
    prefix: 'visual.',
    blocks: (index) => OPEN_CLIP.block(index),
    patches: 'conv1',
    first: 'class_embedding',
    places: 'positional_embedding',
    normBefore: 'ln_pre',
    normAfter: 'ln_post',
    projection: 'visual.proj',
    transposed: false,
  },
];

export function formOf(weights: WeightCatalog): Form | undefined {
  return FORMS.find(({ prefix, patches, first }) =>
    [`${patches}.weight`, first].every((name) => weights.shapeOf(prefix + name) !== undefined),
  );
}

/** What IP-Adapters can read of a tower: widths of its embedding, and of its states. Null for what is none. */
export function clipVisionWidths(
  weights: WeightCatalog,
): { readonly embedding: number; readonly states: number } | null {
  const form = formOf(weights);
  const states = form && weights.shapeOf(`${form.prefix}${form.first}`)?.[0];
  const embedding = form && weights.shapeOf(form.projection)?.[form.transposed ? 0 : 1];
  return states !== undefined && embedding !== undefined ? { embedding, states } : null;
}
