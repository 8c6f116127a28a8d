import { describe, expect, it } from 'vitest';
import type { NamedLora } from '../library/lora-choice.ts';
import type { Detection } from '../models/types.ts';
import { withOwnNames } from './told-add-ons.ts';

const lora = (name: string, dataSha256: string, alias: string | null = null): NamedLora => ({
  name,
  fileName: `${name}.safetensors`,
  sha256: 'f'.repeat(64),
  dataSha256,
  detection: {
    kind: 'lora',
    supported: true,
    lora: { family: 'sd1', alias, dataHash: null },
  } as unknown as Detection,
});
const HERE = [
  lora('ink', `aaaaaaaaaaaa${'0'.repeat(52)}`, 'InkStyle'),
  lora('mine', `bbbbbbbbbbbb${'0'.repeat(52)}`),
];

describe('LoRAs of a text', () => {
  it('keep their names where those say the same here', () => {
    const prompt = 'a cat <lora:ink:0.8> <lora:InkStyle:0.2:0.1> <lora:unknown:1>';
    const told = [
      { name: 'ink', hash: 'aaaaaaaaaaaa' },
      { name: 'InkStyle', hash: 'aaaaaaaaaaaa' },
    ];
    expect(withOwnNames(prompt, told, HERE)).toEqual({ prompt, missing: [] });
  });

  it('get the names that the files have here', () => {
    const told = [{ name: 'theirs', hash: 'bbbbbbbbbb' }];
    expect(withOwnNames('<lora:theirs:1>, <lyco:theirs:te=0>', told, HERE).prompt).toBe(
      '<lora:mine:1>, <lyco:mine:te=0>',
    );
    // One of that name is another file.
    const other = [{ name: 'ink', hash: 'bbbbbbbbbbbb' }];
    expect(withOwnNames('<lora:ink:1>', other, HERE).prompt).toBe('<lora:mine:1>');
  });

  it('that are not here are named with their hash', () => {
    const told = [{ name: 'gone', hash: 'cccccccccccc' }];
    expect(withOwnNames('<lora:gone:1>', told, HERE)).toEqual({ prompt: '<lora:gone:1>', missing: told });
  });
});
