// What files of single networks have put around the names of their tensors: under which key the state lies, and a wrapper's prefix
// (spandrel, facexlib).
import type { WeightCatalog } from '../../graph/types.ts';
import type { TensorShapes } from '../types.ts';

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

export interface Unwrapped {
  /** Before the names of the network's tensors in the file. */
  readonly prefix: string;
  /** Its tensors by their names without that. */
  readonly weights: WeightCatalog;
}

/** The file as it is, and without each of what may be around its names. */
export function* unwrapped(tensors: TensorShapes): Iterable<Unwrapped> {
  for (const container of CONTAINERS) {
    for (const wrapper of WRAPPERS) {
      const prefix = container + wrapper;
      yield { prefix, weights: { shapeOf: (name) => tensors.get(prefix + name)?.shape } };
    }
  }
}
