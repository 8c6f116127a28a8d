// Which parts of the latent Tiled Diffusion asks the network for, in which batches, and how their answers are blended: every cell's answer
// is a weighted sum of those of the parts that cover it, whose weights are known beforehand.
import type { Cond } from '../../../models/cond.ts';
import { featherMask, gaussianWeights, inBatches, latentTiles } from '../../../sampling/latent-tiles.ts';
import type { LatentArea } from '../../../sampling/network-call.ts';
import type { NetworkPart } from '../../../sampling/network-parts.ts';
import type { Method, Region, TiledSettings } from './settings.ts';

export interface TiledParts {
  readonly batches: readonly (readonly NetworkPart<Cond>[])[];
  /** MultiDiffusion: how much of each cell's answer there is to be, [height, width]; null where all cells have all of theirs. */
  readonly shown: Float32Array | null;
}

/** Where the parts lie, in their batches: first those of tiles, then the regions. `width`, `height`: of the latent. */
export function areasOf(settings: TiledSettings, width: number, height: number): LatentArea[][] {
  const { background, batchSize, regions } = settings;
  return [
    ...(background ? inBatches(latentTiles(width, height, settings), batchSize) : []),
    ...regions.map((region) => [areaOf(region, width, height)]),
  ];
}

/** A part before it is known what else covers its cells. */
interface Layer {
  readonly area: LatentArea;
  /** Its cells' share in a sum, [height, width] of the area. */
  readonly weights: Float32Array;
  readonly condOf?: (cond: Cond) => Cond;
  readonly foreground: boolean;
}

export function partsOf(settings: TiledSettings, width: number, height: number): TiledParts {
  const { method, regions } = settings;
  const areas = areasOf(settings, width, height);
  const tileBatches = areas.slice(0, areas.length - regions.length);
  const batches = tileBatches.map((batch) =>
    batch.map((area): Layer => ({ area, weights: weightsOf(method, area), foreground: false })),
  );
  regions.forEach(({ blendMode, feather }, index) => {
    const [area] = areas[tileBatches.length + index]!;
    const foreground = blendMode === 'Foreground';
    const weights = foreground
      ? featherMask(area!.right - area!.left, area!.bottom - area!.top, feather)
      : weightsOf(method, area!);
    const condOf = (cond: Cond): Cond => cond.regions?.[index] ?? cond;
    batches.push([{ area: area!, weights, condOf, foreground }]);
  });
  const layers = batches.flat();
  const before = layers.filter(({ foreground }) => foreground);
  const sum = summed(
    layers.filter(({ foreground }) => !foreground),
    width,
    height,
  );
  const feathers = summed(before, width, height);
  const count = summed(
    before.map((layer) => ({ ...layer, weights: layer.weights.map(() => 1) })),
    width,
    height,
  );
  /** How much of the foreground a cell shows. */
  const front = feathers.map((feather, at) => (count[at]! > 0 ? feather / count[at]! : 0));
  const covered = front.map((part, at) => part + (sum[at]! > 0 ? 1 - part : 0));
  const normalizes = method === 'MultiDiffusion';
  const settled = ({ area, weights, condOf, foreground }: Layer): NetworkPart<Cond> => {
    const own = new Float32Array(weights.length);
    eachCell(area, width, (at, i) => {
      const share = foreground ? front[at]! / count[at]! : (weights[i]! / sum[at]!) * (1 - front[at]!);
      own[i] = normalizes && covered[at]! > 0 ? share / covered[at]! : share;
    });
    return { area, weights: own, ...(condOf && { condOf }) };
  };
  return {
    batches: batches.map((batch) => batch.map(settled)),
    shown: normalizes && covered.some((part) => part < 1) ? covered : null,
  };
}

function weightsOf(method: Method, { top, left, bottom, right }: LatentArea): Float32Array {
  const [width, height] = [right - left, bottom - top];
  return method === 'MultiDiffusion'
    ? new Float32Array(width * height).fill(1)
    : gaussianWeights(width, height);
}

function areaOf({ x, y, w, h }: Region, width: number, height: number): LatentArea {
  const [left, top] = [Math.trunc(x * width), Math.trunc(y * height)];
  return {
    ...{ left, top },
    right: Math.min(width, left + Math.ceil(w * width)),
    bottom: Math.min(height, top + Math.ceil(h * height)),
  };
}

/** `at`: in the latent; `index`: in the area. */
function eachCell(
  { top, left, bottom, right }: LatentArea,
  width: number,
  visit: (at: number, index: number) => void,
): void {
  let index = 0;
  for (let y = top; y < bottom; y += 1)
    for (let x = left; x < right; x += 1, index += 1) visit(y * width + x, index);
}

function summed(layers: readonly Layer[], width: number, height: number): Float32Array {
  const sum = new Float32Array(width * height);
  for (const { area, weights } of layers) eachCell(area, width, (at, i) => void (sum[at]! += weights[i]!));
  return sum;
}
