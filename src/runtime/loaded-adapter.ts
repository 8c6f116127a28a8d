// What an IP-Adapter of the library makes of pictures, on the engine's device: CLIP looks at them first, then goes again.
import type { Planes } from '../image/tiles.ts';
import type { WantedVision } from '../library/vision-choice.ts';
import { projectionNetwork } from '../models/control/image-projection.ts';
import { projectionSizes, PROJECTION_PREFIX } from '../models/control/projection-sizes.ts';
import { FileNetwork, type Opening } from './file-network.ts';
import { LoadedAnnotator } from './loaded-annotator.ts';
import { nameOfControl } from './network-names.ts';

/** What CLIP gives of each picture, [3, 224, 224], as the adapter wants it. */
export async function seenBy(
  pictures: readonly Planes[],
  { output }: WantedVision,
  ...opening: Opening
): Promise<readonly Float32Array[]> {
  const tower = await LoadedAnnotator.open(...opening);
  try {
    const seen: Float32Array[] = [];
    for (const picture of pictures) seen.push(...(await tower.run(picture, [output])));
    return seen;
  } finally {
    // What has failed says more than that memory cannot be given back.
    await tower.release().catch(() => undefined);
  }
}

/** Tokens, [count, contextDim], of what CLIP has seen of each picture. */
export async function projected(
  seen: readonly Float32Array[],
  ...opening: Opening
): Promise<{ readonly tokens: readonly Float32Array[]; readonly contextDim: number }> {
  const [adapter] = opening;
  const network = await FileNetwork.open(true, ...opening);
  const sizes = projectionSizes((name) => network.weights.shapeOf(PROJECTION_PREFIX + name))!;
  try {
    const tokens: Float32Array[] = [];
    for (const one of seen) {
      const made = await network.run(
        nameOfControl(adapter.name),
        (weights, precision) => projectionNetwork(sizes, weights, precision),
        { seen: one },
        ['tokens'],
      );
      tokens.push(...made);
    }
    return { tokens, contextDim: sizes.contextDim };
  } finally {
    await network.release().catch(() => undefined);
  }
}
