// LoRA Block Weight: `<lora:name:1:lbw=OUTD>` weighs what a LoRA changes block by block of the UNet, under the names and numbers of
// hako-mikan/sd-webui-lora-block-weight (loradealer, to26). A tag without it is as it was.
import { BLOCKS, blocksOf, XL_BLOCKS } from '../models/block-names.ts';
import { parseFloatPython } from '../prompt/python-text.ts';

/** Blocks that lists are for; shorter ones for those that LoRAs of XL and of SD 1 have layers in. Others weigh nothing. */
const LISTS: readonly (readonly string[])[] = [
  ['BASE', ...blocksOf('IN', [4, 5, 7, 8]), 'M00', ...blocksOf('OUT', [0, 1, 2, 3, 4, 5])],
  [
    ...['BASE', ...blocksOf('IN', [1, 2, 4, 5, 7, 8])],
    ...['M00', ...blocksOf('OUT', [3, 4, 5, 6, 7, 8, 9, 10, 11])],
  ],
  XL_BLOCKS,
  BLOCKS,
];

/** The extension's own lists, by name: the number of blocks of each part of the 17 that count. */
const PRESETS: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>(
  Object.entries<readonly number[]>({
    NONE: [],
    ALL: [...Array(17).keys()],
    INS: [0, 1, 2, 3],
    IND: [0, 4, 5, 6],
    INALL: [0, 1, 2, 3, 4, 5, 6],
    MIDD: [0, 4, 5, 6, 7, 8, 9, 10, 11],
    OUTD: [0, 8, 9, 10, 11],
    OUTS: [0, 12, 13, 14, 15, 16],
    OUTALL: [0, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  }).map(([name, on]) => [name, Array.from({ length: 17 }, (_, i) => Number(on.includes(i)))]),
).set('ALL0.5', Array<number>(17).fill(0.5));

export interface BlockWeights {
  /** One for each of BLOCKS; null where the tag asks for none, or for what cannot be read. */
  readonly weights: readonly number[] | null;
  /** What of the tag is not carried out, to a person. */
  readonly problems: readonly string[];
}

/** `named`: a tag's items of the form `name=value`. */
export function blockWeightsOf(named: ReadonlyMap<string, string>): BlockWeights {
  const problems = ['start', 'stop', 'step']
    .filter((name) => named.has(name))
    .map((name) => `"${name}=${named.get(name)}" is not carried out: a LoRA counts in all steps.`);
  const given = named.get('lbw') ?? named.get('w');
  if (given === undefined) return { weights: null, problems };
  const weights = weightsIn(given, named.get('x'));
  if (typeof weights === 'string') return { weights: null, problems: [weights, ...problems] };
  return { weights, problems };
}

/** A text: why not. */
function weightsIn(given: string, x: string | undefined): readonly number[] | string {
  const preset = PRESETS.get(given.trim());
  if (preset) return spread(preset)!;
  const items = given.split(',').map((item) => item.trim());
  const names = [...PRESETS.keys()].join(', ');
  if (items.length === 1)
    return `"lbw=${given.slice(0, 80)}" is no list of block weights: ${names}, or numbers.`;
  const numbers = items.map((item) => numberIn(item, x));
  const wrong = numbers.findIndex((number) => number === null);
  if (wrong >= 0) return `"${items[wrong]!.slice(0, 80)}" in "lbw" is no number.`;
  const lengths = LISTS.map(({ length }) => length).join(', ');
  return (
    spread(numbers as number[]) ?? `"lbw" has ${items.length} numbers; these many can be read: ${lengths}.`
  );
}

/** `X`, `X+0.2` and `X-0.1` are what `x=` says, and a bit more or less. */
function numberIn(item: string, x: string | undefined): number | null {
  const relative = /^X([+-].+)?$/.exec(item);
  if (!relative) return parseFloatPython(item);
  const [base, more] = [x ?? '', relative[1] ?? '0'].map((text) => parseFloatPython(text));
  return base === null || more === null ? null : base! + more!;
}

/** Null where no list is as long. */
function spread(numbers: readonly number[]): readonly number[] | null {
  const names = LISTS.find(({ length }) => length === numbers.length);
  if (!names) return null;
  const byName = new Map(names.map((name, i) => [name, numbers[i]!]));
  return BLOCKS.map((name) => byName.get(name) ?? 0);
}
