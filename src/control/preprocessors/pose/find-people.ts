// People out of OpenPose's maps (Cao et al. 2017; sd-webui-controlnet 1.1.455, annotator/openpose/body.py): parts are where their map is
// highest, limbs where the field between two parts points from one to the other, people what limbs join.
import { halfToEven } from '../../../sampling/half-to-even.ts';
import type { Pause } from '../../../image/pause.ts';
import type { Size } from '../../../image/picture-file.ts';
import { LIMBS as DRAWN } from './draw-people.ts';
import type { Keypoints } from './pose.ts';

/** Maps at the picture's size, [channels, height, width], in float64. */
export interface PoseMaps extends Size {
  /** 19: of each part, and of nothing. */
  readonly parts: Float64Array;
  /** 38: across and down, of each limb. */
  readonly limbs: Float64Array;
}

export interface Candidate {
  readonly x: number;
  readonly y: number;
  readonly score: number;
}

/** Of one person: which candidate is which part (-1: none), the sum of scores, and how many parts there are. */
export interface Found {
  readonly parts: number[];
  score: number;
  count: number;
}

const PARTS = 18;
/** Below this a part is not there. */
const PART_LEAST = 0.1;
/** Below this the field does not point along a limb; in so many of so many places it has to. */
const FIELD_LEAST = 0.05;
const PLACES = 10;
const PLACES_SHARE = 0.8;
/** Fewer parts, or a lower mean, are nobody. */
const LEAST = { count: 4, mean: 0.4 } as const;
/** Besides those that are drawn, from shoulders to ears. These join nobody new. */
const LIMBS = [...DRAWN, [2, 16], [5, 17]] as const;
/** Where among the 38 maps those of a limb begin. */
const FIELDS = [12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26] as const;

export async function findPeople(
  maps: PoseMaps,
  pause: Pause,
): Promise<{ readonly candidates: readonly Candidate[]; readonly people: readonly Found[] }> {
  const candidates: Candidate[] = [];
  const byPart: number[][] = [];
  for (let part = 0; part < PARTS; part += 1) {
    const found = await peaks(maps, part, pause);
    byPart.push(found.map((_, i) => candidates.length + i));
    candidates.push(...found);
  }
  let people: Found[] = [];
  for (const [limb, [a, b]] of LIMBS.entries()) {
    const joints = jointsOf(maps, FIELDS[limb]!, byPart[a]!, byPart[b]!, candidates);
    for (const joint of joints) people = joined(people, joint, a, b, candidates, limb < DRAWN.length);
  }
  const isSomebody = ({ score, count }: Found): boolean =>
    count >= LEAST.count && score / count >= LEAST.mean;
  return { candidates, people: people.filter(isSomebody) };
}

/** Parts of a person in parts of the picture's sides. */
export function keypointsOf({ parts }: Found, candidates: readonly Candidate[], size: Size): Keypoints {
  return parts.map((candidate) => {
    const found = candidates[candidate];
    return found ? { x: found.x / size.width, y: found.y / size.height } : null;
  });
}

/** Row by row, with the height of the map itself. */
async function peaks({ width, height, parts }: PoseMaps, part: number, pause: Pause): Promise<Candidate[]> {
  const map = parts.subarray(part * width * height, (part + 1) * width * height);
  const smooth = await blurred(map, width, height, pause);
  const found: Candidate[] = [];
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const i = y * width + x;
      const here = smooth[i]!;
      if (!(here > PART_LEAST)) continue;
      const isHighest =
        here >= (x > 0 ? smooth[i - 1]! : 0) &&
        here >= (x < width - 1 ? smooth[i + 1]! : 0) &&
        here >= (y > 0 ? smooth[i - width]! : 0) &&
        here >= (y < height - 1 ? smooth[i + width]! : 0);
      if (isHighest) found.push({ x, y, score: map[i]! });
    }
  return found;
}

const DEVIATION = 3;
const REACH = 12;

/**
 * scipy.ndimage.gaussian_filter: down first, the farthest first of what is added up; edges mirrored, the outermost pixel too. Stops
 * after every row.
 */
