// What is said of values that a request cannot have: sentences to a person, none where a value fits.

/** Range and step of a slider. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export function choiceProblems(
  name: string,
  value: unknown,
  choices: readonly (string | boolean)[],
): string[] {
  if (choices.some((choice) => choice === value)) return [];
  return [`${name} must be one of ${choices.join(', ')}; it is ${shortened(String(value))}.`];
}

export function numberProblems(
  name: string,
  value: unknown,
  { min, max }: Pick<Bounds, 'min' | 'max'>,
  whole = false,
): string[] {
  const fits = typeof value === 'number' && value >= min && value <= max;
  if (fits && (!whole || Number.isInteger(value))) return [];
  const kind = whole ? 'a whole number' : 'a number';
  return [`${name} must be ${kind} from ${min} to ${max}; it is ${shortened(String(value))}.`];
}

/** UTF-16 units of an upscaler's name. */
const MAX_UPSCALER = 300;

/** Whether it is in the library is not known here. */
export function upscalerProblems(name: string, value: unknown): string[] {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_UPSCALER) return [];
  return [`${name} must be the name of an upscaler; it is ${shortened(String(value))}.`];
}

/** Names may come out of a pasted text. */
export function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
