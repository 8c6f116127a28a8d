// ControlNet units of a request (Mikubill/sd-webui-controlnet 1.1.455, internal_controlnet/args.py ControlNetUnit), by its names.
import type { HintResizeMode } from '../../control/preprocessors/hint-resize-modes.ts';
import type { WeightType } from '../../models/control/image-weights.ts';
import type { ControlMode } from '../../models/control/scales.ts';
import type { SourcePicture } from './source-picture.ts';

export const HIRES_OPTIONS = ['Both', 'Low res only', 'High res only'] as const;
export type HiresOption = (typeof HIRES_OPTIONS)[number];

export interface ControlUnit {
  /** Null: the picture that img2img starts from. */
  readonly picture: SourcePicture | null;
  /** Drawn on the picture; white is what counts. */
  readonly mask: SourcePicture | null;
  /** "Preprocessor", by its label or its name. */
  readonly module: string;
  /** As files of the library are called, or "name [hash]"; "None" where the preprocessor needs none. */
  readonly model: string;
  /** "Control Weight", 0..2. */
  readonly weight: number;
  readonly resizeMode: HintResizeMode;
  /** "Resolution" of the preprocessor, and its sliders; beyond their ranges they stand at their defaults. */
  readonly processorRes: number;
  readonly thresholdA: number;
  readonly thresholdB: number;
  /** "Starting Control Step" and "Ending Control Step", 0..1. */
  readonly guidanceStart: number;
  readonly guidanceEnd: number;
  readonly pixelPerfect: boolean;
  readonly controlMode: ControlMode;
  /** For each output of the network, in place of weight and control mode; null for those. */
  readonly outputWeights: readonly number[] | null;
  /** Of IP-Adapters, "Weight Type": how the weight is spread over the UNet's blocks. */
  readonly weightType: WeightType;
  /** "Composition Weight", 0..2, for types that have one. */
  readonly compositionWeight: number;
  /** White is where the unit counts; null for everywhere. */
  readonly region: SourcePicture | null;
  /** In which of the passes of Hires. fix it is at work. */
  readonly hiresOption: HiresOption;
  /** "Control Type": what kind of map it is, where a union model has to be told and the preprocessor does not say. */
  readonly controlType: string;
}

export const ANY_CONTROL_TYPE = 'All';

export const NO_MODEL = 'None';

/** Whether a preprocessor makes no map but has the UNet itself look at the picture; it needs no model. By its name, which is its label, too. */
export function isReference(module: string): boolean {
  return module.startsWith('reference_');
}

/** The extension's defaults. */
export const DEFAULT_CONTROL_UNIT: ControlUnit = {
  picture: null,
  mask: null,
  module: 'none',
  model: NO_MODEL,
  weight: 1,
  resizeMode: 'Crop and Resize',
  processorRes: -1,
  thresholdA: -1,
  thresholdB: -1,
  guidanceStart: 0,
  guidanceEnd: 1,
  pixelPerfect: false,
  controlMode: 'Balanced',
  outputWeights: null,
  weightType: 'normal',
  compositionWeight: 1,
  region: null,
  hiresOption: 'Both',
  controlType: ANY_CONTROL_TYPE,
};
