// Extensions as the controls have them: what is set stays while one is off.
import type { ControlValue } from '../extensions/controls.ts';
import type { ExtensionUse } from '../extensions/use.ts';
import { record } from './passes-choice.ts';

export interface ExtensionChoice extends ExtensionUse {
  readonly on: boolean;
}

/** More than anyone has. */
const MOST = 200;
const MOST_VALUES = 100;
const MAX_NAME = 100;

export function extensionsOf(choices: readonly ExtensionChoice[]): readonly ExtensionUse[] {
  return choices.flatMap(({ on, name, values }) => (on ? [{ name, values }] : []));
}

/** The choices with one of them as told. */
export function withChoice(
  choices: readonly ExtensionChoice[],
  choice: ExtensionChoice,
): readonly ExtensionChoice[] {
  return [...choices.filter(({ name }) => name !== choice.name), choice];
}

/** Those that are told of are on, all others off. */
export function takenUp(
  choices: readonly ExtensionChoice[],
  told: readonly ExtensionUse[],
): readonly ExtensionChoice[] {
  return told.reduce<readonly ExtensionChoice[]>(
    (all, use) => withChoice(all, { ...use, on: true }),
    choices.map((choice) => ({ ...choice, on: false })),
  );
}

/** Whether the values fit an extension's controls is seen where its controls are. */
export function parseExtensions(stored: unknown): readonly ExtensionChoice[] {
  return (Array.isArray(stored) ? stored.slice(0, MOST) : []).flatMap((entry): ExtensionChoice[] => {
    const { name, on, values } = record(entry);
    if (typeof name !== 'string' || name === '' || name.length > MAX_NAME) return [];
    const known = Object.entries(record(values)).filter(
      (value): value is [string, ControlValue] =>
        value[0].length <= MAX_NAME && ['number', 'boolean', 'string'].includes(typeof value[1]),
    );
    return [{ name, on: on === true, values: Object.fromEntries(known.slice(0, MOST_VALUES)) }];
  });
}
