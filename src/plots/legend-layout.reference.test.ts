// The legend's places against A1111's (pictures/grid.json, layout). How wide and high letters are is the font's own affair: here every
// letter is as wide as any other, and lines as high as the case says.
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { layoutLegend } from './legend-layout.ts';

interface LayoutCase {
  readonly cell_w: number;
  readonly cell_h: number;
  readonly hor_texts: readonly string[];
  readonly ver_texts: readonly string[];
  readonly margin: number;
  readonly result_w: number;
  readonly result_h: number;
  readonly cells: readonly (readonly [number, number, number, number])[];
  readonly texts: readonly (readonly [string, number, number])[];
  readonly font_size: number;
}

const cases = listReference('pictures').includes('grid.json')
  ? readReferenceJson<{ readonly layout: readonly LayoutCase[] }>('pictures', 'grid.json').layout
  : [];

/** Of the font's size: Roboto's letters are about as wide. */
const LETTER = 0.45;

describe.skipIf(cases.length === 0)('a legend', () => {
  it.each(cases)('$hor_texts $ver_texts', (one) => {
    const { cell_w: cellWidth, cell_h: cellHeight, margin, hor_texts: columns, ver_texts: rows } = one;
    const block = (text: string) => [{ text, active: true }];
    const widthOf = (text: string) => text.length * LETTER * one.font_size;
    // What the tallest block over the columns leaves for each of its lines.
    const lines = Math.max(...columns.map((text) => Math.ceil(widthOf(text) / cellWidth)));
    const spacing = Math.floor(one.font_size / 2);
    const top = one.cells[0]![1];
    const lineHeight = lines > 0 ? (top - 2 * spacing - (lines - 1) * spacing) / lines : 0;
    const layout = layoutLegend(
      { cellWidth, cellHeight, margin, columnTexts: columns.map(block), rowTexts: rows.map(block) },
      (text, size) => ({
        width: text.length * LETTER * size,
        height: text === '' ? 0 : lineHeight,
      }),
    );
    expect(layout).toMatchObject({ width: one.result_w, height: one.result_h, left: one.cells[0]![0], top });
    const said = (texts: readonly (readonly [string, number, number])[]) =>
      texts.filter(([text]) => text !== '');
    expect(said(layout.texts.map(({ text, x, y }) => [text, x, y] as const))).toEqual(said(one.texts));
    expect(layout.texts.every(({ fontSize }) => fontSize <= one.font_size)).toBe(true);
  });
});
