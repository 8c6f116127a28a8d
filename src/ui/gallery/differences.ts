// In what the parameters of several pictures differ.
import type { ImageFacts } from './image-facts.ts';
import { labels } from '../strings/labels.ts';

export interface ParameterRow {
  readonly name: string;
  /** One for every picture; null where its text lacks this. */
  readonly values: readonly (string | null)[];
  readonly same: boolean;
}

/** Prompts first, then the fields in the order in which the texts name them. */
export function compareParameters(pictures: readonly ImageFacts[]): ParameterRow[] {
  const names = new Set(pictures.flatMap(({ fields }) => [...fields.keys()]));
  const rows = [
    row(
      labels.prompt,
      pictures.map(({ prompt }) => prompt),
    ),
    row(
      labels.negativePrompt,
      pictures.map(({ negativePrompt }) => negativePrompt),
    ),
    ...[...names].map((name) =>
      row(
        name,
        pictures.map(({ fields }) => fields.get(name) ?? null),
      ),
    ),
  ];
  return rows.filter(({ values }) => values.some((value) => value !== null && value !== ''));
}

function row(name: string, values: readonly (string | null)[]): ParameterRow {
  return { name, values, same: values.every((value) => value === values[0]) };
}

export interface PromptPart {
  readonly text: string;
  /** Not every other prompt has it. */
  readonly different: boolean;
}

/** Prompts cut at their commas and line breaks, with the parts marked that not all of them have. Joined they are the prompts. */
export function markDifferences(prompts: readonly string[]): PromptPart[][] {
  const cut = prompts.map((prompt) => prompt.match(/[^,\n]+[,\n]?|[,\n]/g) ?? []);
  const keys = cut.map((parts) => new Set(parts.map(keyOf)));
  return cut.map((parts) =>
    parts.map((text) => {
      const key = keyOf(text);
      return { text, different: key !== '' && !keys.every((others) => others.has(key)) };
    }),
  );
}

function keyOf(part: string): string {
  return part.replace(/[,\n]/g, '').trim();
}
