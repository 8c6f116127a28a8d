// Changes to the list of styles.
import { parseStylesCsv, type PromptStyle } from '../prompt/styles.ts';
import { MAX_STYLES } from './stored-settings.ts';
import { texts as t } from './strings/texts.ts';

/** Puts a style in place of the one called `replaced`, or at the end; another of its own name gives way. */
export function saveStyle(
  styles: readonly PromptStyle[],
  style: PromptStyle,
  replaced: string = style.name,
): readonly PromptStyle[] {
  const others = styles.filter(({ name }) => name === replaced || name !== style.name);
  const at = others.findIndex(({ name }) => name === replaced);
  return at < 0 ? [...others, style].slice(-MAX_STYLES) : others.with(at, style);
}

/** Those of a file into the list: of two with one name the file's counts, in the place of the old one. */
export function mergeStyleLists(
  styles: readonly PromptStyle[],
  imported: readonly PromptStyle[],
): {
  readonly styles: readonly PromptStyle[];
  /** How many of the file there was no room for. */
  readonly leftOut: number;
} {
  const merged = new Map(styles.map((style) => [style.name, style]));
  for (const style of imported) merged.set(style.name, style);
  return {
    styles: [...merged.values()].slice(0, MAX_STYLES),
    leftOut: Math.max(0, merged.size - MAX_STYLES),
  };
}

/** The same, from a file's text. `count`: styles of the file that are in the list now; `problem`: to a person, or ''. */
export function addStylesText(
  styles: readonly PromptStyle[],
  text: string,
): { readonly styles: readonly PromptStyle[]; readonly count: number; readonly problem: string } {
  const read = parseStylesCsv(text);
  const merged = mergeStyleLists(styles, read);
  const names = new Set(read.map(({ name }) => name));
  let problem = '';
  if (read.length === 0) problem = t.noStyles;
  else if (merged.leftOut > 0) problem = t.roomForStyles(MAX_STYLES, merged.leftOut);
  return { styles: merged.styles, count: Math.max(0, names.size - merged.leftOut), problem };
}
