// Products of matrices, and convolutions as such: the left factor's rows are pixels under a window ("implicit GEMM"). A workgroup
// computes a tile of the result from pieces of both factors in workgroup memory; how it multiplies these is a multiplier's
// (multiplier.ts, subgroup-matrix.ts).
import { QUAD } from '../quads.ts';
import type { ProductStep, Window } from '../steps.ts';
import { packedSize } from '../weights.ts';
import { ending, GELU, usesGelu } from './chain.ts';
import { inRegisters } from './multiplier.ts';
import { indented, Shader, times, type Dialect, type Dispatch } from './shader.ts';
import { bySubgroupMatrices } from './subgroup-matrix.ts';
import type { Choice, ProductSize } from './tiles.ts';

/** Workgroups along one axis, which WebGPU limits. */
const MOST_WORKGROUPS = 65535;

export function productSize(step: ProductStep, depth: number): ProductSize {
  const { domain, batches, paired, inputs, window } = step;
  const taps = window ? window.kernel[0] * window.kernel[1] : 1;
  return {
    rows: (domain.samples / batches) * domain.rows,
    columns: domain.columns * (paired ? 2 : 1),
    steps: taps * Math.ceil(inputs / depth),
    batches,
    paired,
  };
}

/**
 * `splits` above 1: parts of the sums, one after the other, into `step.output`, which has a sample for each part and no chain.
 */
