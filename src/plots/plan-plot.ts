// Which plan belongs to which plot.
import type { Cell, PlotNames } from './cell.ts';
import type { Plan } from './plan.ts';
import type { Plot } from './plot.ts';
import { planPromptMatrix } from './prompt-matrix.ts';
import { planPromptsFromText } from './prompts-from-text.ts';
import { planXyz } from './xyz.ts';

/** @throws PlotError where it cannot be made as it is written. */
export function planPlot(plot: Plot, cell: Cell, names: PlotNames): Plan {
  switch (plot.kind) {
    case 'X/Y/Z plot':
      return planXyz(plot, cell, names);
    case 'Prompt matrix':
      return planPromptMatrix(plot, cell);
    case 'Prompts from file or textbox':
      return planPromptsFromText(plot, cell, names);
  }
}
