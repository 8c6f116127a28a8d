// All kinds of upscalers, and which of them a file is.
import { unwrapped, type Unwrapped } from '../layouts/containers.ts';
import type { TensorShapes } from '../types.ts';
import type { Architecture, UpscalerLabel } from './architecture.ts';
import { DAT } from './dat.ts';
import { ESRGAN } from './esrgan.ts';
import { HAT } from './hat.ts';
import type { UpscalerKind } from './kinds.ts';
import { OMNI_SR } from './omni-sr.ts';
import { REAL_PLKSR } from './real-plksr.ts';
import { SPAN } from './span.ts';
import { SRVGG } from './srvgg.ts';
import { SWIN_IR } from './swin-ir.ts';

/** In the order in which a file is compared with them. */
const ARCHITECTURES: readonly Architecture[] = [ESRGAN, SRVGG, SPAN, REAL_PLKSR, SWIN_IR, HAT, DAT, OMNI_SR];

export interface FoundUpscaler extends Unwrapped {
  readonly architecture: Architecture;
  readonly label: UpscalerLabel;
}

/** Null for what is no upscaler of these kinds. */
export function findUpscaler(tensors: TensorShapes): FoundUpscaler | null {
  for (const { prefix, weights } of unwrapped(tensors)) {
    for (const architecture of ARCHITECTURES) {
      const label = architecture.recognise(weights);
      if (label) return { architecture, label, prefix, weights };
    }
  }
  return null;
}

export function architectureOf(kind: UpscalerKind): Architecture {
  return ARCHITECTURES.find((one) => one.kind === kind)!;
}
