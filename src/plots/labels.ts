// What the legend of a plot says of a value (A1111 scripts/xyz_grid.py, format_*).
import { pythonText } from '../generation/request/infotext/quote.ts';
import type { AxisValue } from './axis-values.ts';

/** Python's text of a value; decimals to eight digits, and never without a point. */
export function valueText(value: AxisValue, isFloat: boolean): string {
  if (typeof value === 'object') return value.join(', ');
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string' || !isFloat) return pythonText(value);
  const rounded = Number.isFinite(value) ? roundedTo8(value) : value;
  const text = pythonText(rounded);
  return Number.isInteger(rounded) && !text.includes('e') ? `${text}.0` : text;
}

/** Python's round(x, 8): the decimal nearest to what the number exactly is. */
function roundedTo8(value: number): number {
  return Math.abs(value) < 1e13 ? Number(value.toFixed(8)) : value;
}
