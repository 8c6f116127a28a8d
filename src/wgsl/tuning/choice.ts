// Takes kernels by what was found for their shapes.
import type { ChooseKernel, Kernel } from '../dispatches.ts';
import type { Dialect } from '../kernels/shader.ts';
import { candidateCalled, type DeviceLimits } from './candidates.ts';
import { shapeKey } from './shapes.ts';
import type { Tuned } from './tune.ts';

/** A picture of another size takes what was found for the nearest, up to this factor in pixels. */
const NEAR = 4;

/** `shapes`: by Shape.key. A name that no candidate has counts as nothing found. */
export function chooseBy(
  shapes: ReadonlyMap<string, Pick<Tuned, 'kernel'>>,
  dialect: Dialect,
  limits: DeviceLimits,
): ChooseKernel {
  const layers = new Map<string, { readonly rows: number; readonly kernel: string }[]>();
  for (const [key, { kernel }] of shapes) {
    const at = key.lastIndexOf(' @');
    const layer = key.slice(0, at);
    layers.set(layer, [...(layers.get(layer) ?? []), { rows: Number(key.slice(at + 2)), kernel }]);
  }
  const known = new Map<string, Kernel | null>();
  return (step) => {
    const { layer, rows, key } = shapeKey(step, dialect);
    const before = known.get(key);
    if (before !== undefined) return before;
    const apart = (other: { readonly rows: number }) => Math.abs(Math.log(other.rows / rows));
    const [nearest] = (layers.get(layer) ?? [])
      .filter((one) => apart(one) <= Math.log(NEAR))
      .sort((a, b) => apart(a) - apart(b));
    const kernel = nearest ? candidateCalled(nearest.kernel, step, dialect, limits) : null;
    known.set(key, kernel);
    return kernel;
  };
}
