// The detailer: what it finds in a finished picture is painted over, each find at its own size with its own prompt (the extension
// Bing-su/adetailer 25.3.0, whose names and defaults these are).
import type { Size } from '../../image/picture-file.ts';
import type { FilterMethod, MergeMode, SizeMatch, SortOrder } from './detailer-lists.ts';
import type { NamedCheckpoint } from './named-checkpoint.ts';

/** Ours, in a detector's place: whatever finds faces in the library, or else what comes with Darkroom. */
export const FACES = 'Faces (built in)';

export function asksForFaces(detailer: Pick<Detailer, 'tabs'> | null): boolean {
  return detailer?.tabs.some(({ model }) => model === FACES) ?? false;
}

/** One detector, and how what it finds is painted. */
export interface DetailerTab {
  /** As the page offers it: "face_yolov8n.pt"; or `FACES`. */
  readonly model: string;
  /** Empty for the picture's own; "[SEP]" stands between those of several finds, "[PROMPT]" for the picture's, "[SKIP]" leaves one out. */
  readonly prompt: string;
  readonly negativePrompt: string;
  /** "Detection model confidence threshold", 0..1. */
  readonly confidence: number;
  readonly filterMethod: FilterMethod;
  /** "Mask only the top k", 0 for all. */
  readonly topK: number;
  /** "Mask min area ratio", "Mask max area ratio", 0..1. */
  readonly minRatio: number;
  readonly maxRatio: number;
  /** "Mask x(→) offset", "Mask y(↑) offset", in pixels. */
  readonly xOffset: number;
  readonly yOffset: number;
  /** "Mask erosion (-) / dilation (+)", in pixels. */
  readonly dilateErode: number;
  readonly mergeInvert: MergeMode;
  /** "Inpaint mask blur", in pixels. */
  readonly maskBlur: number;
  /** "Inpaint denoising strength", 0..1. */
  readonly denoisingStrength: number;
  readonly onlyMasked: boolean;
  /** "Inpaint only masked padding, pixels". */
  readonly padding: number;
  /** Null, here and below: as the picture itself. */
  readonly size: Size | null;
  readonly steps: number | null;
  readonly cfgScale: number | null;
  readonly sampler: string | null;
  readonly scheduler: string | null;
  readonly noiseMultiplier: number | null;
  readonly clipSkip: number | null;
  readonly checkpoint: NamedCheckpoint | null;
}

export interface Detailer {
  /** At least one, carried out one after the other. */
  readonly tabs: readonly DetailerTab[];
  /** "Sort bounding boxes by". */
  readonly sortBy: SortOrder;
  /** "Use same seed for each tab in adetailer": all finds have the picture's seed. */
  readonly sameSeed: boolean;
  /** "Power scaling for dynamic denoise strength based on bounding box size", -10..10; 0 for none. */
  readonly denoisePower: number;
  /** "Try to match inpainting size to bounding box size". */
  readonly sizeMatch: SizeMatch;
}

/** All but the detector. */
export const DEFAULT_DETAILER_TAB: Omit<DetailerTab, 'model'> = {
  prompt: '',
  negativePrompt: '',
  confidence: 0.3,
  filterMethod: 'Area',
  topK: 0,
  minRatio: 0,
  maxRatio: 1,
  xOffset: 0,
  yOffset: 0,
  dilateErode: 4,
  mergeInvert: 'None',
  maskBlur: 4,
  denoisingStrength: 0.4,
  onlyMasked: true,
  padding: 32,
  size: null,
  steps: null,
  cfgScale: null,
  sampler: null,
  scheduler: null,
  noiseMultiplier: null,
  clipSkip: null,
  checkpoint: null,
};

export const DEFAULT_DETAILER: Omit<Detailer, 'tabs'> = {
  sortBy: 'None',
  sameSeed: false,
  denoisePower: 0,
  sizeMatch: 'Off',
};

/** The sizes that its finds are painted in, as far as they are known before anything is found. `size`: the request's. */
export function detailSizes({ tabs, sizeMatch }: Pick<Detailer, 'tabs' | 'sizeMatch'>, size: Size): Size[] {
  return tabs.map((tab) => {
    if (tab.size) return tab.size;
    const side = Math.max(size.width, size.height);
    return sizeMatch === 'Off' ? size : { width: side, height: side };
  });
}
