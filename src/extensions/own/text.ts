// The one field that an extension of a person's has in parameters texts: under its name, all of its values.
import { controlProblem, MAX_CONTROL_TEXT, type Control, type ControlValue } from '../controls.ts';
import type { ExtensionText } from '../text.ts';

const PREFIX = 'Extension ';
/** UTF-16 units of a field that is read. */
const MAX_FIELD = 20 * MAX_CONTROL_TEXT;

/** The extension that a field belongs to, known or not; null for other fields. */
export function extensionOfField(field: string): string | null {
  return field.startsWith(PREFIX) ? field.slice(PREFIX.length) : null;
}

export function ownText(name: string, controls: readonly Control[]): ExtensionText {
  const field = `${PREFIX}${name}`;
  return {
    reads: (read, value) => read === field && valuesFrom(controls, value) !== null,
    write: (values) => ({ [field]: JSON.stringify(values) }),
    read: (fields) => (field in fields ? valuesFrom(controls, fields[field]) : null),
  };
}

/** Null for what is no such text. Values that do not fit are left out. */
function valuesFrom(
  controls: readonly Control[],
  text: unknown,
): Readonly<Record<string, ControlValue>> | null {
  if (typeof text !== 'string' || text.length > MAX_FIELD) return null;
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return null;
  const given = read as Readonly<Record<string, unknown>>;
  const fitting = controls.flatMap((control) => {
    const value = Object.hasOwn(given, control.key) ? given[control.key] : undefined;
    return controlProblem(control, value) === null ? [[control.key, value as ControlValue] as const] : [];
  });
  return Object.fromEntries(fitting);
}
