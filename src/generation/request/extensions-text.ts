// What parameters texts say of extensions: each writes and reads its own fields.
import { activeExtensions, knownExtensions } from '../../extensions/known.ts';
import { fittingValues, type ControlValue } from '../../extensions/controls.ts';
import type { ExtensionUse } from '../../extensions/use.ts';
import type { Infotext } from './infotext/parse.ts';

export function extensionsToText(uses: readonly ExtensionUse[]): Readonly<Record<string, ControlValue>> {
  const told = activeExtensions(uses).map(({ extension, values }) => extension.text.write(values));
  return Object.assign({}, ...told) as Record<string, ControlValue>;
}

/** Those that a text asks for, as far as they are known. */
export function extensionsFromText(infotext: Infotext): readonly ExtensionUse[] {
  return knownExtensions().flatMap(({ name, controls, text }) => {
    const values = text.read(infotext);
    return values ? [{ name, values: fittingValues(controls, values) }] : [];
  });
}

/** Whether a field is read, with that value. */
export function readsExtensionField(name: string, value: string): boolean {
  return knownExtensions().some(({ text }) => text.reads(name, value));
}
