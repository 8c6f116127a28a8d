// The options of a script: what kinds of them there are, and whether a value means something. The page draws controls from this,
// requests are checked against it, and the parameters text is written and read by it.
import { UPSCALERS } from '../../image/upscale.ts';
import { MAX_PROMPT_LENGTH } from '../../prompt/length.ts';
import { choiceProblems, numberProblems, shortened, upscalerProblems } from './problems.ts';

interface Common {
  /** The property. */
  readonly key: string;
  /** A1111's. */
  readonly label: string;
  /** Key in the parameters text. */
  readonly infotext: string;
  /** The control is there only while another option, a choice, is one of these. */
  readonly only?: { readonly key: string; readonly of: readonly string[] };
}

export type ScriptOption = Common &
  (
    | {
        readonly type: 'number';
        readonly standard: number;
        readonly min: number;
        readonly max: number;
        readonly step: number;
      }
    | { readonly type: 'switch'; readonly standard: boolean }
    | { readonly type: 'choice'; readonly standard: string; readonly choices: readonly string[] }
    /** One of the choices, or an upscaler of the library. */
    | { readonly type: 'upscaler'; readonly standard: string; readonly choices: readonly string[] }
    /** Some of the choices. */
    | {
        readonly type: 'several';
        readonly standard: readonly string[];
        readonly choices: readonly string[];
      }
    | { readonly type: 'prompt'; readonly standard: string }
  );

export const number = (standard: number, min: number, max: number, step: number) =>
  ({ type: 'number', standard, min, max, step }) as const;
export const toggle = (standard: boolean) => ({ type: 'switch', standard }) as const;
export const choice = (standard: string, choices: readonly string[]) =>
  ({ type: 'choice', standard, choices }) as const;

export const upscaler = { type: 'upscaler', standard: 'None', choices: UPSCALERS } as const;

/** What is wrong with the value of an option; empty when nothing is. */
export function optionProblems(option: ScriptOption, value: unknown): string[] {
  const { label } = option;
  switch (option.type) {
    case 'number':
      return numberProblems(label, value, option, Number.isInteger(option.step));
    case 'switch':
      return choiceProblems(label, value, [true, false]);
    case 'choice':
      return choiceProblems(label, value, option.choices);
    case 'upscaler':
      return upscalerProblems(label, value);
    case 'several': {
      const some =
        Array.isArray(value) && value.length <= option.choices.length ? (value as unknown[]) : null;
      if (some?.every((one) => option.choices.some((known) => known === one))) return [];
      return [`${label} must be some of ${option.choices.join(', ')}; it is ${shortened(String(value))}.`];
    }
    case 'prompt':
      if (typeof value === 'string' && value.length <= MAX_PROMPT_LENGTH) return [];
      return [`${label} must be a text of at most ${MAX_PROMPT_LENGTH} characters.`];
  }
}
