// How much of each of a control network's outputs is added (Mikubill's extension, scripts/hook.py).
import type { ControlKind } from './kinds.ts';

export const CONTROL_MODES = [
  'Balanced',
  'My prompt is more important',
  'ControlNet is more important',
] as const;
export type ControlMode = (typeof CONTROL_MODES)[number];

/** ControlNets': how fast the outer blocks fade. SDXL takes the first of these, though it has fewer blocks. */
const FADING = 0.825;
const CONTROLS = 13;
/** T2I-Adapters'. */
const SOFT_FEATURES = [0.25, 0.62, 0.825, 1];

/** One factor for each of `outputs`. `soft`: as all modes but the balanced one have it. */
export function controlScales(kind: ControlKind, weight: number, soft: boolean, outputs: number): number[] {
  return Array.from({ length: outputs }, (_, index) => {
    if (!soft) return weight;
    return weight * (kind === 't2i-adapter' ? SOFT_FEATURES[index]! : FADING ** (CONTROLS - 1 - index));
  });
}
