// Values out of a text that a picture may bring: no text takes longer than it is long.
import { expect, it } from 'vitest';
import { axisValues, MAX_VALUES } from './axis-values.ts';
import { PlotError } from './plot-error.ts';

const DIGITS = '1'.repeat(100_000);

it.each([
  DIGITS,
  `${DIGITS}x`,
  `${DIGITS}-`,
  `1-${DIGITS} (+1)x`,
  '1-2 [3]x,'.repeat(20_000),
  '1.1-'.repeat(20_000),
])('long texts are refused: %#', (text) => {
  for (const type of ['int', 'float'] as const) {
    if (type === 'float' && text === DIGITS) continue;
    expect(() => axisValues(text, type, 'Seed')).toThrow(PlotError);
  }
});

it('ranges without end, too, before they are laid out', () => {
  for (const text of [
    '0-999999999999',
    '0-1 (+0.0000001)',
    `0-1 [${'9'.repeat(50)}]`,
    '1,'.repeat(MAX_VALUES + 2),
  ])
    expect(() => axisValues(text, 'float', 'CFG Scale'), text.slice(0, 40)).toThrow(PlotError);
});
