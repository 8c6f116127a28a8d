// What the detailer's lists offer, by ADetailer's names. Loaded by who shows or checks them: the page alone needs none.

export const MERGE_MODES = ['None', 'Merge', 'Merge and Invert'] as const;
export type MergeMode = (typeof MERGE_MODES)[number];

export const FILTER_METHODS = ['Area', 'Confidence'] as const;
export type FilterMethod = (typeof FILTER_METHODS)[number];

export const SORT_ORDERS = [
  'None',
  'Position (left to right)',
  'Position (center to edge)',
  'Area (large to small)',
] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

export const SIZE_MATCHES = ['Off', 'Strict (SDXL only)', 'Free'] as const;
export type SizeMatch = (typeof SIZE_MATCHES)[number];
