// What is told of a network that makes control maps of pictures, or sees them for IP-Adapters, without building it. The page knows this
// much.

/** Those that make maps. */
export const MAP_KINDS = [
  'hed',
  'pidinet',
  'lineart',
  'lineart-anime',
  'depth-anything-v2',
  'openpose-body',
] as const;
export type MapKind = (typeof MAP_KINDS)[number];

export const ANNOTATOR_KINDS = [...MAP_KINDS, 'clip-vision'] as const;
export type AnnotatorKind = (typeof ANNOTATOR_KINDS)[number];

/** What `detect` says of one. Everything else is read off its tensors where it is built. */
export interface AnnotatorInfo {
  readonly kind: AnnotatorKind;
}

/** One that a preprocessor asks for. */
export interface WantedAnnotator {
  readonly kind: MapKind;
  /** The preprocessor's name in the extension: networks of one kind are published for several. */
  readonly preprocessor: string;
}
