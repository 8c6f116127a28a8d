// How numbers, dates and plurals are written: the one place that asks Intl. Languages of the table use it, too.

/** BCP 47. */
let locale = 'en';
let rules = new Intl.PluralRules(locale);

/** Before anything is said; see language.ts. */
export function setLocale(next: string): void {
  locale = next;
  rules = new Intl.PluralRules(next);
}

/** "1,204"; with `digits` exactly that many after the point. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** What a language says by number: `other` always, the forms that it has besides. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

export function plural(count: number, forms: Plural): string {
  return forms[rules.select(count)] ?? forms.other;
}

/** Date and time of day. `time`: milliseconds since 1970, as in all of these. */
export function dateTime(time: number): string {
  return new Date(time).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' });
}

export function date(time: number): string {
  return new Date(time).toLocaleDateString(locale);
}

/** A day as one says it: "Friday, November 27, 2026". */
export function longDate(time: number): string {
  return new Date(time).toLocaleDateString(locale, { dateStyle: 'full' });
}

/** Time of day with seconds. */
export function clock(time: number): string {
  return new Date(time).toLocaleTimeString(locale);
}
