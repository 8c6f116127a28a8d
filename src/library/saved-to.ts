// Where pictures are saved without being asked for, what lies beside them there, and grids: A1111's settings of the sections
// "Saving images/grids" and "Saving to a directory".
import { FILE_FORMATS, MAX_PATTERN, type FileFormat } from './saved-as.ts';

/** A1111's "Saving the image to an existing file". */
export const EXISTING = ['Replace', 'Add number suffix'] as const;

/** Where pictures are saved without being asked for, what lies beside them there, and grids. */
export interface SavedTo {
  /** A1111: save_to_dirs, grid_save_to_dirs. */
  readonly saveToDirs: boolean;
  readonly gridSaveToDirs: boolean;
  /** A1111: directories_filename_pattern; empty for "[prompt_words]". */
  readonly directoryPattern: string;
  /** Of "[prompt_words]". A1111: directories_max_prompt_words. */
  readonly maxPromptWords: number;
  /** A1111: save_images_add_number. */
  readonly addNumber: boolean;
  /** A1111: save_images_replace_action. */
  readonly existing: (typeof EXISTING)[number];
  /** A1111: save_txt. */
  readonly saveText: boolean;
  /** A1111: export_for_4chan, img_downscale_threshold in MB, target_side_length in pixels. */
  readonly jpgCopy: boolean;
  readonly jpgCopyMegabytes: number;
  readonly jpgCopySide: number;
  /** What was interrupted while it was made, too. A1111: save_incomplete_images. */
  readonly saveIncomplete: boolean;
  /** Of Extras' batches. A1111: use_original_name_batch. */
  readonly originalName: boolean;
  /** A1111: grid_save, which is on there. */
  readonly grid: boolean;
  readonly gridFormat: FileFormat;
  /** A1111: grid_extended_filename, grid_only_if_multiple, grid_prevent_empty_spots. */
  readonly gridLongName: boolean;
  readonly gridOnlyIfMultiple: boolean;
  readonly gridPreventEmpty: boolean;
  /** A1111: n_rows; -1 finds out, 0 is the batch size. */
  readonly gridRows: number;
  /** "#rrggbb". A1111: grid_background_color. */
  readonly gridBackground: string;
  /** A1111: return_grid. */
  readonly showGrid: boolean;
}

export const DEFAULT_SAVED_TO: SavedTo = {
  saveToDirs: true,
  gridSaveToDirs: true,
  directoryPattern: '[date]',
  maxPromptWords: 8,
  addNumber: true,
  existing: 'Replace',
  saveText: false,
  jpgCopy: true,
  jpgCopyMegabytes: 4,
  jpgCopySide: 4000,
  saveIncomplete: false,
  originalName: true,
  grid: false,
  gridFormat: 'png',
  gridLongName: false,
  gridOnlyIfMultiple: true,
  gridPreventEmpty: false,
  gridRows: -1,
  gridBackground: '#ffffff',
  showGrid: true,
};

/** What an empty pattern of directories stands for. */
export const PLAIN_DIRECTORY = '[prompt_words]';

/** Of the numbers of SavedTo. */
export const SAVED_TO_RANGES = {
  maxPromptWords: { min: 1, max: 20, step: 1 },
  jpgCopyMegabytes: { min: 0, max: 1000, step: 0.5 },
  jpgCopySide: { min: 64, max: 65535, step: 1 },
  gridRows: { min: -1, max: 16, step: 1 },
} as const;

const SAVED_TO_CHOICES: Readonly<Record<string, readonly string[]>> = {
  existing: EXISTING,
  gridFormat: FILE_FORMATS,
};

/** As it was stored: no value is to be believed. The page keeps it so, and what works by it reads it. */
export type GivenSavedTo = Readonly<Partial<Record<keyof SavedTo, unknown>>>;

/** Each value where it makes sense, or the default. */
export function parseSavedTo(stored: GivenSavedTo): SavedTo {
  const given: Readonly<Record<string, unknown>> = stored;
  const sound = Object.entries(DEFAULT_SAVED_TO).map(([key, standard]: [string, unknown]) => {
    const value = given[key];
    const range = (SAVED_TO_RANGES as Readonly<Record<string, { min: number; max: number }>>)[key];
    const fits =
      typeof value === typeof standard &&
      (!range || ((value as number) >= range.min && (value as number) <= range.max)) &&
      (SAVED_TO_CHOICES[key]?.includes(value as string) ?? true) &&
      (key !== 'gridBackground' || /^#[0-9a-f]{6}$/i.test(value as string));
    return [key, fits ? (typeof value === 'string' ? value.slice(0, MAX_PATTERN) : value) : standard];
  });
  return Object.fromEntries(sound) as unknown as SavedTo;
}
