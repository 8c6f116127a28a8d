// Element by element: sums and activations that no other kernel ends with, copies into another order, looking up in tables, and the
// parts of split products put together.
import { QUAD, roundUp } from '../quads.ts';
import { memoryOrder, type Storage, type Tensor } from '../tensor.ts';
import {
  NO_CHAIN,
  type GatherStep,
  type Instruction,
  type PointwiseStep,
  type ProductStep,
} from '../steps.ts';
import { applied, ending, GELU, usesGelu } from './chain.ts';
import { Shader, type Dialect, type Dispatch } from './shader.ts';

export const THREADS = 64;
const MOST_WORKGROUPS = 65535;

/** A grid of one thread for each of `count`, and the expression for the thread's number. */
export function spread(count: number): {
  readonly grid: readonly [number, number, number];
  readonly at: string;
} {
  const groups = Math.ceil(count / THREADS);
  const grid = [Math.min(groups, MOST_WORKGROUPS), Math.ceil(groups / MOST_WORKGROUPS), 1] as const;
  return { grid, at: `(workgroup.x + workgroup.y * ${MOST_WORKGROUPS}u) * ${THREADS}u + index` };
}

/** Loops over the output, outermost first, with the strides of every tensor; those that all tensors go through evenly are one. */
interface Loops {
  readonly sizes: number[];
  /** A list for each loop, a stride for each tensor. */
  readonly strides: number[][];
}

export function loopsOf(tensors: readonly Tensor[], output: Tensor): Loops {
  const sizes: number[] = [];
  const strides: number[][] = [];
  const order = memoryOrder(output).filter((axis) => output.shape[axis] !== 1);
  for (const axis of order) {
    const [size, own] = [output.shape[axis]!, [...tensors, output].map((tensor) => tensor.strides[axis]!)];
    const outer = strides.at(-1);
    if (outer?.every((stride, i) => stride === own[i]! * size)) {
      sizes[sizes.length - 1]! *= size;
      strides[strides.length - 1] = own;
    } else {
      sizes.push(size);
      strides.push(own);
    }
  }
  // Of a single column in rows that are padded, or of a single element.
  if (strides.at(-1)?.at(-1) !== 1) {
    sizes.push(1);
    strides.push([...tensors, output].map(() => 1));
  }
  return { sizes, strides };
}

export function pointwise(step: PointwiseStep, dialect: Dialect): Dispatch {
  const { inputs, output, code } = step;
  const { sizes, strides } = loopsOf(inputs, output);
  const inner = sizes.length - 1;
  const columns = sizes[inner]!;
  const quads = Math.ceil(columns / QUAD);
  const shader = new Shader(dialect);
  const sizeOf = sizes.map((size, i) => shader.u32(`size${i}`, i === inner ? quads : size));

  /** Where a tensor's first element of the four lies, in elements (or fours). */
  const indexOf = (name: string, tensor: number, offset: number, unit: number) =>
    [
      shader.u32(`${name}_offset`, offset / unit),
      ...strides.slice(0, inner).flatMap((loop, i) => {
        const stride = loop[tensor]! / unit;
        return stride === 0 ? [] : [`at${i} * ${shader.u32(`${name}_stride${i}`, stride)}`];
      }),
    ].join(' + ');
  const isQuads = ({ offset, storage }: Tensor, tensor: number) =>
    strides[inner]![tensor] === 1 &&
    offset % QUAD === 0 &&
    strides.slice(0, inner).every((loop) => loop[tensor]! % QUAD === 0) &&
    (storage.role.kind !== 'input' || columns % QUAD === 0);

  // Between whole numbers arithmetic is whole: indices may be larger than what f32 counts.
  const type = [...inputs, output].every(({ storage }) => storage.type === 'int32') ? 'i32' : 'f32';
  const values = inputs.map((input, i) => {
    const name = `input${i}`;
    const along = strides[inner]![i]!;
    if (isQuads(input, i)) {
      shader.reads(name, input.storage);
      const quad = shader.load(name, `${indexOf(name, i, input.offset, QUAD)} + at${inner}`);
      return input.storage.type === 'int32' ? `vec4<${type}>(${quad})` : quad;
    }
    shader.readsScalars(name, input.storage);
    const base = indexOf(name, i, input.offset, 1);
    const cast = input.storage.type === 'int32' ? type : '';
    if (along === 0) return `vec4<${type}>(${cast}(${shader.scalar(name, base)}))`;
    const step = shader.u32(`${name}_step`, along);
    const element = (c: number) => {
      const last = shader.u32('last_column', columns - 1);
      return `${cast}(${shader.scalar(name, `${base} + min(at${inner} * 4u + ${c}u, ${last}) * ${step}`)})`;
    };
    return `vec4<${type}>(${[0, 1, 2, 3].map(element).join(', ')})`;
  });
  if (!isQuads(output, inputs.length))
    throw new Error(`${step.name} writes where four elements do not begin.`);
  shader.writes('result', output.storage);

  const count = sizes.slice(0, inner).reduce((product, size) => product * size, quads);
  const { grid, at } = spread(count);
  const lines = [
    `var rest = ${at};`,
    `if (rest >= ${shader.u32('count', count)}) { return; }`,
    ...sizeOf
      .map((size, i) => (i === 0 ? 'let at0 = rest;' : `let at${i} = rest % ${size}; rest /= ${size};`))
      .reverse(),
    `var value = ${values[0]};`,
    ...code.map((one) => applied(one, 'value', (i) => values[i]!)),
    ...(columns % QUAD === 0
      ? []
      : [
          `value = select(vec4<${type}>(), value, vec4<u32>(at${inner} * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${shader.u32('columns', columns)}));`,
        ]),
    shader.store(
      'result',
      `${indexOf('result', inputs.length, output.offset, QUAD)} + at${inner}`,
      output.storage.type === 'int32' ? 'vec4<i32>(value)' : 'value',
    ),
  ];
  return shader.dispatch(`elements: ${step.name}`, { x: THREADS, y: 1 }, grid, lines.join('\n'), gelu(code));
}