export function product(step: ProductStep, { tile, splits, matrix }: Choice, dialect: Dialect): Dispatch {
  const { left, right, window, bias, domain, paired, batches } = step;
  const { rows: M, columns: N, depth: K, threadRows, threadColumns, ahead } = tile;
  const size = productSize(step, K);
  const [TX, TY] = [N / threadColumns, M / threadRows];
  const threads = TX * TY;
  const kq = K / QUAD;
  if (threads % kq !== 0) throw new Error('A tile whose threads do not share its depth evenly.');

  const shader = new Shader(dialect);
  shader.reads('left', left.storage);
  shader.reads('right', right.storage);
  if (bias) shader.reads('bias', bias);
  const end = ending(shader, step.chain, step.output);
  const multiplier = matrix
    ? bySubgroupMatrices(shader, tile, matrix, paired)
    : inRegisters(shader, tile, paired);

  const taps = window ? window.kernel[0] * window.kernel[1] : 1;
  const inputQuads = Math.ceil(step.inputs / QUAD);
  const rowBlocks = Math.ceil(size.rows / M);
  const columnBlocks = Math.ceil(size.columns / N);
  const rowsOfTap = rightRows(step);
  const p = {
    rows: shader.u32('rows', size.rows),
    quads: shader.u32('column_quads', Math.ceil(size.columns / QUAD)),
    depth: shader.u32('input_quads', inputQuads),
    steps: shader.u32('steps', Math.ceil(inputQuads / kq)),
    taps: shader.u32('taps', taps),
    columnBlocks: shader.u32('column_blocks', columnBlocks),
    rowBlocks: shader.u32('row_blocks', rowBlocks),
    sampleRows: shader.u32('sample_rows', domain.rows),
    leftRow: shader.u32('left_row', left.row / QUAD),
    rightRow: shader.u32('right_row', right.row / QUAD),
    rightRows: shader.u32('right_rows', rowsOfTap),
    splits: shader.u32('splits', splits),
  };
  const leftStart = startOf(shader, 'left', left, batches);
  const rightStart = startOf(shader, 'right', right, batches);
  // What fills its tiles needs no looking for its end.
  const exact = {
    rows: size.rows % M === 0,
    columns: Math.ceil(size.columns / QUAD) % (N / QUAD) === 0,
    depth: inputQuads % kq === 0 && rowsOfTap % K === 0,
  };
  const when = (conditions: readonly (string | false)[], statement: string) => {
    const all = conditions.filter((one) => one !== false).join(' && ');
    return all === '' ? statement : `if (${all}) { ${statement} }`;
  };

  // Each thread brings so many fours of the left piece, of rows `loadStride` apart, and of the right one.
  const loadStride = threads / kq;
  const look = window
    ? windowLines(shader, window, leftStart, exact.rows)
    : {
        before: (i: number) =>
          `let at${i} = ${leftStart} + ${exact.rows ? `row${i}` : `min(row${i}, ${p.rows} - 1u)`} * ${p.leftRow};`,
        tap: () => '',
        inside: (i: number) => !exact.rows && `row${i} < ${p.rows}`,
      };
  const leftType = shader.quadType('left');
  const rightType = shader.quadType('right');
  const lefts = range(Math.ceil((M * kq) / threads)).map((i) => {
    const within = M * kq >= (i + 1) * threads ? [] : [`load_row + ${i * loadStride}u < ${M}u`];
    return {
      before: `let row${i} = first_row + load_row + ${i * loadStride}u;\n${look.before(i)}`,
      tap: look.tap(i),
      fetch: when(
        [look.inside(i), !exact.depth && `first_input + load_quad < ${p.depth}`, ...within],
        `next_left${i} = left[at${i} + first_input + load_quad];`,
      ),
      store: when(
        within,
        multiplier.storeLeft(shader.value('left', `next_left${i}`), `(load_row + ${i * loadStride}u)`),
      ),
    };
  });
  const rights = range(Math.ceil((K * N) / QUAD / threads)).map((i) => {
    const within = (K * N) / QUAD >= (i + 1) * threads ? [] : [`right_depth${i} < ${K}u`];
    return {
      before: `let right_depth${i} = (index + ${i * threads}u) / ${N / QUAD}u;
let right_quad${i} = (index + ${i * threads}u) % ${N / QUAD}u;`,
      fetch: when(
        [
          !exact.depth && `first_input * 4u + right_depth${i} < ${p.rightRows}`,
          !exact.columns && `first_quad + right_quad${i} < ${p.quads}`,
          ...within,
        ],
        `next_right${i} = right[${rightStart} + (tap * ${p.rightRows} + first_input * 4u + right_depth${i}) * ${p.rightRow} + first_quad + right_quad${i}];`,
      ),
      store: when(
        within,
        multiplier.storeRight(shader.value('right', `next_right${i}`), `right_depth${i}`, `right_quad${i}`),
      ),
    };
  });
  const fetch = [
    ...lefts.map(({ fetch }, i) => `next_left${i} = ${leftType}();\n${fetch}`),
    ...rights.map(({ fetch }, i) => `next_right${i} = ${rightType}();\n${fetch}`),
  ].join('\n');
  const store = [...lefts, ...rights].map((one) => one.store).join('\n');
  const nextTap = lefts.map(({ tap }) => tap).join('\n');
  // The place in the sums goes on by a piece, and after the last one of a tap to the next tap.
  const onward = `
first_input += ${kq}u;
if (first_input >= ${p.steps} * ${kq}u) {
  first_input = 0u;
  tap += 1u;
${indented(nextTap)}
}`.trim();

  const body = `
let block = workgroup.x + workgroup.y * ${MOST_WORKGROUPS}u;
let row_block = block / ${p.columnBlocks};
let first_row = row_block * ${M}u;
let first_quad = (block % ${p.columnBlocks}) * ${N / QUAD}u;
let batch = workgroup.z;
let tx = thread.x;
let ty = thread.y;
let load_quad = index % ${kq}u;
let load_row = index / ${kq}u;
${[...lefts, ...rights].map(({ before }) => before).join('\n')}
${multiplier.start}
let all_steps = ${p.taps} * ${p.steps};
${
  splits > 1
    ? `let part = (all_steps + ${p.splits} - 1u) / ${p.splits};
let from_step = min(batch * part, all_steps);
let to_step = min(from_step + part, all_steps);`
    : 'let from_step = 0u;\nlet to_step = all_steps;'
}
var tap = from_step / ${p.steps};
var first_input = from_step % ${p.steps} * ${kq}u;
${nextTap}
${times(lefts.length, (i) => `var next_left${i} = ${leftType}();`)}
${times(rights.length, (i) => `var next_right${i} = ${rightType}();`)}
${ahead ? fetch : ''}
for (var step = from_step; step < to_step; step++) {
${ahead ? '' : indented(fetch)}
${indented(store)}
  workgroupBarrier();
${indented(onward)}
${ahead ? `  if (step + 1u < to_step) {\n${indented(fetch, '    ')}\n  }` : ''}
${indented(multiplier.multiply)}
  workgroupBarrier();
}
${multiplier.finish(write)}`.trim();

  /** Writes fours of the result: of a row and from a column of the tile on; pairs are a value and its gate. */
  function write(tileRow: string, tileQuad: string, values: readonly string[]): string {
    const biasAt = (g: number) =>
      bias ? ` + ${shader.load('bias', `first_quad + ${tileQuad}${g > 0 ? ` + ${g}u` : ''}`)}` : '';
    const [first = '', gate = ''] = values.map((value, g) => `(${value}${biasAt(g)})`);
    const inBatch = batches > 1 || splits > 1;
    const conditions = [
      // Workgroups beyond the last block of rows are there where the grid had to be folded.
      (!exact.rows || rowBlocks * columnBlocks > MOST_WORKGROUPS) && `row < ${p.rows}`,
      !exact.columns && `first_quad + ${tileQuad} < ${p.quads}`,
    ].filter((one) => one !== false);
    return `
{
  let row = first_row + ${tileRow};
  ${conditions.length > 0 ? `if (${conditions.join(' && ')}) ` : ''}{
    let sample = ${inBatch ? 'batch' : `row / ${p.sampleRows}`};
    let sample_row = ${inBatch ? 'row' : `row % ${p.sampleRows}`};
    var value = ${paired ? `${first} * gelu(${gate})` : first};
    let quad = ${paired ? `(first_quad + ${tileQuad}) / 2u` : `first_quad + ${tileQuad}`};
${indented(end.write('value', { sample: 'sample', row: 'sample_row', quad: 'quad' }), '    ')}
  }
}`.trim();
  }

  const blocks = rowBlocks * columnBlocks;
  const grid = [
    Math.min(blocks, MOST_WORKGROUPS),
    Math.ceil(blocks / MOST_WORKGROUPS),
    batches * splits,
  ] as const;
  const functions = paired || usesGelu(step.chain) ? GELU : '';
  const flops = 2 * size.rows * size.columns * step.inputs * taps * batches;
  const kind = window ? `convolution ${window.kernel.join('x')}` : 'product';
  const parts = splits > 1 ? ` in ${splits} parts` : '';
  const label = `${kind} ${M}x${N}${matrix ? ' by matrices' : ''}${parts}: ${step.name}`;
  const { directives } = multiplier;
  return shader.dispatch(label, { x: TX, y: TY }, grid, body, { functions, flops, directives });
}

