// How pictures are saved as files: A1111's settings of the section "Saving images/grids".

/** Of a pattern, UTF-16 units: as long as a person likes, within reason. */
export const MAX_PATTERN = 1000;

/** A1111's "File format for images". */
export const FILE_FORMATS = ['png', 'jpg', 'webp'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];
/** How pictures are saved. */
export interface SavedAs {
  /** A1111: samples_filename_pattern; empty for "[seed]". */
  readonly pattern: string;
  readonly format: FileFormat;
  /** 1..100, of JPEG and of WebP that loses something. A1111: jpeg_quality. */
  readonly quality: number;
  /** A1111: webp_lossless. */
  readonly lossless: boolean;
}

/** What an empty pattern stands for. */
export const DEFAULT_PATTERN = '[seed]';
/** A1111's. */
export const DEFAULT_SAVED_AS: SavedAs = { pattern: '', format: 'png', quality: 80, lossless: false };
export const QUALITY = { min: 1, max: 100, step: 1 } as const;
export function parseSavedAs(stored: unknown): SavedAs {
  const { pattern, format, quality, lossless } = {
    ...DEFAULT_SAVED_AS,
    ...(stored as Partial<SavedAs> | null),
  };
  return {
    pattern: typeof pattern === 'string' ? pattern.slice(0, MAX_PATTERN) : '',
    format: FILE_FORMATS.find((name) => name === format) ?? DEFAULT_SAVED_AS.format,
    quality:
      Number.isInteger(quality) && quality >= QUALITY.min && quality <= QUALITY.max
        ? quality
        : DEFAULT_SAVED_AS.quality,
    lossless: lossless === true,
  };
}

/** Nothing that needs more than the stored file. */
export function isPlain({ pattern, format }: SavedAs): boolean {
  return pattern === '' && format === 'png';
}
