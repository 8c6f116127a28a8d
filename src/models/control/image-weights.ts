// How an IP-Adapter's weight is spread over a UNet's blocks by "Weight Type" (Mikubill/sd-webui-controlnet 1.1.455,
// scripts/ipadapter/weight.py).
import type { ControlFamily } from './kinds.ts';

export const WEIGHT_TYPES = [
  'normal',
  'ease in',
  'ease out',
  'ease in-out',
  'reverse in-out',
  'weak input',
  'weak output',
  'weak middle',
  'strong middle',
  'style transfer',
  'composition',
  'strong style transfer',
  'style and composition',
  'strong style and composition',
] as const;
export type WeightType = (typeof WEIGHT_TYPES)[number];

/** Those that have a weight of their own for composition. */
export function weighsComposition(type: WeightType): boolean {
  return type === 'style and composition' || type === 'strong style and composition';
}

/** What is told of a block: its number, of how many, where the middle one is. */
interface Block {
  readonly index: number;
  readonly count: number;
  readonly middle: number;
}

const LEAST = 0.05;
const WEAK = 0.2;
const eased = (part: number): number => LEAST + (1 - LEAST) * part;
const fromMiddle = ({ index, count }: Block): number => Math.abs(index - count / 2) / (count / 2);

/** Factors of the weight. */
const CURVES: Readonly<Partial<Record<WeightType, (block: Block) => number>>> = {
  normal: () => 1,
  'ease in': ({ index, count }) => eased(1 - index / count),
  'ease out': ({ index, count }) => eased(index / count),
  'ease in-out': (block) => eased(1 - fromMiddle(block)),
  'reverse in-out': (block) => eased(fromMiddle(block)),
  'weak input': ({ index, middle }) => (index < middle ? WEAK : 1),
  'weak output': ({ index, middle }) => (index > middle ? WEAK : 1),
  'weak middle': ({ index, middle }) => (index === middle ? WEAK : 1),
  'strong middle': ({ index, middle }) => (index === middle ? 1 : WEAK),
};

/** Blocks that make the style and those that make the composition, the latter with factors. */
interface Roles {
  readonly count: number;
  readonly middle: number;
  readonly style: ReadonlySet<number>;
  readonly composition: ReadonlyMap<number, number>;
}

const SDXL: Roles = { count: 11, middle: 4, style: new Set([6]), composition: new Map([[3, 1]]) };
const SD1: Roles = {
  count: 16,
  middle: 6,
  style: new Set([0, 1, 2, 3, 9, 10, 11, 12, 13, 14, 15]),
  composition: new Map([
    [4, 0.25],
    [5, 1],
  ]),
};

/** For each block, in the order input, middle, output. `composition`: the weight of composition, where that has one. */
export function imageWeights(
  type: WeightType,
  weight: number,
  composition: number,
  family: ControlFamily,
): number[] {
  const roles = family === 'sdxl' ? SDXL : SD1;
  const { count, middle } = roles;
  return Array.from({ length: count }, (_, index) => {
    const curve = CURVES[type];
    if (curve) return weight * curve({ index, count, middle });
    const composes = roles.composition.get(index);
    const strong = type.startsWith('strong');
    if (type === 'composition') return weight * (composes ?? 0);
    if (composes !== undefined) return weighsComposition(type) ? composition * (strong ? 1 : composes) : 0;
    return strong || roles.style.has(index) ? weight : 0;
  });
}
