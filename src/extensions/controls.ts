// An extension's controls as data, from which the page draws them, and what may stand in them.

export type ControlValue = number | boolean | string;

/** By the controls' keys. */
export type ExtensionValues = Readonly<Record<string, ControlValue>>;

interface ControlInfo {
  /** Among those of its extension; requests and records go by it. */
  readonly key: string;
  /** For people: A1111's extension's, where there is one. */
  readonly label: string;
  /** What it does, where the label does not say enough. */
  readonly about?: string;
  /** It stands there only while all of these checkboxes are on. */
  readonly under?: readonly string[];
}

export interface NumberControl extends ControlInfo {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  /** Of the slider; 1 or a multiple of it for whole numbers only. */
  readonly step: number;
  readonly default: number;
}

export interface CheckboxControl extends ControlInfo {
  readonly kind: 'checkbox';
  readonly default: boolean;
}

export interface ChoiceControl extends ControlInfo {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
}

export interface TextControl extends ControlInfo {
  readonly kind: 'text';
  readonly default: string;
  /** Several lines. */
  readonly long?: boolean;
}

export type Control = NumberControl | CheckboxControl | ChoiceControl | TextControl;

/** UTF-16 units of a text control's value. */
export const MAX_CONTROL_TEXT = 10_000;

/** What is wrong with a value; null when nothing is. */
export function controlProblem(control: Control, value: unknown): string | null {
  const { label } = control;
  switch (control.kind) {
    case 'number': {
      const { min, max, step } = control;
      const whole = Number.isInteger(step);
      const fits = typeof value === 'number' && value >= min && value <= max;
      if (fits && (!whole || Number.isInteger(value))) return null;
      return `${label} must be ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}.`;
    }
    case 'checkbox':
      return typeof value === 'boolean' ? null : `${label} must be on or off.`;
    case 'choice':
      if (typeof value === 'string' && control.choices.includes(value)) return null;
      return `${label} must be one of ${control.choices.join(', ')}.`;
    case 'text':
      if (typeof value === 'string' && value.length <= MAX_CONTROL_TEXT) return null;
      return `${label} must be a text of at most ${MAX_CONTROL_TEXT} characters.`;
  }
}

/** What of `given` fits the controls; their defaults for the rest. */
export function fittingValues(
  controls: readonly Control[],
  given: Readonly<Record<string, unknown>>,
): ExtensionValues {
  return Object.fromEntries(
    controls.map((control) => {
      const value = Object.hasOwn(given, control.key) ? given[control.key] : control.default;
      const fits = controlProblem(control, value) === null;
      return [control.key, fits ? (value as ControlValue) : control.default];
    }),
  );
}

/** A value out of a parameters text; null where it is none of the control's. */
export function controlValueFrom(control: Control, text: unknown): ControlValue | null {
  const told = String(text).trim();
  const value = { number: Number(told), checkbox: told === 'True', choice: told, text: String(text) }[
    control.kind
  ];
  if (control.kind === 'number' && told === '') return null;
  if (control.kind === 'checkbox' && told !== 'True' && told !== 'False') return null;
  return controlProblem(control, value) === null ? value : null;
}
