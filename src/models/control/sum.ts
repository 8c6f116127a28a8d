// What several control networks add to a UNet, from what each gives (Mikubill's extension, scripts/hook.py): scaled, left out for the
// negative prompt or averaged where it is to be, brought to the UNet's size, added up.
import { resizePlanes } from '../../image/resize-planes.ts';
import type { Planes } from '../../image/tiles.ts';
import { sizeAtLevel } from '../levels.ts';
import { planeLength, type ControlPlace } from './ports.ts';

/** One output of a network. */
export interface ControlOutput {
  /** [batch or 1, channels, height, width]; one serves the whole batch. */
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** How a network's outputs are added. */
export interface Addition {
  /** A factor for each output. */
  readonly scales: readonly number[];
  /** Items of the batch that get nothing. */
  readonly leftOut: readonly boolean[];
  /** Only the mean over each plane ("shuffle" models). */
  readonly averaged: boolean;
  /** Where it counts, 0..1; null for everywhere. */
  readonly region: Planes | null;
}

export class ControlSum {
  /** [batch, channels, ...] of each place. */
  readonly totals: readonly Float32Array[];

  constructor(
    private readonly places: readonly ControlPlace[],
    private readonly size: { readonly batch: number; readonly height: number; readonly width: number },
  ) {
    this.totals = places.map((place) => new Float32Array(size.batch * planeLength(place, size)));
  }

  /** `outputs`: in the order of the places; where there are fewer, the last places get nothing. */
  add(outputs: readonly ControlOutput[], { scales, leftOut, averaged, region }: Addition): void {
    const { batch } = this.size;
    for (const [index, { data, height, width }] of outputs.entries()) {
      const place = this.places[index];
      if (!place) return;
      const { channels, level } = place;
      const wanted = sizeAtLevel({ height: this.size.height, width: this.size.width }, level);
      const length = channels * height * width;
      const items = data.length / length;
      if (items !== 1 && items !== batch)
        throw new Error(
          `A control network gave ${data.length} numbers where the UNet has ${channels} channels: it is for another model.`,
        );
      const seen = region && resizePlanes(region, height, width, 'bilinear').data;
      const total = this.totals[index]!;
      for (let item = 0; item < batch; item++) {
        if (leftOut[item] === true) continue;
        const from = (items === 1 ? 0 : item) * length;
        let planes: Planes = { data: data.subarray(from, from + length), channels, height, width };
        if (seen) planes = { ...planes, data: planes.data.map((value, i) => value * seen[i % seen.length]!) };
        const scale = scales[index] ?? 0;
        if (averaged) addMeans(total, item, planes, scale, wanted);
        else addPlanes(total, item, planes, scale, wanted);
      }
    }
  }
}

function addPlanes(
  total: Float32Array,
  item: number,
  planes: Planes,
  scale: number,
  { height, width }: { readonly height: number; readonly width: number },
): void {
  const fits = planes.height === height && planes.width === width;
  const { data } = fits ? planes : resizePlanes(planes, height, width, 'nearest');
  const to = item * data.length;
  for (let i = 0; i < data.length; i++) total[to + i]! += scale * data[i]!;
}

function addMeans(
  total: Float32Array,
  item: number,
  { data, channels, height, width }: Planes,
  scale: number,
  wanted: { readonly height: number; readonly width: number },
): void {
  const [area, cells] = [height * width, wanted.height * wanted.width];
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let i = 0; i < area; i++) sum += data[channel * area + i]!;
    const at = (item * channels + channel) * cells;
    const mean = (scale * sum) / area;
    for (let i = at; i < at + cells; i++) total[i]! += mean;
  }
}
