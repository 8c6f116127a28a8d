// Extra network tags against A1111's (tests/reference/prompts/extra_networks.json, lora_args.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { ExtraNetworkError, parseExtraNetworks, readLoraTags } from './extra-networks.ts';

interface Tag {
  readonly items: string[];
  readonly positional: string[];
  readonly named: Record<string, string>;
}

interface Networks {
  readonly cases: readonly {
    readonly text: string;
    readonly rest: string;
    readonly networks: Record<string, Tag[]>;
  }[];
  readonly parse_prompts: readonly {
    readonly prompts: string[];
    readonly rest: string[];
    readonly networks_of_first_prompt_only: Record<string, string[][]>;
  }[];
}

interface LoraArguments {
  readonly cases: readonly {
    readonly text: string;
    readonly raises?: string;
    readonly names?: string[];
    readonly te?: (number | string)[];
    readonly unet?: (number | string)[];
    readonly dyn?: (number | null)[];
  }[];
}

const files = listReference('prompts');

describe.skipIf(!files.includes('extra_networks.json'))('extra networks', () => {
  const reference = files.includes('extra_networks.json')
    ? readReferenceJson<Networks>('prompts', 'extra_networks.json')
    : { cases: [], parse_prompts: [] };

  it.each(reference.cases)('$text', ({ text, rest, networks }) => {
    const parsed = parseExtraNetworks(text);
    expect(parsed.rest).toBe(rest);
    const tags = [...parsed.networks].map(([kind, list]) => [
      kind,
      list.map(({ items, positional, named }) => ({ items, positional, named: Object.fromEntries(named) })),
    ]);
    expect(Object.fromEntries(tags)).toEqual(networks);
  });

  it.each(reference.parse_prompts)(
    'of a batch: $prompts',
    ({ prompts, rest, networks_of_first_prompt_only }) => {
      const parsed = prompts.map(parseExtraNetworks);
      expect(parsed.map((prompt) => prompt.rest)).toEqual(rest);
      const first = [...parsed[0]!.networks].map(([kind, tags]) => [kind, tags.map(({ items }) => items)]);
      expect(Object.fromEntries(first)).toEqual(networks_of_first_prompt_only);
    },
  );
});

describe.skipIf(!files.includes('lora_args.json'))('Lora tags', () => {
  const { cases } = files.includes('lora_args.json')
    ? readReferenceJson<LoraArguments>('prompts', 'lora_args.json')
    : { cases: [] };

  it.each(cases)('$text', ({ text, raises, names, te, unet, dyn }) => {
    const tags = parseExtraNetworks(text).networks.get('lora') ?? [];
    if (raises !== undefined) {
      expect(() => readLoraTags(tags)).toThrow(ExtraNetworkError);
      return;
    }
    const loras = readLoraTags(tags);
    expect(loras.map(({ name }) => name)).toEqual(names);
    expect(loras.map(({ textEncoder }) => textEncoder)).toEqual(te!.map(Number));
    expect(loras.map((lora) => lora.unet)).toEqual(unet!.map(Number));
    expect(loras.map(({ dynDim }) => dynDim)).toEqual(dyn);
  });
});
