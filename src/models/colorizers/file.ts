// A colorizer's file: whether it is one, and which tensors its graph reads.
import type { WeightCatalog } from '../../graph/types.ts';
import { unwrapped } from '../layouts/containers.ts';
import { isDeviations, nameInFile, withDeviations } from '../layouts/deviations.ts';
import type { TensorShapes, WeightPlanEntry } from '../types.ts';
import { ddColorNetwork, isDdColor, STEP } from './ddcolor.ts';

export interface FoundColorizer {
  /** Before the names of its tensors in the file. */
  readonly prefix: string;
  /** As the library keeps them. */
  readonly weights: WeightCatalog;
}

/** Null for what is no DDColor. */
export function findColorizer(tensors: TensorShapes): FoundColorizer | null {
  for (const { prefix, weights } of unwrapped(tensors)) {
    if (isDdColor(weights)) return { prefix, weights: withDeviations(weights) };
  }
  return null;
}

/** All that its graph reads. Throws Error where that is not there, or has an odd shape. */
export function planColorizer(tensors: TensorShapes): WeightPlanEntry[] {
  const found = findColorizer(tensors);
  if (!found) return [];
  const { graph } = ddColorNetwork(found.weights, 'float32', { height: STEP, width: STEP });
  return [...new Set(graph.weights.map(({ name }) => name))].map((name) => ({
    name,
    sources: [found.prefix + nameInFile(name)],
    transpose: false,
    ...(isDeviations(name) && { form: 'roots' as const }),
    shape: found.weights.shapeOf(name)!,
    network: 'colorizer',
  }));
}
