// FreeU (Si et al. 2024, "FreeU: Free Lunch in Diffusion U-Net", section 3.2), as sd-webui-freeu has it: where the way up joins what it
// has (the backbone) with what was kept of the way down (the skip), some of the backbone's channels are scaled, in version 2 by how large
// the mean of all channels is at each place, and of the skip low and high frequencies. Which blocks and channels is the graph's; by how
// much is told with each call, so that nothing is changed where nothing is told.
import type { ElementType, Graph, Value } from '../../graph/graph.ts';
import { halfToEven } from '../../sampling/half-to-even.ts';
import type { Sizes } from '../level.ts';
import type { Planes } from '../levels.ts';
import { LOW_PASS_PARTS, lowPass } from './frequencies.ts';
import type { MarkInputs } from './marks.ts';
import type { PlaneMaps } from './plane-maps.ts';

export interface FreeU {
  readonly kind: 'freeu';
  readonly version: 1 | 2;
  readonly stages: readonly FreeUStage[];
}

/** What becomes of blocks whose backbone has so many times the model's channels: 4, 2 or 1. */
export interface FreeUStage {
  readonly times: number;
  /** Which of them are scaled: from `offset` on, `width` of them, both as parts of all. */
  readonly region: { readonly width: number; readonly offset: number };
  /** Part of an axis' frequencies that are low: 0 (the lowest alone) to 1. */
  readonly cutoff: number;
}

/** 1 leaves everything as it is. */
export interface FreeUFactors {
  readonly backbone: number;
  readonly low: number;
  readonly high: number;
}

/** What a run's call is told of a stage: how far each factor is from leaving things as they are. */
export function freeuMarks(stage: number, { backbone, low, high }: FreeUFactors): Record<string, number> {
  return {
    [markName(stage, 'backbone')]: backbone - 1,
    [markName(stage, 'skip')]: high - 1,
    [markName(stage, 'low')]: low - high,
  };
}

/** As sd-webui-freeu's ratio_to_region: channels that go around the end are "inverted", those between `end` and `begin` are not scaled. */
export function ratioToRegion({ width, offset }: FreeUStage['region'], channels: number) {
  let start = width < 0 ? offset + width : offset;
  const size = Math.min(1, Math.abs(width));
  if (start < 0) start = 1 + start - Math.trunc(start);
  start %= 1;
  const inverted = size + start > 1;
  const [begin, end] = inverted ? [size + start - 1, start] : [start, size + start];
  return { begin: halfToEven(begin * channels), end: halfToEven(end * channels), inverted };
}

/** What the way up joins. */
export interface Join {
  readonly backbone: Planes;
  readonly skip: Planes;
}

/** `times`: how many times the model's channels the backbone has. */
export function applyFreeU(
  graph: Graph,
  { version, stages }: FreeU,
  { backbone, skip }: Join,
  times: number,
  marks: MarkInputs,
  maps: PlaneMaps,
): Join {
  const index = stages.findIndex((stage) => stage.times === times);
  const stage = stages[index];
  if (!stage) return { backbone, skip };
  const mark = (what: string, type: ElementType) => marks.perItem(markName(index, what), type);
  const mask = maskOf(stage, backbone.channels);
  const scale = version === 1 ? scaled : scaledByMean;
  return {
    backbone: { ...backbone, value: scale(graph, backbone, mask, mark) },
    skip: { ...skip, value: filtered(graph, skip, stage, mark, maps) },
  };
}

function filtered(
  graph: Graph,
  { value, channels, level }: Planes,
  { cutoff }: FreeUStage,
  mark: MarkOf,
  maps: PlaneMaps,
): Value {
  const matrices = (size: Sizes) => lowPass(size, cutoff);
  const low = maps.apply(value, channels, { from: level, to: level, parts: LOW_PASS_PARTS, matrices });
  const part = (of: Value, what: string) => graph.mul(of, mark(what, of.type));
  return graph.add(value, graph.add(part(value, 'skip'), part(low, 'low')));
}

type MarkOf = (what: string, type: ElementType) => Value;

/** 1 for channels that are scaled. The region's last one counts, too. */
function maskOf({ region }: FreeUStage, channels: number): readonly number[] {
  const { begin, end, inverted } = ratioToRegion(region, channels);
  const inside = (channel: number) => channel >= begin && channel <= end;
  return Array.from({ length: channels }, (_, channel) => (inside(channel) === inverted ? 0 : 1));
}

function scaled(graph: Graph, { value: x }: Planes, mask: readonly number[], mark: MarkOf): Value {
  const channels = graph.constant(mask, [mask.length, 1, 1]);
  return graph.add(x, graph.mul(x, graph.mul(mark('backbone', x.type), channels)));
}

/** Version 2: the more, the nearer the mean of all channels is to its largest value in the picture. In float32, as there. */
function scaledByMean(
  graph: Graph,
  { value: x, level }: Planes,
  mask: readonly number[],
  mark: MarkOf,
): Value {
  const number = (value: number) => graph.constant([value], [], 'float32');
  const pixels = graph.transpose(graph.cast(x, 'float32'), [0, 2, 3, 1]);
  const mean = graph.reshape(graph.mean(pixels), level.sequence, level.sequenceDims(1));
  const highestOf = (values: Value) => graph.gatherElements(values, graph.argMax(values, 1), 1);
  const highest = highestOf(mean);
  const lowest = graph.mul(highestOf(graph.mul(mean, number(-1))), number(-1));
  const above = (value: Value) => graph.add(value, graph.mul(lowest, number(-1)));
  // Of a plane of one value there is no telling; A1111 divides by zero.
  const share = graph.div(above(mean), graph.clip(above(highest), 1e-30, 3e38));
  const place = graph.reshape(share, level.pixels, level.pixelsDims(1));
  const channels = graph.constant(mask, [mask.length], 'float32');
  const gain = graph.mul(graph.mul(place, mark('backbone', 'float32')), channels);
  const result = graph.add(pixels, graph.mul(pixels, gain));
  return graph.cast(graph.transpose(result, [0, 3, 1, 2]), x.type);
}

function markName(stage: number, what: string): string {
  return `freeu.${stage}.${what}`;
}
