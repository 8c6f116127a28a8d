// What an extension that a person brings says of itself. It is read before any of its code runs, and nothing of it is believed.
import { controlProblem, MAX_CONTROL_TEXT, type Control } from '../controls.ts';
import { INTERFACE_VERSION } from '../interface.ts';

/** What it may be let do, each a hook of the interface: docs/extensions.md says what each is given. */
export const WANTS = ['conditioning', 'denoiser', 'guidance', 'latents', 'picture'] as const;
export type Want = (typeof WANTS)[number];

export interface Manifest {
  readonly name: string;
  /** For people, of any form. */
  readonly version: string;
  readonly about: string;
  readonly wants: readonly Want[];
  readonly controls: readonly Control[];
}

/** What stands in a manifest, or in a file, that cannot be used; the message is for people. */
export class ExtensionError extends Error {
  override readonly name = 'ExtensionError';
}

/** Bounds of what a manifest says. */
const MAX_CONTROLS = 50;
const MAX_CHOICES = 200;
const MAX_TEXT = 300;

/** A name stands in the parameters text as a field's, so that it is made of what those are made of. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 _-]{1,39}$/;
const KEY = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;

/** @throws ExtensionError */
export function parseManifest(text: string): Manifest {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw new ExtensionError(`Its manifest is no JSON: ${error instanceof Error ? error.message : ''}`);
  }
  return manifestOf(read);
}

/** Of a parsed manifest, or a stored one. @throws ExtensionError */
export function manifestOf(read: unknown): Manifest {
  const from = fieldsOf(read, 'The manifest');
  const version = from['interface'];
  if (version !== INTERFACE_VERSION)
    throw new ExtensionError(
      `It is written for version ${JSON.stringify(version) ?? 'none'} of the interface ("interface" in its manifest); this is version ${INTERFACE_VERSION}.`,
    );
  const name = textOf(from, 'name');
  if (!NAME.test(name))
    throw new ExtensionError(
      'Its "name" must be 2 to 40 letters, digits, spaces, "-" or "_", and begin with a letter or digit.',
    );
  const controls = listOf(from, 'controls', MAX_CONTROLS).map(controlOf);
  if (new Set(controls.map(({ key }) => key)).size < controls.length)
    throw new ExtensionError('Two of its controls have one "key".');
  const wants = listOf(from, 'wants', WANTS.length).map((want) => {
    const known = WANTS.find((one) => one === want);
    if (known) return known;
    throw new ExtensionError(`It wants ${JSON.stringify(want)}; there is ${WANTS.join(', ')}.`);
  });
  if (wants.length === 0) throw new ExtensionError('It wants to do nothing: "wants" is empty.');
  return { name, version: textOf(from, 'version'), about: textOf(from, 'about', ''), wants, controls };
}

/** As it is stored, and as `manifestOf` reads it again. */
export function storedManifest(manifest: Manifest): object {
  return { interface: INTERFACE_VERSION, ...manifest };
}

function controlOf(given: unknown): Control {
  const from = fieldsOf(given, 'A control');
  const key = textOf(from, 'key');
  if (!KEY.test(key))
    throw new ExtensionError(`A control's "key" must be a word; it is ${JSON.stringify(key)}.`);
  const about = textOf(from, 'about', '');
  const info = { key, label: textOf(from, 'label'), ...(about !== '' && { about }) };
  const control = kindOf(from, info);
  const problem = controlProblem(control, control.default);
  if (problem !== null)
    throw new ExtensionError(`The default of its control "${key}" does not fit: ${problem}`);
  return control;
}

function kindOf(
  from: Readonly<Record<string, unknown>>,
  info: Pick<Control, 'key' | 'label' | 'about'>,
): Control {
  const { kind, default: standard } = from;
  switch (kind) {
    case 'number': {
      const [min, max, step] = ['min', 'max', 'step'].map((name) => numberOf(from, name)) as [
        number,
        number,
        number,
      ];
      if (!(min < max) || !(step > 0) || step > max - min)
        throw new ExtensionError(`The range of its control "${info.key}" makes no sense.`);
      return { ...info, kind, min, max, step, default: Number(standard) };
    }
    case 'checkbox':
      return { ...info, kind, default: standard === true };
    case 'choice': {
      const choices = listOf(from, 'choices', MAX_CHOICES).map((choice) => textOf({ choice }, 'choice'));
      return { ...info, kind, choices, default: String(standard) };
    }
    case 'text':
      return {
        ...info,
        kind,
        default: typeof standard === 'string' ? standard.slice(0, MAX_CONTROL_TEXT) : '',
        long: from['long'] === true,
      };
    default:
      throw new ExtensionError(
        `Its control "${info.key}" is of no known "kind": number, checkbox, choice or text.`,
      );
  }
}

function fieldsOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new ExtensionError(`${what} must be an object of JSON.`);
}

function textOf(from: Readonly<Record<string, unknown>>, name: string, otherwise?: string): string {
  const value = from[name] ?? otherwise;
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  throw new ExtensionError(`"${name}" must be a text of at most ${MAX_TEXT} characters.`);
}

function numberOf(from: Readonly<Record<string, unknown>>, name: string): number {
  const value = from[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ExtensionError(`"${name}" must be a number.`);
}

function listOf(from: Readonly<Record<string, unknown>>, name: string, most: number): readonly unknown[] {
  const value = from[name] ?? [];
  if (Array.isArray(value) && value.length <= most) return value;
  throw new ExtensionError(`"${name}" must be a list of at most ${most}.`);
}