export function gather(step: GatherStep, dialect: Dialect): Dispatch {
  const { domain, table, tableRows, indices } = step;
  const shader = new Shader(dialect);
  shader.reads('table', table.storage);
  shader.readsScalars('indices', indices);
  const end = ending(shader, step.chain, step.output);
  const quads = shader.u32('quads', Math.ceil(domain.columns / QUAD));
  const { grid, at } = spread(domain.samples * domain.rows * Math.ceil(domain.columns / QUAD));
  const found = `min(u32(indices[flat]), ${shader.u32('last_row', tableRows - 1)}) * ${shader.u32('table_row', table.row / QUAD)}`;
  const body = `
let at = ${at};
let flat = at / ${quads};
if (flat >= ${shader.u32('all_rows', domain.samples * domain.rows)}) { return; }
let quad = at % ${quads};
let sample = flat / ${shader.u32('rows', domain.rows)};
let row = flat % params.rows;
var value = ${shader.load('table', `${shader.u32('table_offset', table.offset / QUAD)} + ${found} + quad`)};
${end.write('value', { sample: 'sample', row: 'row', quad: 'quad' })}`.trim();
  return shader.dispatch(`gather: ${step.name}`, { x: THREADS, y: 1 }, grid, body, gelu(step.chain.code));
}

/** The step that leaves the parts of a split product in `parts`, [splits, rows, columns] in float32. */
export function partsOf(step: ProductStep, parts: Storage): ProductStep {
  const rows = step.domain.samples * step.domain.rows;
  const row = roundUp(step.domain.columns, QUAD);
  const output = { storage: parts, offset: 0, sample: rows * row, row, column: 1 } as const;
  return { ...step, bias: null, chain: NO_CHAIN, output };
}

/** What a split product ends with: its parts added up, its bias and its chain. */
export function sumParts(step: ProductStep, parts: Storage, splits: number, dialect: Dialect): Dispatch {
  const { domain, bias } = step;
  const shader = new Shader(dialect);
  shader.reads('parts', parts);
  if (bias) shader.reads('bias', bias);
  const end = ending(shader, step.chain, step.output);
  const columns = Math.ceil(domain.columns / QUAD);
  const rows = domain.samples * domain.rows;
  const { grid, at } = spread(rows * columns);
  const quads = shader.u32('quads', columns);
  const body = `
let at = ${at};
if (at >= ${shader.u32('count', rows * columns)}) { return; }
let quad = at % ${quads};
let flat = at / ${quads};
let sample = flat / ${shader.u32('rows', domain.rows)};
let row = flat % params.rows;
var value = ${bias ? shader.load('bias', 'quad') : 'vec4<f32>()'};
for (var part = 0u; part < ${shader.u32('splits', splits)}; part++) { value += parts[part * params.count + at]; }
${end.write('value', { sample: 'sample', row: 'row', quad: 'quad' })}`.trim();
  return shader.dispatch(
    `parts together: ${step.name}`,
    { x: THREADS, y: 1 },
    grid,
    body,
    gelu(step.chain.code),
  );
}

function gelu(code: readonly Instruction[]): { readonly functions?: string } {
  return usesGelu({ code }) ? { functions: GELU } : {};
}
