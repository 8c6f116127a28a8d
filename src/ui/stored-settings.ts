// What the page remembers between visits, checked as it is read: whatever lies in the browser's storage may be
// years old, half-written or made by someone else, and must never keep the page from starting.
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../generation/types.ts';
import { MAX_PROMPT_LENGTH } from '../generation/validate.ts';
import { type Choices, RANGES, RNG_SOURCES, SEED_RANGE, snap } from './choices.ts';

export type Theme = 'auto' | 'light' | 'dark';

/** Names under which `saveSetting` keeps them. */
export const SETTING_KEYS = {
  parameters: 'ui.txt2img.parameters',
  theme: 'ui.theme',
  model: 'ui.checkpoint',
  cpu: 'ui.device.cpu',
} as const;

/** Parameters out of anything: each field is taken when it makes sense, brought into its range, or A1111's default. */
export function parseParameters(stored: unknown, choices: Choices): GenerationParameters {
  const from = isRecord(stored) ? stored : {};
  const fallback = DEFAULT_PARAMETERS;
  const number = (key: keyof typeof RANGES) => snap(from[key], RANGES[key], fallback[key]);
  return {
    ...fallback,
    prompt: text(from['prompt'], MAX_PROMPT_LENGTH),
    negativePrompt: text(from['negativePrompt'], MAX_PROMPT_LENGTH),
    steps: number('steps'),
    sampler: oneOf(from['sampler'], choices.samplers, fallback.sampler),
    scheduler: oneOf(from['scheduler'], choices.schedulers, fallback.scheduler),
    cfgScale: number('cfgScale'),
    width: number('width'),
    height: number('height'),
    seed: snap(from['seed'], SEED_RANGE, fallback.seed),
    batchSize: number('batchSize'),
    batchCount: number('batchCount'),
    clipSkip: number('clipSkip'),
    rng: oneOf(from['rng'], RNG_SOURCES, fallback.rng),
    ensd: number('ensd'),
  };
}

export function parseTheme(stored: unknown): Theme {
  return oneOf(stored, ['auto', 'light', 'dark'] as const, 'auto');
}

/** The SHA-256 of the chosen model, or null. */
export function parseModelChoice(stored: unknown): string | null {
  return typeof stored === 'string' && /^[0-9a-f]{64}$/.test(stored) ? stored : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? value.slice(0, maxLength) : '';
}

function oneOf<T extends string>(value: unknown, list: readonly T[], fallback: T): T {
  return list.find((item) => item === value) ?? (list.includes(fallback) ? fallback : (list[0] ?? fallback));
}
