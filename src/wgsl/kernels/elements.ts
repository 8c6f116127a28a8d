// What the operators of general.ts make of their inputs, for one element of the result.
import type { General } from '../general.ts';
import type { Places } from './places.ts';

export type ElementWise = Exclude<General, { readonly op: 'topIndices' | 'scatter' }>;
type Of<O extends ElementWise['op']> = Extract<ElementWise, { readonly op: O }>;

/** What an operator's inputs are called, in their order. */
export const INPUTS = {
  gather: ['table', 'indices'],
  gatherElements: ['x', 'indices'],
  argMax: ['x'],
  maxPool: ['x'],
  unusualConv: ['x', 'weight', 'bias'],
  convTranspose: ['x', 'weight', 'bias'],
  pad: ['x'],
  bilinear: ['x'],
  reshape: ['x'],
  concat: ['part0', 'part1', 'part2', 'part3', 'part4', 'part5', 'part6'],
} as const satisfies Readonly<Record<ElementWise['op'], readonly string[]>>;

/** Below all numbers. */
const LOWEST = '-3.4e38';

/** Statements that leave the element at `at` (names of u32, an axis each) in `found`. `sizes`: how many there are along each axis. */
export function elementOf(
  what: ElementWise,
  places: Places,
  at: readonly string[],
  sizes: readonly string[],
): string {
  switch (what.op) {
    case 'gather': {
      const rank = places.rank('indices');
      const row = places.indexed('indices', at.slice(0, rank), places.size('table', 0));
      return `let row = ${row};\nlet found = ${places.read('table', ['row', ...at.slice(rank)])};`;
    }
    case 'gatherElements': {
      const place = places.indexed('indices', at, places.size('x', what.axis));
      return `let place = ${place};\nlet found = ${places.read('x', at.with(what.axis, 'place'))};`;
    }
    case 'argMax':
      return `
var found = 0u;
var largest = ${places.read('x', at.with(what.axis, '0u'))};
for (var i = 1u; i < ${places.size('x', what.axis)}; i++) {
  let other = ${places.read('x', at.with(what.axis, 'i'))};
  if (other > largest) { largest = other; found = i; }
}`;
    case 'maxPool':
      return `
var found = ${LOWEST};
${overWindow(what, 1, places, at, `found = max(found, ${places.read('x', [...at.slice(0, 2), 'u32(tap_y)', 'u32(tap_x)'])});`)}`;
    case 'unusualConv':
      return convolved(what, places, at);
    case 'convTranspose':
      return transposed(what, places, at);
    case 'pad':
      return padded(what, places, at);
    case 'bilinear':
      return between(what, places, at, sizes);
    case 'reshape':
      return reshaped(places, at, sizes);
    case 'concat':
      return joined(what, places, at);
  }
}

/** Over the pixels [tap_y, tap_x] of the input that lie in the picture, for taps [i, j]. */
function overWindow(
  { kernel, stride, pads }: Of<'maxPool' | 'unusualConv'>,
  dilation: number,
  places: Places,
  [, , row, column]: readonly string[],
  work: string,
): string {
  return `
for (var i = 0u; i < ${kernel[0]}u; i++) {
  let tap_y = i32(${row} * ${stride[0]}u + i * ${dilation}u) - ${pads[0]};
  if (tap_y < 0 || tap_y >= i32(${places.size('x', 2)})) { continue; }
  for (var j = 0u; j < ${kernel[1]}u; j++) {
    let tap_x = i32(${column} * ${stride[1]}u + j * ${dilation}u) - ${pads[1]};
    if (tap_x < 0 || tap_x >= i32(${places.size('x', 3)})) { continue; }
    ${work}
  }
}`.trim();
}

function convolved(what: Of<'unusualConv'>, places: Places, at: readonly string[]): string {
  const [sample = '', channel = ''] = at;
  const inputs = places.size('weight', 1);
  const x = places.read('x', [sample, 'first + input', 'u32(tap_y)', 'u32(tap_x)']);
  const weight = places.read('weight', [channel, 'input', 'i', 'j']);
  return `
var found = ${places.has('bias') ? places.read('bias', [channel]) : '0.0'};
let first = ${channel} / (${places.size('weight', 0)} / ${what.groups}u) * ${inputs};
${overWindow(what, what.dilation, places, at, `for (var input = 0u; input < ${inputs}; input++) { found = fma(${x}, ${weight}, found); }`)}`;
}

