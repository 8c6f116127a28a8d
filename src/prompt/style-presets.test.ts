// Styles to begin with are styles like any others: they go through styles.csv and hold the prompt.
import { expect, it } from 'vitest';
import { STYLE_PRESETS } from './style-presets.ts';
import { applyStyles, formatStylesCsv, parseStylesCsv } from './styles.ts';

it('have names of their own, and stand around the prompt', () => {
  expect(new Set(STYLE_PRESETS.map(({ name }) => name)).size).toBe(STYLE_PRESETS.length);
  for (const { name } of STYLE_PRESETS) {
    const { prompt } = applyStyles(STYLE_PRESETS, [name], { prompt: 'a lighthouse', negativePrompt: '' });
    expect(prompt, name).toMatch(/a lighthouse/);
    expect(prompt, name).not.toMatch(/\{prompt\}/);
  }
});

it('go through styles.csv unchanged', () => {
  expect(parseStylesCsv(formatStylesCsv(STYLE_PRESETS))).toEqual(STYLE_PRESETS);
});
