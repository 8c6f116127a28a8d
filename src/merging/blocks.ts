// Merge block weighted: a multiplier for each block of the UNet and one (BASE) for everything else.
//
// Order and presets are those of the extension SuperMerger (hako-mikan/sd-webui-supermerger, mbwpresets.txt). What lies before
// the blocks (time_embed, label_emb) goes with IN00 and what lies after them (out) with the last one, as in the extension
// "Merge block weighted" (bbc-mc), so that equal weights are a plain merge; SuperMerger leaves the former as A has them.
import { BLOCKS } from '../models/block-names.ts';

export { BLOCKS, XL_BLOCKS } from '../models/block-names.ts';

/** Input blocks, of which there are as many output blocks. */
const inputs = (blocks: number): number => (blocks - 2) / 2;

const UNET = 'model.diffusion_model.';

/** Index of the block that a tensor lies in, among `count` of them; 0 (BASE) where it is none of the UNet's. */
export function blockOf(name: string, count: number): number {
  if (!name.startsWith(UNET)) return 0;
  const inner = name.slice(UNET.length);
  const [part = '', index = ''] = inner.split('.');
  const last = inputs(count);
  const within = Math.min(Number(index), last - 1);
  switch (part) {
    case 'time_embed':
    case 'label_emb':
      return 1;
    case 'input_blocks':
      return 1 + within;
    case 'middle_block':
      return 1 + last;
    case 'output_blocks':
      return 2 + last + within;
    case 'out':
      return count - 1;
    default:
      return 0;
  }
}

type Curve = (x: number) => number;

const smooth: Curve = (x) => x * x * (3 - 2 * x);
/** Up and down again, `times` of the way up in all. */
const zigzag = (value: number, times: number): number => {
  const turn = (value * times) % 2;
  return turn <= 1 ? turn : 2 - turn;
};
const cubic: Curve = (x) => x * (1 - x) * (1 - 2 * x);
const reverse =
  (curve: Curve): Curve =>
  (x) =>
    1 - curve(x);
const trueCubic: Curve = (x) => (x === 0 ? 0 : (1 + 23 * x + 77 * cubic(x)) / 24);
const fakeCubic: Curve = (x) => x + (19 / 6) * cubic(x);

/** The 25 blocks after BASE, evenly spread from 0 to 1; BASE is 0 unless told. */
const along = (curve: Curve, base = 0): number[] => [
  base,
  ...Array.from({ length: 25 }, (_, i) => Number(curve(i / 24).toFixed(6)) + 0),
];

/** `at`: index of the block to its weight; all others are 0. */
const some = (...at: readonly (readonly [from: string, to: string, weight: number])[]): number[] => {
  const weights = Array<number>(26).fill(0);
  for (const [from, to, weight] of at) weights.fill(weight, BLOCKS.indexOf(from), BLOCKS.indexOf(to) + 1);
  return weights;
};

/** As many at either end as half of what the name says. */
const wrap = (count: number): number[] => {
  const weights = Array<number>(26).fill(0);
  return weights.fill(1, 1, 1 + count).fill(1, 26 - count);
};

/** SuperMerger's presets, each of 26 weights, BASE first. */
export const PRESETS: ReadonlyMap<string, readonly number[]> = new Map([
  ['GRAD_V', along((x) => Math.abs(1 - 2 * x))],
  ['GRAD_A', along((x) => 1 - Math.abs(1 - 2 * x))],
  ['FLAT_25', along(() => 0.25)],
  ['FLAT_75', along(() => 0.75)],
  ['WRAP08', wrap(4)],
  ['WRAP12', wrap(6)],
  ['WRAP14', wrap(7)],
  ['WRAP16', wrap(8)],
  ['MID12_50', some(['IN05', 'OUT05', 0.5])],
  ['OUT07', some(['OUT05', 'OUT11', 1])],
  ['OUT12', some(['OUT00', 'OUT11', 1])],
  ['OUT12_5', some(['M00', 'M00', 0.5], ['OUT00', 'OUT11', 1])],
  [
    'RING08_SOFT',
    some(['IN05', 'IN09', 0.5], ['IN06', 'IN08', 1], ['OUT02', 'OUT06', 0.5], ['OUT03', 'OUT05', 1]),
  ],
  ['RING08_5', some(['IN06', 'IN09', 1], ['OUT02', 'OUT05', 1])],
  ['RING10_5', some(['IN05', 'IN09', 1], ['OUT02', 'OUT06', 1])],
  ['RING10_3', some(['IN06', 'IN10', 1], ['OUT01', 'OUT05', 1])],
  ['SMOOTHSTEP', along(smooth)],
  ['REVERSE-SMOOTHSTEP', along(reverse(smooth))],
  ...[2, 3, 4].flatMap((times): [string, number[]][] => {
    const curve: Curve = (x) => zigzag(smooth(x), times);
    return [
      [`SMOOTHSTEP*${times}`, along(curve)],
      [`R_SMOOTHSTEP*${times}`, along(reverse(curve))],
    ];
  }),
  ...[2, 3, 4].flatMap((times): [string, number[]][] => {
    const curve: Curve = (x) => smooth(zigzag(x, times));
    return [
      [`SMOOTHSTEP/${times}`, along(curve)],
      [`R_SMOOTHSTEP/${times}`, along(reverse(curve))],
    ];
  }),
  ['COSINE', along((x) => (1 + Math.cos(Math.PI * x)) / 2)],
  ['REVERSE_COSINE', along((x) => (1 - Math.cos(Math.PI * x)) / 2)],
  ['TRUE_CUBIC_HERMITE', along(trueCubic)],
  ['TRUE_REVERSE_CUBIC_HERMITE', along(reverse(trueCubic))],
  ['FAKE_CUBIC_HERMITE', along(fakeCubic)],
  ['FAKE_REVERSE_CUBIC_HERMITE', along(reverse(fakeCubic))],
  ['ALL_A', along(() => 0)],
  ['ALL_B', along(() => 1, 1)],
]);

/** A preset for SDXL: without those of the blocks that it lacks, as SuperMerger leaves them out. */
export function forXl(weights: readonly number[]): number[] {
  return [...weights.slice(0, 10), ...weights.slice(13, 23)];
}
