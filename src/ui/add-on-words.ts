// The words that call an add-on in a prompt: found there, put in at the cursor, taken out again. As a click on its card does in A1111
// 1.10.1 (javascript/extraNetworks.js), which puts them at the end.
import type { StoredModel } from '../library/types.ts';

type NamedModel = Pick<StoredModel, 'name' | 'detection'>;

/** What A1111's settings of extra networks say of adding one to a prompt. */
export interface AddingOptions {
  /** "Default multiplier for extra networks". */
  readonly multiplier: number;
  /** "Extra networks separator": goes before what is added. */
  readonly separator: string;
}

/** A text with its cursor. */
export interface PromptAt {
  readonly text: string;
  readonly cursor: number;
}

/** What a kind of add-ons is called by in tags; null for embeddings, which are called by their names. */
function tagOf({ detection: { kind } }: NamedModel): 'lora' | 'hypernet' | null {
  return kind === 'lora' ? 'lora' : kind === 'hypernetwork' ? 'hypernet' : null;
}

export function isAddOn({ detection: { kind } }: NamedModel): boolean {
  return kind === 'lora' || kind === 'hypernetwork' || kind === 'embedding';
}

/** "<lora:ink:0.8>", or an embedding's name. */
export function callOf(model: NamedModel, weight: number): string {
  const tag = tagOf(model);
  return tag === null ? model.name : `<${tag}:${model.name}:${weight}>`;
}

/** Where a prompt calls an add-on, whatever its weight. */
function callsIn(model: NamedModel): RegExp {
  const name = model.name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const tag = tagOf(model);
  if (tag === null) return new RegExp(`(?<![\\p{L}\\p{N}_-])${name}(?![\\p{L}\\p{N}_-])`, 'giu');
  return new RegExp(`<${tag === 'lora' ? '(?:lora|lyco)' : tag}:${name}(?::[^>]*)?>`, 'gu');
}

export function isCalledIn(prompt: string, model: NamedModel): boolean {
  return callsIn(model).test(prompt);
}

/** `extra`: words that go with it, in the same prompt. */
export function withCall(
  { text, cursor }: PromptAt,
  call: string,
  extra: string,
  separator: string,
): PromptAt {
  const words = extra === '' ? call : `${call} ${extra}`;
  const before = text.slice(0, cursor);
  const after = text.slice(cursor);
  const lead = before === '' || /\s$/.test(before) ? '' : separator;
  const tail = after === '' || /^[\s,]/.test(after) ? '' : ' ';
  return { text: before + lead + words + tail + after, cursor: (before + lead + words).length };
}

/** Without any call of it, and the words that went with it where they follow. */
export function withoutCall(text: string, model: NamedModel, extra: string, separator: string): string {
  const following = extra.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const lead = separator.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const { source, flags } = callsIn(model);
  const whole = new RegExp(
    `\\s*${lead === '' ? '' : `(?:${lead}\\s*)?`}${source}${following === '' ? '' : `(?:[\\s,]*${following})?`}`,
    flags,
  );
  return text.replace(whole, '').replace(/^[\s,]+/, '');
}
