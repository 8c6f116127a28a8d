// What the text of a plot's grid says of the plot, so that the text asks for the same again. A1111 writes it and does not read it.
import type { Infotext } from '../generation/request/infotext/parse.ts';
import { findAxis } from './axes.ts';
import { AXES, DEFAULT_PLOTS, XYZ_PLOT, type Axis, type XyzPlot } from './plot.ts';

const SCRIPT = 'Script';
const FIELD = /^(?:[XYZ] (?:Type|Values)|Fixed [XYZ] Values)$/;

/** Null for other texts. Seeds that were drawn are told as what they became. */
export function plotFromText(infotext: Infotext): XyzPlot | null {
  if (infotext[SCRIPT] !== XYZ_PLOT) return null;
  const choiceOf = (axis: Axis) => {
    const name = axis.toUpperCase();
    const type = textOf(infotext, `${name} Type`);
    if (!findAxis(type)) return { type: 'Nothing', values: '' };
    return { type, values: textOf(infotext, `Fixed ${name} Values`) || textOf(infotext, `${name} Values`) };
  };
  const [x, y, z] = AXES.map(choiceOf) as [XyzPlot['x'], XyzPlot['y'], XyzPlot['z']];
  return { ...DEFAULT_PLOTS[XYZ_PLOT], x, y, z };
}

/** Whether a field of a text is one that is read here. */
export function readsPlotField(name: string, value: string): boolean {
  return (
    (name === SCRIPT && value === XYZ_PLOT) ||
    (FIELD.test(name) && (!name.endsWith('Type') || findAxis(value) !== undefined))
  );
}

function textOf(infotext: Infotext, name: string): string {
  const value = infotext[name];
  return value === undefined ? '' : String(value);
}
