// From a plot to what the queue carries out. Loaded when one is asked for.
import type { GenerationParameters } from '../generation/request/request.ts';
import { knowInstalled } from './installed-extensions.ts';
import { validateParameters } from '../generation/request/validate.ts';
import { MAX_REQUESTS } from '../library/queue.ts';
import type { Cell, PlotNames } from '../plots/cell.ts';
import type { PlotGrid } from '../plots/plan.ts';
import { planPlot } from '../plots/plan-plot.ts';
import type { Plot } from '../plots/plot.ts';
import { PlotError } from '../plots/plot-error.ts';
import { plots as t } from './strings/plots.ts';

export interface PlotJob {
  readonly requests: readonly GenerationParameters[];
  readonly checkpoints: readonly Cell['checkpoint'][];
  readonly grid?: PlotGrid;
  readonly remarks: readonly string[];
}

/**
 * `finish`: a cell's request with its styles and wildcards, as one or several. Rejects with PlotError, before anything is queued,
 * where the plot or one of its cells cannot be carried out.
 */
export async function plotJob(
  plot: Plot,
  request: GenerationParameters,
  styles: readonly string[],
  names: PlotNames,
  finish: (cell: Cell) => Promise<readonly GenerationParameters[]>,
): Promise<PlotJob> {
  await knowInstalled();
  const { cells, grid, remarks } = planPlot(plot, { request, styles, checkpoint: null }, names);
  const requests: GenerationParameters[] = [];
  const checkpoints: Cell['checkpoint'][] = [];
  for (const [index, cell] of cells.entries()) {
    const [problem] = validateParameters(cell.request);
    if (problem !== undefined) throw new PlotError(t.cellProblem(index + 1, problem));
    for (const one of await finish(cell)) {
      requests.push(one);
      checkpoints.push(cell.checkpoint);
    }
    if (requests.length > MAX_REQUESTS) throw new PlotError(t.tooMany(MAX_REQUESTS));
  }
  return { requests, checkpoints, remarks, ...(grid && { grid }) };
}
