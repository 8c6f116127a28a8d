// A1111's settings of extra networks that have a meaning here, with its labels and defaults (modules/shared_options.py; the Lora
// extension's lora_script.py), and what they do to a request.
import type { GenerationParameters } from '../generation/request/request.ts';
import type { AddingOptions } from './add-on-words.ts';
import { snap } from './choices.ts';

export interface ExtraNetworksChoice extends AddingOptions {
  /** "Add network to prompt": a LoRA's name; empty for none. */
  readonly addLora: string;
  /** "Add hypernetwork to prompt". */
  readonly addHypernetwork: string;
}

export const MULTIPLIER = { min: 0, max: 2, step: 0.01 } as const;

const MAX_SEPARATOR = 20;
const MAX_NAME = 200;

export function parseExtraNetworks(stored: unknown): ExtraNetworksChoice {
  const from = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>;
  const text = (key: string, fallback: string, most: number): string => {
    const value = from[key];
    return typeof value === 'string' ? value.slice(0, most) : fallback;
  };
  return {
    multiplier: snap(from['multiplier'], MULTIPLIER, 1),
    separator: text('separator', ' ', MAX_SEPARATOR),
    addLora: text('addLora', '', MAX_NAME),
    addHypernetwork: text('addHypernetwork', '', MAX_NAME),
  };
}

/** The tags that the settings add at the end of every prompt that does not have them. */
export function withAddedNetworks<T extends Pick<GenerationParameters, 'prompt'>>(
  request: T,
  { addLora, addHypernetwork, multiplier }: ExtraNetworksChoice,
): T {
  const tags: readonly (readonly [name: string, begins: readonly string[]])[] = [
    [addHypernetwork, ['<hypernet:']],
    [addLora, ['<lora:', '<lyco:']],
  ];
  let { prompt } = request;
  for (const [name, begins] of tags) {
    const called = begins.some((begin) => [':', '>'].some((end) => prompt.includes(`${begin}${name}${end}`)));
    if (name !== '' && !called) prompt += `${begins[0]!}${name}:${multiplier}>`;
  }
  return prompt === request.prompt ? request : { ...request, prompt };
}
