// Which language the page speaks. English is in the areas themselves (en/); another one is a folder beside en/ whose
// index.ts exports the same areas (`satisfies Strings`) and which is named in LANGUAGES. It is loaded before the page is
// shown. Texts must be asked for when they are said, not when a module is loaded: then the language is not known yet.
import type * as english from './en/index.ts';
import { setLocale } from './locale.ts';

/** Every text that the page says, by area. */
export type Strings = typeof english;
export type Area = keyof Strings;

type Languages = Readonly<Record<string, () => Promise<Strings>>>;

/** By the language of BCP 47: "de". */
const LANGUAGES: Languages = {};

const spoken: { [A in Area]?: Strings[A] } = {};
let chosen: Strings | null = null;

/** The texts of an area, of which `own` are the English ones, in the language that is spoken once `speak` has resolved. */
export function area<A extends Area>(name: A, own: Strings[A]): Strings[A] {
  const texts = { ...own, ...chosen?.[name] };
  spoken[name] = texts as (typeof spoken)[A];
  return texts;
}

/**
 * Call before anything is said. `tag`: the document's language. `preferred`: the person's locales; of those the first of
 * that language decides how numbers and dates are written. A language that is not there, or cannot be loaded, is English.
 */
export async function speak(
  tag: string,
  preferred: readonly string[],
  languages: Languages = LANGUAGES,
): Promise<void> {
  let [language] = tag.toLowerCase().split('-');
  const load = Object.hasOwn(languages, language!) ? languages[language!] : undefined;
  chosen = (await load?.().catch(() => null)) ?? null;
  if (!chosen) language = 'en';
  setLocale(preferred.find((locale) => locale.toLowerCase().split('-')[0] === language) ?? language!);
  if (!chosen) return;
  for (const name of Object.keys(spoken) as Area[]) Object.assign(spoken[name]!, chosen[name]);
}
