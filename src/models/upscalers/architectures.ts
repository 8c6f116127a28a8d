// All kinds of upscalers, and which of them a file is.
import type { WeightCatalog } from '../../graph/types.ts';
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

/** What files have put around the names of their tensors: under which key the state lies, and a wrapper's prefix (spandrel). */
const CONTAINERS = [
  '',
  'model_state_dict.',
  'state_dict.',
  'params_ema.',
  'params-ema.',
  'params.',
  'model.',
  'net.',
];
const WRAPPERS = ['', 'module.', 'netG.', 'generator.'];

export interface FoundUpscaler {
  readonly architecture: Architecture;
  readonly label: UpscalerLabel;
  /** Before the names of its tensors in the file. */
  readonly prefix: string;
  /** Its tensors by their names without that. */
  readonly weights: WeightCatalog;
}

/** Null for what is no upscaler of these kinds. */
export function findUpscaler(tensors: TensorShapes): FoundUpscaler | null {
  for (const container of CONTAINERS) {
    for (const wrapper of WRAPPERS) {
      const prefix = container + wrapper;
      const weights: WeightCatalog = { shapeOf: (name) => tensors.get(prefix + name)?.shape };
      for (const architecture of ARCHITECTURES) {
        const label = architecture.recognise(weights);
        if (label) return { architecture, label, prefix, weights };
      }
    }
  }
  return null;
}

export function architectureOf(kind: UpscalerKind): Architecture {
  return ARCHITECTURES.find((one) => one.kind === kind)!;
}
