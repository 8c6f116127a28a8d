// The text of a plot's grid asks for the plot again.
import { expect, it } from 'vitest';
import { parseInfotext } from '../generation/request/infotext/parse.ts';
import { quote } from '../generation/request/infotext/quote.ts';
import { DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { DEFAULT_PLOTS, type XyzPlot } from './plot.ts';
import { plotFromText, readsPlotField } from './plot-text.ts';
import { planXyz } from './xyz.ts';

const NAMES = { checkpoint: () => null, vae: () => null, upscaler: () => null, hasStyle: () => false };
const LINE = 'a cat\nSteps: 20, Sampler: Euler, Seed: 1, Size: 512x512';

function textOf(plot: XyzPlot): string {
  const request = { ...DEFAULT_PARAMETERS, prompt: 'a cat' };
  const { grid } = planXyz(plot, { request, styles: [], checkpoint: null }, NAMES);
  const fields = Object.entries(grid!.fields);
  expect(fields.every(([name, value]) => readsPlotField(name, value))).toBe(true);
  return [LINE, ...fields.map(([name, value]) => `${name}: ${quote(value)}`)].join(', ');
}

it('with its axes as they were written', () => {
  const plot: XyzPlot = {
    ...DEFAULT_PLOTS['X/Y/Z plot'],
    x: { type: 'Steps', values: '1-3, 9' },
    y: { type: 'Prompt S/R', values: 'cat, "a dog, asleep"' },
  };
  expect(plotFromText(parseInfotext(textOf(plot)))).toEqual(plot);
});

it('with the seeds that were drawn', () => {
  const plot = { ...DEFAULT_PLOTS['X/Y/Z plot'], x: { type: 'Seed', values: '-1, 7' } };
  const again = plotFromText(parseInfotext(textOf(plot)))!;
  expect(again.x.values).toMatch(/^\d+, 7$/);
});

it('and no other text does', () => {
  expect(plotFromText(parseInfotext(LINE))).toBeNull();
  expect(plotFromText(parseInfotext(`${LINE}, Script: SD upscale`))).toBeNull();
  expect(readsPlotField('Script', 'SD upscale')).toBe(false);
  expect(readsPlotField('X Type', 'Nonsense')).toBe(false);
});
