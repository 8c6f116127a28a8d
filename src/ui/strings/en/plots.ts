// Plots: X/Y/Z plot, prompt matrix, prompts from a text. Their names and controls are A1111's.
import type { Plot } from '../../../plots/plot.ts';
import { number, plural } from '../locale.ts';

const about: Readonly<Record<Plot['kind'], string>> = {
  'X/Y/Z plot': 'A picture for every combination of the values, as one grid.',
  'Prompt matrix':
    'Parts of the prompt between | signs: a picture for every combination of them, as one grid.',
  'Prompts from file or textbox':
    'A run for each line. A line may set more than the prompt: --prompt "a cat" --steps 12. A model that a line names stays for those after it.',
};

export const plots = {
  about,
  axisType: (axis: string) => `${axis} type`,
  axisValues: (axis: string) => `${axis} values`,
  drawLegend: 'Draw legend',
  varySeeds: (axis: string) => `Vary seeds for ${axis}`,
  subGrids: 'Include Sub Grids',
  keepSeeds: 'Keep -1 for seeds',
  margin: 'Grid margins (px)',
  swapXY: 'Swap X/Y axes',
  swapYZ: 'Swap Y/Z axes',
  swapXZ: 'Swap X/Z axes',
  fill: 'Fill with all values',
  putAtStart: 'Put variable parts at start of prompt',
  differentSeeds: 'Use different seed for each picture',
  promptType: 'Prompt type',
  positive: 'positive',
  negative: 'negative',
  delimiter: 'Joining char',
  comma: 'comma',
  space: 'space',
  iterateSeeds: 'Iterate seed every line',
  sameSeed: 'Use same random seed for all lines',
  position: 'Insert prompts at the',
  start: 'start',
  end: 'end',
  lines: 'List of prompt inputs',
  upload: 'Choose a text file',
  notUtf8: (name: string) => `${name} is not written in UTF-8. Save it as UTF-8, or copy its lines in here.`,
  needsHires: 'Hires. fix is off, so this changes nothing.',
  needsRefiner: 'There is no refiner, so this changes nothing.',
  needsVariation: 'The variation strength is 0, so this changes nothing.',
  count: (count: number) => plural(count, { one: 'One picture', other: `${number(count)} pictures` }),
  remarks: 'Some lines are not what they look like',
  cellProblem: (cell: number, problem: string) => `Picture ${number(cell)} of the plot: ${problem}`,
  tooMany: (most: number) => `The plot comes to more than ${number(most)} runs. Use fewer lines or values.`,
  plotOf: (done: number, count: number) => `Plot: ${number(done)} of ${number(count)} pictures`,
  openCell: (label: string) => `Open ${label}`,
  cell: (number: number) => `picture ${number}`,
  download: 'Download plot',
  zip: 'Download all (zip)',
};
