// An extension's fields in parameters texts, written and read.
import { controlValueFrom, type Control, type ControlValue, type ExtensionValues } from './controls.ts';

/** A parsed text: what each field holds. */
export type TextFields = Readonly<Record<string, unknown>>;

export interface ExtensionText {
  /** Whether a field is one of its own, with a value that it understands. */
  reads(name: string, value: string): boolean;
  write(values: ExtensionValues): Readonly<Record<string, ControlValue>>;
  /** Null where the text does not ask for the extension. */
  read(fields: TextFields): Readonly<Record<string, ControlValue>> | null;
}

/**
 * One field for each control that is named in `names`, by its key. `mark`: a field that says "True" whenever the extension is on; without
 * one any of the fields says that.
 */
export function fieldsText(
  controls: readonly Control[],
  names: Readonly<Record<string, string>>,
  mark: string | null = null,
): ExtensionText {
  const named = controls.flatMap((control) => {
    const name = names[control.key];
    return name === undefined ? [] : [{ control, name }];
  });
  return {
    reads: (field, value) => {
      if (field === mark) return value === 'True' || value === 'False';
      const found = named.find(({ name }) => name === field);
      return found !== undefined && controlValueFrom(found.control, value) !== null;
    },
    write: (values) => ({
      ...(mark !== null && { [mark]: true }),
      ...Object.fromEntries(named.map(({ control: { key }, name }) => [name, values[key]!])),
    }),
    read: (fields) => {
      const known = named.flatMap(({ control, name }) => {
        const value = name in fields ? controlValueFrom(control, fields[name]) : null;
        return value === null ? [] : [[control.key, value] as const];
      });
      const on = mark === null ? known.length > 0 : fields[mark] === 'True';
      return on ? Object.fromEntries(known) : null;
    },
  };
}
