// Values that take the distribution of others (scikit-image's match_histograms, one channel).
import { withoutPause, type Pause } from './pause.ts';

/**
 * The values, 0..1, each in place of the one that as large a part of `wanted`, 0..1, is not above; as they are where either has none.
 */
export async function histogramMatched(
  values: Float64Array,
  wanted: Float64Array,
  pause: Pause = withoutPause,
): Promise<Float64Array> {
  if (values.length === 0 || wanted.length === 0) return values;
  const given = await Sorted.of(values, pause);
  const target = (await Sorted.of(wanted, pause)).values;
  /** Of each of the sorted values, what it becomes. */
  const becomes = new Float64Array(values.length);
  // The places of the last of those that are alike, in `target`: the one that is looked at, and the one before.
  let [last, before] = [endOf(target, 0), -1];
  for (let first = 0; first < given.values.length;) {
    const end = endOf(given.values, first);
    const share = (end + 1) / values.length;
    while (last < target.length - 1 && (last + 1) / target.length < share)
      [before, last] = [last, endOf(target, last + 1)];
    becomes.fill(between(target, before, last, share), first, end + 1);
    first = end + 1;
    if ((first & 0xfff) === 0) await pause();
  }
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i += 1) {
    out[i] = becomes[given.placeOf(values[i]!)]!;
    if ((i & 0xffff) === 0) await pause();
  }
  return out;
}

/** The last place from `at` on that has the same value. */
function endOf(sorted: Float64Array, at: number): number {
  let end = at;
  while (end + 1 < sorted.length && sorted[end + 1] === sorted[at]) end += 1;
  return end;
}

/** On the line from the value at `before` to the one at `last`, by the parts of all that are not above them. */
function between(sorted: Float64Array, before: number, last: number, share: number): number {
  const upper = (last + 1) / sorted.length;
  if (before < 0 || upper < share) return sorted[last]!;
  const lower = (before + 1) / sorted.length;
  const slope = (sorted[last]! - sorted[before]!) / (upper - lower);
  return slope * (share - lower) + sorted[before]!;
}

/** How many drawers values are sorted into. */
const DRAWERS = 2 ** 16;

/** Values of 0..1, ascending, that are found again in a few steps. */
class Sorted {
  private constructor(
    readonly values: Float64Array,
    /** Where each drawer begins, and where the last one ends. */
    private readonly starts: Int32Array,
  ) {}

  static async of(values: Float64Array, pause: Pause): Promise<Sorted> {
    const starts = new Int32Array(DRAWERS + 1);
    for (const value of values) starts[drawerOf(value) + 1]! += 1;
    for (let i = 0; i < DRAWERS; i += 1) starts[i + 1]! += starts[i]!;
    const next = starts.slice();
    const sorted = new Float64Array(values.length);
    for (const value of values) sorted[next[drawerOf(value)]!++] = value;
    for (let i = 0; i < DRAWERS; i += 1) {
      if (starts[i + 1]! - starts[i]! > 1) sorted.subarray(starts[i], starts[i + 1]).sort();
      if ((i & 0xff) === 0) await pause();
    }
    return new Sorted(sorted, starts);
  }

  /** Where the value, or one like it, is. */
  placeOf(value: number): number {
    const drawer = drawerOf(value);
    let [low, high] = [this.starts[drawer]!, this.starts[drawer + 1]! - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.values[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function drawerOf(value: number): number {
  return Math.min(DRAWERS - 1, Math.max(0, Math.floor(value * DRAWERS)));
}
