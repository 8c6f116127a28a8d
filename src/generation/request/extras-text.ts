// What the Extras tab has done to a picture, in its parameters text: A1111's fields (modules/postprocessing.py), after what the
// text of the source says.
import { hasParameters } from './infotext/parse.ts';
import { pythonText, quote, type InfotextScalar } from './infotext/quote.ts';

/** As A1111 writes it on its own: 'Postprocess upscale by: 2, Postprocess upscaler: Lanczos'. Empty for nothing. */
export function extrasText(info: ReadonlyMap<string, InfotextScalar>): string {
  return [...info].map(([key, value]) => `${key}: ${quote(pythonText(value))}`).join(', ');
}

/** The source's text with that added, in its line of parameters where it has one. */
export function withExtras(text: string, info: ReadonlyMap<string, InfotextScalar>): string {
  const added = extrasText(info);
  if (text === '' || added === '') return text + added;
  const before = text.trimEnd();
  return hasParameters(before) ? `${before}, ${added}` : `${before}\n${added}`;
}
