// Where the cells and the texts of a grid with a legend stand (A1111 modules/images.py, draw_grid_annotations).
import type { LegendBlock } from './plan.ts';

export interface TextSize {
  readonly width: number;
  readonly height: number;
}

/** How large a text is in the legend's font of that size, in pixels. */
export type Measure = (text: string, fontSize: number) => TextSize;

/** A line of the legend. */
export interface PlacedText {
  readonly text: string;
  readonly active: boolean;
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Smaller than the others' where the line would be too long. */
  readonly fontSize: number;
}

export interface LegendLayout {
  readonly width: number;
  readonly height: number;
  /** Of the first cell; the others stand beside and below it, `margin` apart. */
  readonly left: number;
  readonly top: number;
  readonly texts: readonly PlacedText[];
}

export interface LegendRequest {
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly margin: number;
  /** One block each. */
  readonly columnTexts: readonly LegendBlock[];
  readonly rowTexts: readonly LegendBlock[];
}

export function layoutLegend(request: LegendRequest, measure: Measure): LegendLayout {
  const { cellWidth, cellHeight, margin, columnTexts, rowTexts } = request;
  const fontSize = Math.floor((cellWidth + cellHeight) / 25);
  const spacing = Math.floor(fontSize / 2);
  const said = rowTexts.some((block) => block.some(({ text }) => text !== ''));
  const left = said ? Math.floor((cellWidth * 3) / 4) : 0;

  const wrapped = (blocks: readonly LegendBlock[], room: number): Line[][] =>
    blocks.map((block) =>
      block.flatMap(({ text, active }) =>
        wrap(text, room, (line) => measure(line, fontSize).width).map((line) => ({
          ...{ text: line, active, size: measure(line, fontSize) },
          fontSize: fitting(line, room, fontSize, measure),
        })),
      ),
    );
  const [over, beside] = [wrapped(columnTexts, cellWidth), wrapped(rowTexts, left)];
  const tallest = Math.max(0, ...over.map((lines) => heightOf(lines, spacing)));
  const top = over.some((lines) => heightOf(lines, spacing) > 0) ? tallest + spacing * 2 : 0;

  const [width, height] = [columnTexts.length, rowTexts.length].map((count, i) => {
    const side = i === 0 ? cellWidth : cellHeight;
    return (i === 0 ? left : top) + side * count + margin * (count - 1);
  }) as [number, number];
  return {
    ...{ width, height, left, top },
    texts: [
      ...over.flatMap((lines, column) => {
        const x = left + (cellWidth + margin) * column + cellWidth / 2;
        return placed(lines, x, top / 2 - heightOf(lines, spacing) / 2, spacing);
      }),
      ...beside.flatMap((lines, row) => {
        const middle = top + (cellHeight + margin) * row + cellHeight / 2;
        // A1111 forgets the space between the lines of these, so that several of them hang low.
        return placed(lines, left / 2, middle - heightOf(lines, 0) / 2, spacing);
      }),
    ],
  };
}

interface Line {
  readonly text: string;
  readonly active: boolean;
  readonly size: TextSize;
  readonly fontSize: number;
}

function heightOf(lines: readonly Line[], spacing: number): number {
  return lines.reduce((sum, { size }) => sum + size.height + spacing, -spacing);
}

function placed(lines: readonly Line[], x: number, from: number, spacing: number): PlacedText[] {
  let y = from;
  return lines.map(({ text, active, size, fontSize }) => {
    const line = { ...{ text, active, x, fontSize }, y: y + size.height / 2, width: size.width };
    y += size.height + spacing;
    return line;
  });
}

/** At blanks, as many words to a line as there is room for. */
function wrap(text: string, room: number, widthOf: (line: string) => number): string[] {
  const lines = [''];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = `${lines.at(-1)!} ${word}`.trim();
    if (widthOf(longer) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function fitting(line: string, room: number, largest: number, measure: Measure): number {
  let size = largest;
  while (size > 1 && measure(line, size).width > room) size -= 1;
  return size;
}