/** Rows of one tap of the right factor: its inputs, filled up where it is a weight of ours. */
function rightRows({ right, inputs }: ProductStep): number {
  const { role } = right.storage;
  return role.kind === 'weight' && role.packed.form === 'columns'
    ? packedSize(role.packed).paddedInputs
    : inputs;
}

function startOf(shader: Shader, name: string, matrix: ProductStep['left'], batches: number): string {
  const offset = matrix.offset > 0 ? shader.u32(`${name}_offset`, matrix.offset / QUAD) : '0u';
  return batches > 1 ? `${offset} + batch * ${shader.u32(`${name}_batch`, matrix.batch / QUAD)}` : offset;
}

/** Where the pixel lies that a thread brings for the tap at hand. Those beyond the image's edge are zeros. */
function windowLines(shader: Shader, window: Window, start: string, wholeRows: boolean) {
  const { height, width, outWidth, kernel, stride, pads, upsample } = window;
  const p = {
    height: shader.u32('height', height),
    width: shader.u32('width', width),
    outWidth: shader.u32('out_width', outWidth),
  };
  const scaled = (side: string) => (upsample > 1 ? `i32(${side} * ${upsample}u)` : `i32(${side})`);
  const back = (at: string) => (upsample > 1 ? `u32(${at}) / ${upsample}u` : `u32(${at})`);
  return {
    before: (i: number) =>
      `let sample${i} = row${i} / params.sample_rows;
let y${i} = i32((row${i} % params.sample_rows) / ${p.outWidth} * ${stride[0]}u) - ${pads[0]};
let x${i} = i32(row${i} % params.sample_rows % ${p.outWidth} * ${stride[1]}u) - ${pads[1]};
var at${i} = 0u;
var inside${i} = false;`,
    tap: (i: number) =>
      `{
  let tap_y = y${i} + i32(tap / ${kernel[1]}u);
  let tap_x = x${i} + i32(tap % ${kernel[1]}u);
  inside${i} = ${wholeRows ? '' : `row${i} < params.rows && `}tap_y >= 0 && tap_x >= 0 && tap_y < ${scaled(p.height)} && tap_x < ${scaled(p.width)};
  at${i} = ${start} + ((sample${i} * ${p.height} + ${back('tap_y')}) * ${p.width} + ${back('tap_x')}) * params.left_row;
}`,
    inside: (i: number) => `inside${i}`,
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
