// The prompt matrix: a picture for every combination of the parts of a prompt (A1111 scripts/prompt_matrix.py).
import { addToSeed, randomSeed, RANDOM_SEED } from '../generation/request/seeds.ts';
import { strip } from '../prompt/python-text.ts';
import type { Cell } from './cell.ts';
import type { PromptMatrix } from './plot.ts';
import { PlotError } from './plot-error.ts';
import type { LegendBlock, Plan } from './plan.ts';

/** Parts that come and go: 2 to the power of this are the pictures. */
const MAX_PARTS = 9;

/** @throws PlotError where there are more pictures than can be asked for. */
export function planPromptMatrix(plot: PromptMatrix, cell: Cell): Plan {
  const { request } = cell;
  const key = plot.promptType === 'positive' ? 'prompt' : 'negativePrompt';
  const [first = '', ...rest] = request[key].split('|');
  const parts = rest.map((part) => withoutCommas(strip(part)));
  if (parts.length > MAX_PARTS)
    throw new PlotError(
      `The prompt has ${parts.length} parts between bars; ${MAX_PARTS}, which make ${2 ** MAX_PARTS} pictures, are the most.`,
    );
  const seed = request.seed === RANDOM_SEED ? randomSeed() : request.seed;
  const cells = Array.from({ length: 2 ** parts.length }, (_, combination) => {
    const chosen = parts.filter((_, i) => isIn(combination, i));
    const words = plot.putAtStart ? [...chosen, first] : [first, ...chosen];
    return {
      ...cell,
      request: {
        ...request,
        [key]: words.join(plot.delimiter === 'comma' ? ', ' : ' '),
        seed: plot.differentSeeds ? addToSeed(seed, combination) : seed,
        batchSize: 1,
        batchCount: 1,
      },
    };
  });
  const { columnTexts, rowTexts } = matrixLegend(parts);
  return {
    cells,
    grid: {
      ...{ columns: columnTexts.length, rows: rowTexts.length, layers: 1, margin: plot.margin },
      ...{ columnTexts, rowTexts, layerTexts: [[]], drawLegend: true, keepLayers: false },
      places: cells.map((_, i) => i),
      fields: {},
      layerFields: {},
    },
    remarks: [],
  };
}

/** Over the columns and beside the rows every part, struck out where it is not in (modules/images.py, draw_prompt_matrix). */
export function matrixLegend(parts: readonly string[]): {
  readonly columnTexts: readonly LegendBlock[];
  readonly rowTexts: readonly LegendBlock[];
} {
  const boundary = Math.ceil(parts.length / 2);
  const combinations = (some: readonly string[]): LegendBlock[] =>
    Array.from({ length: 2 ** some.length }, (_, i) => some.map((text, n) => ({ text, active: isIn(i, n) })));
  return {
    columnTexts: combinations(parts.slice(0, boundary)),
    rowTexts: combinations(parts.slice(boundary)),
  };
}

function isIn(combination: number, part: number): boolean {
  return ((combination >> part) & 1) === 1;
}

function withoutCommas(text: string): string {
  return text.replace(/^,+/, '').replace(/,+$/, '');
}
