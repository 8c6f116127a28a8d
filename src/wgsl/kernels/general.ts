// Operators that are computed element by element from wherever their inputs lie (general.ts): a thread gives four elements that lie side
// by side, and asks for each by its place on every axis.
import { QUAD } from '../quads.ts';
import type { GeneralStep } from '../steps.ts';
import { memoryOrder } from '../tensor.ts';
import { elementOf, INPUTS, type ElementWise } from './elements.ts';
import { placeOf, Places } from './places.ts';
import { pointwise, spread, THREADS } from './pointwise.ts';
import { Shader, type Dialect, type Dispatch } from './shader.ts';

export function general(step: GeneralStep, dialect: Dialect): Dispatch[] {
  const { what, name, inputs, output } = step;
  if (what.op === 'topIndices') return [topIndices(step, dialect)];
  if (what.op !== 'scatter') return [elements(step, what, dialect)];
  const copy = { kind: 'pointwise', name, inputs: [inputs[0]!], code: [], output } as const;
  return [pointwise(copy, dialect), scatter(step, what.how, dialect)];
}

function elements({ name, inputs, output }: GeneralStep, what: ElementWise, dialect: Dialect): Dispatch {
  const shader = new Shader(dialect);
  const named = INPUTS[what.op].flatMap((input, i) => (inputs[i] ? [[input, inputs[i]] as const] : []));
  const places = new Places(shader, Object.fromEntries(named));
  shader.writes('result', output.storage);
  const order = memoryOrder(output).filter((axis) => output.shape[axis] !== 1);
  // Rows of a single element are padded, too: then an axis of one is the innermost.
  const isSingle = output.strides[order.at(-1) ?? -1] !== 1;
  const inner = isSingle ? output.shape.lastIndexOf(1) : order.at(-1)!;
  const outer = isSingle ? order : order.slice(0, -1);
  const columns = output.shape[inner]!;
  const quads = Math.ceil(columns / QUAD);
  const count = outer.reduce((product, axis) => product * output.shape[axis]!, quads);
  const { grid, at } = spread(count);
  const type = output.storage.type === 'int32' ? 'i32' : 'f32';
  const rows = outer.map(
    (axis) => `at${axis} * ${shader.u32(`out_stride${axis}`, output.strides[axis]! / QUAD)}`,
  );
  const place = [shader.u32('out_offset', output.offset / QUAD), ...rows, 'quad'].join(' + ');
  const isOver = (axis: number) => axis === inner || outer.includes(axis);
  const axes = output.shape.map((_, axis) => (isOver(axis) ? `at${axis}` : '0u'));
  const sizes = output.shape.map((size, axis) =>
    axis === inner
      ? shader.u32('columns', columns)
      : isOver(axis)
        ? shader.u32(`out_size${axis}`, size)
        : '1u',
  );
  const body = [
    `var rest = ${at};`,
    `if (rest >= ${shader.u32('count', count)}) { return; }`,
    `let quad = rest % ${shader.u32('quads', quads)};`,
    'rest /= params.quads;',
    ...outer.toReversed().map((axis) => `let at${axis} = rest % ${sizes[axis]}; rest /= ${sizes[axis]};`),
    `var value = vec4<${type}>();`,
    'for (var lane = 0u; lane < 4u; lane++) {',
    `let at${inner} = quad * 4u + lane;`,
    `if (at${inner} >= ${sizes[inner]}) { continue; }`,
    elementOf(what, places, axes, sizes),
    `value[lane] = ${type}(found);`,
    '}',
    shader.store('result', place, 'value'),
  ].join('\n');
  return shader.dispatch(`${what.op}: ${name}`, { x: THREADS, y: 1 }, grid, body);
}

/** Each number finds its rank: how many are larger, or equal and before it. */
function topIndices({ name, inputs, output }: GeneralStep, dialect: Dialect): Dispatch {
  const x = inputs[0]!;
  const shader = new Shader(dialect);
  const places = new Places(shader, { x });
  shader.writesScalars('result', output.storage);
  const last = x.shape.length - 1;
  const [length, wanted] = [x.shape[last]!, output.shape[last]!];
  const rows = x.shape.slice(0, last);
  const count = rows.reduce((product, size) => product * size, length);
  const { grid, at } = spread(count);
  const outer = rows.map((_, axis) => `at${axis}`);
  const body = [
    `var rest = ${at};`,
    `if (rest >= ${shader.u32('count', count)}) { return; }`,
    `let own = rest % ${shader.u32('length', length)};`,
    'rest /= params.length;',
    ...rows
      .map(
        (size, axis) =>
          `let at${axis} = rest % ${shader.u32(`size${axis}`, size)}; rest /= params.size${axis};`,
      )
      .reverse(),
    `let value = ${places.read('x', [...outer, 'own'])};`,
    'var rank = 0u;',
    'for (var i = 0u; i < params.length; i++) {',
    `let other = ${places.read('x', [...outer, 'i'])};`,
    'if (other > value || (other == value && i < own)) { rank++; }',
    '}',
    `if (rank < ${shader.u32('wanted', wanted)}) {`,
    shader.storeScalar('result', placeOf(shader, 'result', output, [...outer, 'rank']), 'i32(own)'),
    '}',
  ].join('\n');
  return shader.dispatch(`largest first: ${name}`, { x: THREADS, y: 1 }, grid, body);
}

/** Whole numbers, which threads add up in any order to the same. */
function scatter({ name, inputs, output }: GeneralStep, how: 'put' | 'add', dialect: Dialect): Dispatch {
  const [, indices, updates] = inputs;
  const shader = new Shader(dialect);
  const places = new Places(shader, { indices: indices!, updates: updates! });
  shader.writesAtomics('result', output.storage);
  const { shape } = updates!;
  const count = shape.reduce((product, size) => product * size, 1);
  const { grid, at } = spread(count);
  const axes = shape.map((_, axis) => `at${axis}`);
  const row = places.indexed('indices', axes, shader.u32('rows', output.shape[0]!));
  const place = placeOf(shader, 'result', output, ['row', ...axes.slice(1)]);
  const body = [
    `var rest = ${at};`,
    `if (rest >= ${shader.u32('count', count)}) { return; }`,
    ...shape
      .map(
        (size, axis) =>
          `let at${axis} = rest % ${shader.u32(`size${axis}`, size)}; rest /= params.size${axis};`,
      )
      .reverse(),
    `let row = ${row};`,
    `${how === 'add' ? 'atomicAdd' : 'atomicStore'}(&result[${place}], ${places.read('updates', axes)});`,
  ].join('\n');
  return shader.dispatch(`scatter: ${name}`, { x: THREADS, y: 1 }, grid, body);
}
