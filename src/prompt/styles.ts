// Styles: named texts that are merged into prompts, and styles.csv. A1111 1.10.1, modules/styles.py.
import { CsvError, formatCsv, parseCsv } from './csv.ts';
import { MAX_PROMPT_LENGTH, PromptTooLongError } from './length.ts';
import { strip } from './python-text.ts';

export interface PromptStyle {
  readonly name: string;
  readonly prompt: string;
  readonly negativePrompt: string;
}

export interface PromptPair {
  readonly prompt: string;
  readonly negativePrompt: string;
}

/** Where the prompt goes in a style. */
const PLACE = '{prompt}';
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Merges the text of a style into a prompt: at `{prompt}`, else after a comma. @throws PromptTooLongError instead of building
 * what is longer than a prompt may be: a style that holds its place twice doubles the prompt, and forty of them fill any memory.
 */
export function mergeStyle(style: string, prompt: string): string {
  const places = style.split(PLACE).length - 1;
  const length = style.length + (places === 0 ? prompt.length : places * (prompt.length - PLACE.length));
  if (length > MAX_PROMPT_LENGTH) throw new PromptTooLongError('its styles');
  if (places > 0) return style.replaceAll(PLACE, () => prompt);
  return [strip(prompt), strip(style)].filter((part) => part !== '').join(', ');
}

/** Merges texts of styles one after another. @throws PromptTooLongError */
export function mergeStyles(styles: readonly string[], prompt: string): string {
  return styles.reduce((merged, style) => mergeStyle(style, merged), prompt);
}

/**
 * Applies styles by name, in the order of `names`. A name that is not there changes nothing but the whitespace around the
 * prompt. @throws PromptTooLongError
 */
export function applyStyles(
  styles: readonly PromptStyle[],
  names: readonly string[],
  { prompt, negativePrompt }: PromptPair,
): PromptPair {
  const byName = new Map(styles.map((style) => [style.name, style]));
  const chosen = names.map((name) => byName.get(name));
  return {
    prompt: mergeStyles(
      chosen.map((style) => style?.prompt ?? ''),
      prompt,
    ),
    negativePrompt: mergeStyles(
      chosen.map((style) => style?.negativePrompt ?? ''),
      negativePrompt,
    ),
  };
}

/** Takes the text of a style out of a prompt again. Null when it isn't there. */
export function extractStyle(style: string, prompt: string): string | null {
  const text = strip(prompt);
  const styleText = strip(style);
  const place = styleText.indexOf(PLACE);
  if (place >= 0) {
    const before = styleText.slice(0, place);
    const after = styleText.slice(place + PLACE.length);
    if (!text.startsWith(before) || !text.endsWith(after)) return null;
    return text.slice(before.length, Math.max(before.length, text.length - after.length));
  }
  if (!text.endsWith(styleText)) return null;
  const rest = text.slice(0, text.length - styleText.length);
  return rest.endsWith(', ') ? rest.slice(0, -2) : rest;
}

/** Thrown for a file that is not a list of styles. The message can be shown. */
export class StylesError extends Error {
  override readonly name = 'StylesError';
}

/** Longest styles.csv that is read, in characters. */
export const MAX_STYLES_LENGTH = 16 * 1024 * 1024;

/**
 * Reads a styles.csv: columns name, prompt, negative_prompt in any order, or name and text in old files; lines that begin with
 * # are comments; of several styles with one name the last counts, in the place of the first. Throws StylesError.
 */
export function parseStylesCsv(text: string): PromptStyle[] {
  if (text.length > MAX_STYLES_LENGTH)
    throw new StylesError('This file is too large for a list of styles (16 MB at most).');
  let rows: string[][];
  try {
    rows = parseCsv(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch (error) {
    throw error instanceof CsvError
      ? new StylesError(`This styles file can't be read. ${error.message}`)
      : error;
  }
  const [header = [], ...lines] = rows;
  if (lines.length === 0) return [];

  const name = header.lastIndexOf('name');
  const prompt = header.includes('prompt') ? header.lastIndexOf('prompt') : header.lastIndexOf('text');
  const negativePrompt = header.lastIndexOf('negative_prompt');
  if (name < 0 || prompt < 0) {
    throw new StylesError(
      'This is not a styles file: its first line must name the columns name, prompt and negative_prompt.',
    );
  }
  const styles = new Map<string, PromptStyle>();
  for (const line of lines) {
    const styleName = line[name] ?? '';
    if (styleName === '' || styleName.startsWith('#')) continue;
    styles.set(styleName, {
      name: styleName,
      prompt: line[prompt] ?? '',
      negativePrompt: line[negativePrompt] ?? '',
    });
  }
  return [...styles.values()];
}

/** Writes a styles.csv as A1111 does: byte order mark, CRLF. */
export function formatStylesCsv(styles: readonly PromptStyle[]): string {
  const rows = styles.map(({ name, prompt, negativePrompt }) => [name, prompt, negativePrompt]);
  return BYTE_ORDER_MARK + formatCsv([['name', 'prompt', 'negative_prompt'], ...rows]);
}
