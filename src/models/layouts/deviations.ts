// Batch norms as they are kept: not their variances, but the roots of these, each as two numbers that add up. The variances of networks
// that read bytes leave float16's range, and float16 has too few digits for those of others.
import type { WeightCatalog } from '../../graph/types.ts';

/** Names end with this: of what is kept, [2, channels], and of what files have. */
export const DEVIATIONS = 'running_std';
const VARIANCES = 'running_var';

/** The name in the file of what is kept under `name`. */
export function nameInFile(name: string): string {
  return isDeviations(name) ? name.slice(0, -DEVIATIONS.length) + VARIANCES : name;
}

export function isDeviations(name: string): boolean {
  return name.endsWith(`.${DEVIATIONS}`);
}

/** A file's tensors with its variances as what is kept of them. */
export function withDeviations(file: WeightCatalog): WeightCatalog {
  return {
    shapeOf(name) {
      const shape = file.shapeOf(nameInFile(name));
      return shape && isDeviations(name) ? [2, ...shape] : shape;
    },
  };
}
