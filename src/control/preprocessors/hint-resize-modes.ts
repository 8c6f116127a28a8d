// How a unit's map comes to the size of the picture, by the extension's names. The page knows this much; see resize-hint.ts.
export const HINT_RESIZE_MODES = ['Just Resize', 'Crop and Resize', 'Resize and Fill'] as const;
export type HintResizeMode = (typeof HINT_RESIZE_MODES)[number];
