// The network asked for parts of a picture, and their answers laid over each other: what its answers are to the whole.
import type { LatentArea, NetworkCall, NetworkItem, ShownStep } from './network-call.ts';

export interface NetworkPart<C> {
  readonly area: LatentArea;
  /** How much its cells count, [height, width] of the area. */
  readonly weights: Float32Array;
  /** What it is told in place of the whole picture's condition. */
  readonly condOf?: (cond: C) => C;
}

/** A latent's, in cells. */
export interface LatentShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Each batch of parts is one call, with all items of the picture's. What no part covers is 0. */
export async function askInParts<C>(
  items: readonly NetworkItem<C>[],
  shown: ShownStep,
  network: NetworkCall<C>,
  batches: readonly (readonly NetworkPart<C>[])[],
  shape: LatentShape,
): Promise<readonly Float32Array[]> {
  const sums = items.map(({ x }) => new Float32Array(x.length));
  for (const [index, parts] of batches.entries()) {
    const asked = parts.flatMap(({ area, condOf }) =>
      items.map((item) => ({
        ...item,
        x: cellsOf(item.x, area, shape),
        area,
        cond: condOf ? condOf(item.cond) : item.cond,
        part: { index, count: batches.length },
      })),
    );
    const answers = await network(asked, shown);
    for (const [i, answer] of answers.entries())
      addWeighted(sums[i % items.length]!, answer, parts[Math.floor(i / items.length)]!, shape);
  }
  return sums;
}

function cellsOf(x: Float32Array, area: LatentArea, { channels, height, width }: LatentShape): Float32Array {
  const [rows, columns] = [area.bottom - area.top, area.right - area.left];
  const cut = new Float32Array(channels * rows * columns);
  for (let line = 0; line < channels * rows; line += 1) {
    const start = (Math.floor(line / rows) * height + area.top + (line % rows)) * width + area.left;
    cut.set(x.subarray(start, start + columns), line * columns);
  }
  return cut;
}

function addWeighted(
  sum: Float32Array,
  answer: Float32Array,
  { area, weights }: Pick<NetworkPart<unknown>, 'area' | 'weights'>,
  { channels, height, width }: LatentShape,
): void {
  const [rows, columns] = [area.bottom - area.top, area.right - area.left];
  for (let line = 0; line < channels * rows; line += 1) {
    const to = (Math.floor(line / rows) * height + area.top + (line % rows)) * width + area.left;
    const weight = (line % rows) * columns;
    for (let x = 0; x < columns; x += 1) sum[to + x]! += answer[line * columns + x]! * weights[weight + x]!;
  }
}
