// The X/Y/Z plot: a request for every combination of values along up to three axes (A1111 scripts/xyz_grid.py).
import { addToSeed, randomSeed, RANDOM_SEED } from '../generation/request/seeds.ts';
import { axisValues, type AxisValue } from './axis-values.ts';
import { findAxis, OTHER_AXES, type AxisType } from './axes.ts';
import type { Cell, PlotNames } from './cell.ts';
import { valueText } from './labels.ts';
import { AXES, type Axis, type AxisChoice, type XyzPlot } from './plot.ts';
import { PlotError } from './plot-error.ts';
import type { LegendBlock, Plan } from './plan.ts';

/** Of one plot: as many requests as a job may have. */
export const MAX_CELLS = 1000;

interface ReadAxis {
  readonly type: AxisType;
  readonly values: readonly AxisValue[];
}

/** @throws PlotError where the plot cannot be made as it is written. */
export function planXyz(plot: XyzPlot, cell: Cell, names: PlotNames): Plan {
  const tab = cell.request.img2img ? 'img2img' : 'txt2img';
  const axes = { x: readAxis(plot.x, tab), y: readAxis(plot.y, tab), z: readAxis(plot.z, tab) };
  for (const axis of AXES)
    if (axes[axis].values.length === 0)
      throw new PlotError(`${axis.toUpperCase()} values: write what "${plot[axis].type}" is to be.`);
  const [columns, rows, layers] = [axes.x.values.length, axes.y.values.length, axes.z.values.length];
  const count = columns * rows * layers;
  if (count > MAX_CELLS)
    throw new PlotError(
      `The plot would have ${count} pictures; ${MAX_CELLS} are the most. Write fewer values.`,
    );

  const fixed = plot.keepRandomSeeds ? axes : mapAxes(axes, withFixedSeeds);
  const { seed, subseed } = cell.request;
  const fix = (value: typeof seed) => (value === RANDOM_SEED && !plot.keepRandomSeeds ? randomSeed() : value);
  const base: Cell = {
    ...cell,
    request: { ...cell.request, seed: fix(seed), subseed: fix(subseed), batchSize: 1, batchCount: 1 },
  };
  const made = positionsOf(fixed).map((at) => ({
    cell: cellAt(base, plot, fixed, at, names),
    place: at.x + columns * (at.y + rows * at.z),
  }));
  return {
    cells: made.map((one) => one.cell),
    grid: {
      ...{
        columns,
        rows,
        layers,
        margin: plot.margin,
        drawLegend: plot.drawLegend,
        keepLayers: plot.subGrids,
      },
      columnTexts: legend(fixed.x),
      rowTexts: legend(fixed.y),
      layerTexts: legend(fixed.z),
      places: made.map(({ place }) => place),
      fields: fieldsOf(plot, fixed),
      layerFields: fieldsOf({ ...plot, z: { type: 'Nothing', values: '' } }, fixed),
    },
    remarks: [],
  };
}

/** What an axis holds. @throws PlotError for a type or values that mean nothing. */
export function readAxis({ type: label, values }: AxisChoice, tab: 'txt2img' | 'img2img'): ReadAxis {
  const type = findAxis(label);
  if (!type) throw new PlotError(OTHER_AXES[label] ?? `There is no axis type called "${label}".`);
  if (type.tab !== null && type.tab !== tab)
    throw new PlotError(`"${label}" has no meaning in ${tab}. Choose another axis type.`);
  return { type, values: label === 'Nothing' ? [0] : axisValues(values, type.type, label) };
}

export function labelOf({ label, legend: shown, type }: AxisType, value: AxisValue): string {
  const text = valueText(value, type === 'float');
  switch (shown) {
    case 'nothing':
      return '';
    case 'value':
      return text;
    case 'label':
      return `${label}: ${text}`;
    case 'file':
      return text.split(/[\\/]/).at(-1)!;
  }
}

type Axes = Readonly<Record<Axis, ReadAxis>>;
type Position = Readonly<Record<Axis, number>>;

function mapAxes(axes: Axes, change: (axis: ReadAxis) => ReadAxis): Axes {
  return { x: change(axes.x), y: change(axes.y), z: change(axes.z) };
}

function withFixedSeeds({ type, values }: ReadAxis): ReadAxis {
  const seeds = type.label === 'Seed' || type.label === 'Var. seed';
  return {
    type,
    values: seeds ? values.map((value) => (value === RANDOM_SEED ? randomSeed() : value)) : values,
  };
}

/** In the order in which the dearest axis changes least often; of those that cost the same, z least and x most often. */
function positionsOf(axes: Axes): Position[] {
  const order = (['z', 'y', 'x'] as const).toSorted((a, b) => axes[b].type.cost - axes[a].type.cost);
  let positions: Position[] = [{ x: 0, y: 0, z: 0 }];
  for (const axis of order)
    positions = positions.flatMap((position) =>
      axes[axis].values.map((_, i) => ({ ...position, [axis]: i })),
    );
  return positions;
}

function cellAt(base: Cell, plot: XyzPlot, axes: Axes, at: Position, names: PlotNames): Cell {
  let cell = base;
  for (const axis of AXES) {
    const { type, values } = axes[axis];
    cell = type.apply(cell, values[at[axis]]!, { values, names });
  }
  const { varySeeds } = plot;
  const columns = varySeeds.x ? axes.x.values.length : 1;
  const rows = varySeeds.y ? axes.y.values.length : 1;
  const later =
    (varySeeds.x ? at.x : 0) + (varySeeds.y ? at.y * columns : 0) + (varySeeds.z ? at.z * columns * rows : 0);
  const { seed } = cell.request;
  // A random one stays so.
  if (later === 0 || seed === RANDOM_SEED) return cell;
  return { ...cell, request: { ...cell.request, seed: addToSeed(seed, later) } };
}

function legend({ type, values }: ReadAxis): LegendBlock[] {
  return values.map((value) => [{ text: labelOf(type, value), active: true }]);
}

/** As A1111's grid says it; random seeds are told as what they became. */
function fieldsOf(plot: XyzPlot, axes: Axes): Record<string, string> {
  const fields: Record<string, string> = { Script: plot.kind };
  for (const axis of AXES) {
    const { type, values } = plot[axis];
    if (type === 'Nothing') continue;
    const name = axis.toUpperCase();
    fields[`${name} Type`] = type;
    fields[`${name} Values`] = values;
    if (!plot.keepRandomSeeds && (type === 'Seed' || type === 'Var. seed'))
      fields[`Fixed ${name} Values`] = axes[axis].values.map(String).join(', ');
  }
  return fields;
}
