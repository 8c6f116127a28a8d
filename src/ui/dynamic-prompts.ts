// How wildcards and variants are made out: the controls and settings of the extension Dynamic Prompts, with its defaults
// (sd_dynamic_prompts/dynamic_prompting.py, settings.py).

export interface DynamicPrompts {
  /** "Combinatorial generation": all prompts that there are, in place of as many as the batch has. */
  readonly combinatorial: boolean;
  /** "Max generations", 0..1000: 0 for all. */
  readonly maxGenerations: number;
  /** "Combinatorial batches", 1..10: how often they are made. */
  readonly combinatorialBatches: number;
  /** "Fixed seed": all pictures have the same. */
  readonly fixedSeed: boolean;
  /** "Unlink seed from prompt": the same seed draws another prompt each time. */
  readonly unlinkSeed: boolean;
  readonly ignoreWhitespace: boolean;
  /** "Save template to metadata" */
  readonly saveTemplate: boolean;
  /** "Disable de-duplication of wildcards", "Disable sorting of wildcards" */
  readonly keepDuplicates: boolean;
  readonly keepOrder: boolean;
  readonly variantStart: string;
  readonly variantEnd: string;
  readonly wildcardWrap: string;
}

export const DEFAULT_DYNAMIC_PROMPTS: DynamicPrompts = {
  combinatorial: false,
  maxGenerations: 0,
  combinatorialBatches: 1,
  fixedSeed: false,
  unlinkSeed: false,
  ignoreWhitespace: false,
  saveTemplate: false,
  keepDuplicates: false,
  keepOrder: false,
  variantStart: '{',
  variantEnd: '}',
  wildcardWrap: '__',
};

export const MAX_GENERATIONS = 1000;
export const MAX_BATCHES = 10;
/** Characters of a sign of the syntax. */
export const MAX_SIGN = 4;

/** What was stored, as far as it is of the right kind. */
export function parseDynamicPrompts(stored: unknown): DynamicPrompts {
  const from = Object(stored) as Readonly<Record<string, unknown>>;
  const fits = (key: string, value: unknown, standard: unknown): boolean => {
    if (typeof value !== typeof standard) return false;
    if (typeof value === 'string') return value.trim() === value && value !== '' && value.length <= MAX_SIGN;
    if (typeof value !== 'number') return true;
    const [least, most] = key === 'maxGenerations' ? [0, MAX_GENERATIONS] : [1, MAX_BATCHES];
    return Number.isInteger(value) && value >= least && value <= most;
  };
  return Object.fromEntries(
    Object.entries(DEFAULT_DYNAMIC_PROMPTS).map(([key, standard]: [string, unknown]) => [
      key,
      fits(key, from[key], standard) ? from[key] : standard,
    ]),
  ) as unknown as DynamicPrompts;
}
