// What an IP-Adapter makes tokens of, and how, told by its tensors' shapes. The page knows this much.

export const PROJECTION_PREFIX = 'image_proj.';

export interface ProjectionSizes {
  /** "plain": one linear layer. "plus": a resampler (Alayrac et al. 2022). "full-face": an MLP on every token. */
  readonly kind: 'plain' | 'plus' | 'full-face';
  /** Of what it reads: CLIP's embedding where it is plain, else each of CLIP's states before its last layer. */
  readonly width: number;
  /** Of the tokens it makes. */
  readonly contextDim: number;
}

/** What the tensors say; null where they are no projection of those kinds. `shapeOf`: by names under the prefix. */
export function projectionSizes(
  shapeOf: (name: string) => readonly number[] | undefined,
): ProjectionSizes | null {
  const of = (kind: ProjectionSizes['kind'], reads: string, norm: string): ProjectionSizes => {
    return { kind, width: shapeOf(reads)?.[1] ?? 0, contextDim: shapeOf(norm)?.[0] ?? 0 };
  };
  if (shapeOf('latents') && shapeOf('proj_in.weight')) return of('plus', 'proj_in.weight', 'norm_out.weight');
  if (shapeOf('proj.3.weight')) return of('full-face', 'proj.0.weight', 'proj.3.weight');
  return shapeOf('proj.weight') ? of('plain', 'proj.weight', 'norm.weight') : null;
}
