import { describe, expect, test } from 'vitest';
import { DEFAULT_PARAMETERS, type GenerationParameters } from './types.ts';
import { MAX_PROMPT_LENGTH, PARAMETER_BOUNDS, validateParameters } from './validate.ts';

const problems = (change: Partial<GenerationParameters>): string[] =>
  validateParameters({ ...DEFAULT_PARAMETERS, ...change });

describe('validateParameters', () => {
  test("A1111's defaults are fine", () => expect(validateParameters(DEFAULT_PARAMETERS)).toEqual([]));

  test.each(Object.keys(PARAMETER_BOUNDS) as (keyof typeof PARAMETER_BOUNDS)[])(
    '%s keeps its bounds',
    (key) => {
      const { min, max, step } = PARAMETER_BOUNDS[key];
      expect(problems({ [key]: min })).toEqual([]);
      expect(problems({ [key]: max })).toEqual([]);
      for (const bad of [min - step, max + step, NaN, Infinity]) {
        expect(problems({ [key]: bad }), `${key} ${bad}`).toHaveLength(1);
      }
      if (key !== 'cfgScale') expect(problems({ [key]: min + step / 2 })).toHaveLength(1);
    },
  );

  test('the CFG scale may be any number between', () => expect(problems({ cfgScale: 7.25 })).toEqual([]));

  test('sizes off the grid say what is wanted', () => {
    expect(problems({ width: 515 })).toEqual(['Width must be a multiple of 8 from 64 to 2048; it is 515.']);
  });

  test('seeds', () => {
    for (const seed of [-1, 0, 2 ** 32, 2 ** 53 - 1]) expect(problems({ seed })).toEqual([]);
    for (const seed of [-2, 0.5, 2 ** 53, NaN]) expect(problems({ seed })).toHaveLength(1);
  });

  test('several problems are all told', () => {
    expect(problems({ steps: 0, rng: 'XPU' as 'GPU', ensd: 0.5 })).toHaveLength(3);
  });

  test('a prompt of absurd length', () => {
    expect(problems({ negativePrompt: 'a'.repeat(MAX_PROMPT_LENGTH + 1) })).toHaveLength(1);
  });
});