async function blurred(
  map: Float64Array,
  width: number,
  height: number,
  pause: Pause,
): Promise<Float64Array> {
  const weights = kernel();
  const down = new Float64Array(map.length);
  const rowAt = (from: Float64Array, y: number) =>
    from.subarray(reflected(y, height) * width).subarray(0, width);
  for (let y = 0; y < height; y += 1) {
    await pause();
    const [sums, centre] = [down.subarray(y * width, (y + 1) * width), rowAt(map, y)];
    for (let x = 0; x < width; x += 1) sums[x] = weights[0]! * centre[x]!;
    for (let k = REACH; k > 0; k -= 1) {
      const [weight, above, below] = [weights[k]!, rowAt(map, y - k), rowAt(map, y + k)];
      for (let x = 0; x < width; x += 1) sums[x] = sums[x]! + weight * (above[x]! + below[x]!);
    }
  }
  const out = new Float64Array(map.length);
  const places = Int32Array.from({ length: width + 2 * REACH }, (_, i) => reflected(i - REACH, width));
  const line = new Float64Array(places.length);
  for (let y = 0; y < height; y += 1) {
    await pause();
    for (let i = 0; i < line.length; i += 1) line[i] = down[y * width + places[i]!]!;
    for (let x = 0; x < width; x += 1) {
      const at = x + REACH;
      let sum = weights[0]! * line[at]!;
      for (let k = REACH; k > 0; k -= 1) sum += weights[k]! * (line[at - k]! + line[at + k]!);
      out[y * width + x] = sum;
    }
  }
  return out;
}

/** From the middle outwards. */
function kernel(): Float64Array {
  const raw = Float64Array.from({ length: REACH + 1 }, (_, i) => Math.exp((-0.5 * i * i) / DEVIATION ** 2));
  const sum = raw.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0);
  return raw.map((weight) => weight / sum);
}

function reflected(at: number, length: number): number {
  const folded = ((at % (2 * length)) + 2 * length) % (2 * length);
  return folded < length ? folded : 2 * length - 1 - folded;
}

interface Joint {
  readonly a: number;
  readonly b: number;
  readonly score: number;
}

/** The best pairs, each candidate once. */
function jointsOf(
  maps: PoseMaps,
  field: number,
  firsts: readonly number[],
  seconds: readonly number[],
  candidates: readonly Candidate[],
): readonly Joint[] {
  const possible = firsts.flatMap((a) =>
    seconds.flatMap((b): Joint[] => {
      const score = alongField(maps, field, candidates[a]!, candidates[b]!);
      return score === null ? [] : [{ a, b, score }];
    }),
  );
  const joints: Joint[] = [];
  for (const one of possible.toSorted((p, q) => q.score - p.score)) {
    if (joints.some(({ a, b }) => a === one.a || b === one.b)) continue;
    joints.push(one);
  }
  return joints;
}

/** How far the field points from one to the other; long limbs count less. Null where it does not. */
function alongField(maps: PoseMaps, field: number, from: Candidate, to: Candidate): number | null {
  const { width, height, limbs } = maps;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.max(0.001, Math.sqrt(dx * dx + dy * dy));
  const [ux, uy] = [dx / length, dy / length];
  let [sum, along] = [0, 0];
  for (let i = 0; i < PLACES; i += 1) {
    const x = halfToEven(from.x + (dx / (PLACES - 1)) * i);
    const y = halfToEven(from.y + (dy / (PLACES - 1)) * i);
    const at = y * width + x;
    const value = limbs[field * width * height + at]! * ux + limbs[(field + 1) * width * height + at]! * uy;
    sum += value;
    if (value > FIELD_LEAST) along += 1;
  }
  const score = sum / PLACES + Math.min((0.5 * height) / length - 1, 0);
  return along > PLACES_SHARE * PLACES && score > 0 ? score : null;
}

/** Where one of both is somebody's, the other becomes theirs; two who share nothing become one. */
function joined(
  people: readonly Found[],
  { a, b, score }: Joint,
  partA: number,
  partB: number,
  candidates: readonly Candidate[],
  mayBegin: boolean,
): Found[] {
  const theirs = people.filter(({ parts }) => parts[partA] === a || parts[partB] === b);
  const [first, second] = theirs;
  const give = (person: Found): void => {
    person.parts[partB] = b;
    person.count += 1;
    person.score += candidates[b]!.score + score;
  };
  if (!first) {
    if (!mayBegin) return [...people];
    const parts = new Array<number>(PARTS).fill(-1);
    [parts[partA], parts[partB]] = [a, b];
    return [...people, { parts, count: 2, score: candidates[a]!.score + candidates[b]!.score + score }];
  }
  if (!second) {
    if (first.parts[partB] !== b) give(first);
    return [...people];
  }
  if (first.parts.some((part, i) => part >= 0 && second.parts[i]! >= 0)) {
    give(first);
    return [...people];
  }
  for (const [i, part] of second.parts.entries()) first.parts[i]! += part + 1;
  first.count += second.count;
  first.score += second.score + score;
  return people.filter((person) => person !== second);
}
