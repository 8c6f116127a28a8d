// The gallery's tab: search, selection, viewer, comparison.
import { number } from '../locale.ts';
import { common } from './common.ts';

export const gallery = {
  noDay: 'Day not known',
  tileSize: 'Size of the pictures',
  gallery: 'Gallery',
  pictures: 'Pictures',
  searchAndSelection: 'Search and selection',
  selectToCompare: 'Select two to eight pictures, then press Compare.',
  none: 'No pictures yet',
  noneWhy: 'Every picture you make is kept here, with its parameters.',
  loading: 'Loading your pictures',
  noMatch: 'No picture matches.',
  showAll: 'Show all pictures',

  // Search.
  search: 'Search pictures',
  searchHint:
    'Words of the prompt, a model, a sampler or a seed. "Two words" stay together, -word leaves out, and prompt:, negative:, model:, sampler: and seed: look in one place.',
  model: 'Model',
  allModels: 'All models',
  sampler: 'Sampler',
  allSamplers: 'All samplers',
  order: 'Order',
  newestFirst: 'Newest first',
  oldestFirst: 'Oldest first',
  favourites: 'Favourites',
  found: (found: number, all: number) => `${number(found)} of ${common.pictures(all)}`,

  // Selection.
  selectedPictures: 'Selected pictures',
  clearSelection: 'Clear selection',
  clearSelectionEsc: 'Clear selection (Esc)',
  selected: (count: number) => `${number(count)} selected`,
  compare: 'Compare',
  compareHint: 'Side by side, with their differences',
  favourite: 'Favourite',
  notFavourite: 'Remove favourite',
  downloadZip: 'Download zip',
  selectAll: (count: number) => `Select all ${number(count)}`,
  packing: 'Packing',
  packed: (done: number, total: number) => `Packing ${number(done)} of ${common.pictures(total)}`,
  damagedNotCompared: 'A damaged picture cannot be compared',
  tooFewToCompare: 'Select two pictures or more to compare them',
  tooManyToCompare: (max: number) => `Up to ${max} pictures can be compared`,

  // Tiles.
  damagedPicture: 'Damaged picture',
  tile: ({
    seed,
    favourite,
    damaged,
    prompt,
  }: {
    readonly seed: string;
    readonly favourite: boolean;
    readonly damaged: boolean;
    readonly prompt: string;
  }) =>
    [
      `Picture, seed ${seed}`,
      ...(favourite ? ['favourite'] : []),
      ...(damaged ? ['damaged'] : []),
      ...(prompt === '' ? [] : [prompt]),
    ].join(', '),
  select: 'Select picture',
  favouritePicture: 'Favourite picture',

  // Viewer.
  picture: 'Picture',
  recordDamaged: 'This record is damaged.',
  recordDamagedWhy:
    'Neither the picture nor its parameters can be read. All that can be done is to delete it.',
  previous: 'Previous picture',
  next: 'Next picture',
  place: (index: number, count: number) => `${number(index)} of ${number(count)}`,
  useSettings: 'Use these settings',
  download: 'Download',
  downloadKey: 'Download (S)',
  copy: 'Copy',

  // Compare.
  comparison: 'The comparison',
  comparePictures: 'Compare pictures',
  view: 'View',
  modes: { side: 'Side by side', slider: 'Slider', overlay: 'Overlay', difference: 'Difference' },
  picturesAndDifferences: 'Pictures and their differences',
  numbered: (index: number, seed: string) => `Picture ${index}, seed ${seed}`,
  seed: (seed: string) => `seed ${seed}`,
  partOfFirst: 'Part of the first picture',
  strengthOfSecond: 'Strength of the second picture',
  blackIsSame: 'Black is where they are the same.',
  leftAndRight: '1 is to the left, 2 to the right of the line.',
  same: 'Their parameters are the same',
  differences: 'Differences',
  showAllParameters: 'Show all parameters',
  parameters: 'Parameters',
  parameter: 'Parameter',
};