function padded({ starts, mirrored }: Of<'pad'>, places: Places, at: readonly string[]): string {
  const away = at.map((place, axis) => `let from${axis} = i32(${place}) - ${starts[axis]};`);
  const sizes = at.map((_, axis) => `i32(${places.size('x', axis)})`);
  if (mirrored) {
    // As far beyond the edge as before it.
    const inside = at.map((_, axis) => `u32(min(abs(from${axis}), 2 * (${sizes[axis]} - 1) - from${axis}))`);
    return `${away.join('\n')}\nlet found = ${places.read('x', inside)};`;
  }
  const isInside = at.map((_, axis) => `from${axis} >= 0 && from${axis} < ${sizes[axis]}`).join(' && ');
  const place = at.map((_, axis) => `u32(from${axis})`);
  return `${away.join('\n')}\nvar found = 0.0;\nif (${isInside}) { found = ${places.read('x', place)}; }`;
}

function reshaped(places: Places, at: readonly string[], sizes: readonly string[]): string {
  const flat = at.reduce(
    (before, place, axis) => (axis === 0 ? place : `(${before}) * ${sizes[axis]} + ${place}`),
    '',
  );
  const axes = Array.from({ length: places.rank('x') }, (_, axis) => axis);
  const split = axes.toReversed().map((axis) => {
    const size = places.size('x', axis);
    return axis === 0 ? 'let from0 = flat;' : `let from${axis} = flat % ${size}; flat /= ${size};`;
  });
  const found = places.read(
    'x',
    axes.map((axis) => `from${axis}`),
  );
  return [`var flat = ${flat};`, ...split, `let found = ${found};`].join('\n');
}

function joined({ axis }: Of<'concat'>, places: Places, at: readonly string[]): string {
  const names = INPUTS.concat.filter((name) => places.has(name));
  const reads = names.map(
    (name) =>
      `if (place < ${places.size(name, axis)}) { found = ${places.read(name, at.with(axis, 'place'))}; }`,
  );
  const next = names.map((name) => ` else { place -= ${places.size(name, axis)}; `).slice(0, -1);
  const nested = reads.map((read, i) => read + (next[i] ?? '')).join('') + ' }'.repeat(next.length);
  return `var place = ${at[axis]};\nvar found = ${places.zero(names[0]!)};\n${nested}`;
}

function transposed(
  { kernel, stride, pad }: Of<'convTranspose'>,
  places: Places,
  at: readonly string[],
): string {
  const [sample = '', channel = '', row, column] = at;
  const from = (name: string, place: string | undefined, tap: string, axis: number) => `
let ${name} = i32(${place}) + ${pad} - i32(${tap});
if (${name} < 0 || ${name} % ${stride} != 0 || ${name} / ${stride} >= i32(${places.size('x', axis)})) { continue; }`;
  const x = places.read('x', [sample, 'input', `u32(row / ${stride})`, `u32(column / ${stride})`]);
  const weight = places.read('weight', ['input', channel, 'i', 'j']);
  return `
var found = ${places.read('bias', [channel])};
for (var i = 0u; i < ${kernel}u; i++) {
  ${from('row', row, 'i', 2).trim()}
  for (var j = 0u; j < ${kernel}u; j++) {
    ${from('column', column, 'j', 3).trim()}
    for (var input = 0u; input < ${places.size('x', 1)}; input++) { found = fma(${x}, ${weight}, found); }
  }
}`;
}

function between(
  { by }: Of<'bilinear'>,
  places: Places,
  at: readonly string[],
  sizes: readonly string[],
): string {
  const [sample = '', channel = ''] = at;
  const along = (name: string, axis: number) => {
    const last = `f32(${places.size('x', axis)} - 1u)`;
    const from =
      by === null
        ? `f32(${at[axis]}) * (${last} / f32(max(${sizes[axis]}, 2u) - 1u))`
        : `(f32(${at[axis]}) + 0.5) / f32(${by}) - 0.5`;
    return `
let ${name} = clamp(${from}, 0.0, ${last});
let ${name}0 = u32(${name});
let ${name}1 = min(${name}0 + 1u, ${places.size('x', axis)} - 1u);
let ${name}_part = ${name} - f32(${name}0);`;
  };
  const pixel = (y: string, x: string) => places.read('x', [sample, channel, y, x]);
  return `${along('row', 2)}${along('column', 3)}
let found = mix(
  mix(${pixel('row0', 'column0')}, ${pixel('row0', 'column1')}, column_part),
  mix(${pixel('row1', 'column0')}, ${pixel('row1', 'column1')}, column_part),
  row_part);`;
}
