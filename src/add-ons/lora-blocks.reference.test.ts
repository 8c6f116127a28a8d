// LoRA Block Weight: what tags ask for, and what it makes of a layer, as sd-webui-lora-block-weight has it (extensions/functions.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { parseExtraNetworks } from '../prompt/extra-networks.ts';
import { BLOCKS } from '../models/block-names.ts';
import { blockWeightsOf } from './lora-blocks.ts';
import { strengthOf } from './module.ts';

interface Functions {
  readonly lora_block_weight?: {
    readonly presets: Readonly<Record<string, string>>;
    readonly block_ids: Readonly<Record<string, readonly string[]>>;
    readonly parse: readonly {
      readonly prompt: string;
      readonly result: readonly { readonly ratios: readonly number[] }[];
    }[];
    readonly ratio_of_layer: {
      readonly weights_26: readonly number[];
      readonly cases: readonly { readonly layer: string; readonly result: readonly [number, boolean] }[];
    };
    readonly to26: Readonly<Record<string, readonly number[]>>;
  };
}

const reference = listReference('extensions').includes('functions.json')
  ? readReferenceJson<Functions>('extensions', 'functions.json').lora_block_weight
  : undefined;
/** Of the networks that there are here: FLUX has 61 blocks. */
const isOurs = (numbers: number) => numbers <= BLOCKS.length;
const close = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i], BLOCKS[i]).toBeCloseTo(value, 12);
};
const weightsOf = (lbw: string) => blockWeightsOf(new Map([['lbw', lbw]])).weights!;

describe.skipIf(reference === undefined)('block weights', () => {
  const { presets, block_ids, parse, ratio_of_layer, to26 } = reference ?? {
    ...{ presets: {}, block_ids: {}, parse: [], to26: {} },
    ratio_of_layer: { weights_26: [], cases: [] },
  };

  it('are for the extension’s blocks', () => {
    expect(block_ids[String(BLOCKS.length)]).toEqual(BLOCKS);
  });

  it.each(Object.entries(presets).filter(([, list]) => isOurs(list.split(',').length)))(
    '%s is the list of that name',
    (name, list) => close(weightsOf(name), weightsOf(list)),
  );

  it.each(Object.entries(to26))('%s numbers are spread over the blocks', (count, expected) => {
    close(weightsOf(Array.from({ length: Number(count) }, (_, i) => i + 1).join()), expected);
  });

  it.each(parse)('$prompt', ({ prompt, result }) => {
    const tags = parseExtraNetworks(prompt).networks.get('lora')!;
    expect(tags).toHaveLength(result.length);
    for (const [i, { ratios }] of result.entries()) {
      const { weights } = blockWeightsOf(tags[i]!.named);
      close(weights ?? BLOCKS.map(() => 1), ratios);
    }
  });

  it.each(ratio_of_layer.cases)('$layer', ({ layer, result: [ratio] }) => {
    const strength = { text: 1, unet: 1, dyn: null, blocks: ratio_of_layer.weights_26 };
    expect(strengthOf(layer, strength)).toBe(ratio);
  });
});

describe('a tag', () => {
  const problems = (items: Readonly<Record<string, string>>) =>
    blockWeightsOf(new Map(Object.entries(items))).problems;

  it.each([
    [{ lbw: 'UNKNOWN' }, /no list of block weights: NONE, ALL,/],
    [{ lbw: '1,0.5,0' }, /has 3 numbers; .*12, 17, 20, 26/],
    [{ lbw: `${'1,'.repeat(16)}X` }, /"X" in "lbw" is no number/],
    [{ lbw: `${'1,'.repeat(16)}much` }, /"much" in "lbw" is no number/],
    [{ stop: '8' }, /"stop=8" is not carried out/],
  ])('%j is told of, not passed over', (items, expected) => {
    expect(problems(items)).toEqual([expect.stringMatching(expected)]);
  });

  it('without weights has none, and no problems', () => {
    expect(blockWeightsOf(new Map([['te', '1']]))).toEqual({ weights: null, problems: [] });
  });
});
