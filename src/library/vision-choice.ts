// Which of the library's CLIP vision encoders an IP-Adapter looks at pictures through: the newest one of the widths that it reads.
import { clipVisionWidths } from '../models/annotators/clip-vision-forms.ts';
import { PROJECTION_PREFIX, projectionSizes } from '../models/control/projection-sizes.ts';
import type { StoredModel } from './types.ts';

type Sized = Pick<StoredModel, 'detection' | 'tensors'>;

/** What an adapter reads of a tower. */
export interface WantedVision {
  readonly output: 'embedding' | 'states';
  readonly width: number;
}

/** Null for a file of another kind. */
export function visionOf({ tensors }: Pick<StoredModel, 'tensors'>): WantedVision | null {
  const shapes = shapesOf(tensors);
  const sizes = projectionSizes((name) => shapes.get(PROJECTION_PREFIX + name));
  return sizes && { output: sizes.kind === 'plain' ? 'embedding' : 'states', width: sizes.width };
}

/** `models`: newest first. Null where there is none. */
export function visionFor<T extends Sized>(models: readonly T[], { output, width }: WantedVision): T | null {
  const reads = ({ detection, tensors }: T): boolean => {
    if (detection.annotator?.kind !== 'clip-vision' || !detection.supported) return false;
    const shapes = shapesOf(tensors);
    return clipVisionWidths({ shapeOf: (name) => shapes.get(name) })?.[output] === width;
  };
  return models.find(reads) ?? null;
}

/** Width of ViT-bigG's embedding, and of its states. */
const BIG_G: Readonly<Record<WantedVision['output'], number>> = { embedding: 1280, states: 1664 };

/** The tower, by its name and what its file is called where it is published, for a person to look for. */
export function publishedVision({ output, width }: WantedVision): string {
  return width === BIG_G[output]
    ? 'CLIP ViT-bigG: clip_g.pth, or model.safetensors of IP-Adapter/sdxl_models/image_encoder'
    : 'CLIP ViT-H: clip_h.pth, or model.safetensors of IP-Adapter/models/image_encoder';
}

function shapesOf(tensors: StoredModel['tensors']): ReadonlyMap<string, readonly number[]> {
  return new Map(tensors.map(({ name, shape }) => [name, shape]));
}
