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
  const { rows: M, columns: N, depth: K, threadRows, threadColumns } = tile;
  const size = productSize(step, K);
  const [TX, TY, G] = [N / threadColumns, M / threadRows, threadColumns / QUAD];
  const threads = TX * TY;
  const kq = K / QUAD;
  if (threads % kq !== 0) throw new Error('A tile whose threads do not share its depth evenly.');

  const shader = new Shader(dialect);
  shader.reads('left', left.storage);
  shader.reads('right', right.storage);
  if (bias) shader.reads('bias', bias);
  const end = ending(shader, step.chain, step.output);
  const multiplier = matrix ? bySubgroupMatrices(shader, tile, matrix) : inRegisters(shader, tile);

  const taps = window ? window.kernel[0] * window.kernel[1] : 1;
  const inputQuads = Math.ceil(step.inputs / QUAD);
  const rowBlocks = Math.ceil(size.rows / M);
  const columnBlocks = Math.ceil(size.columns / N);
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
    rightRows: shader.u32('right_rows', rightRows(step)),
    splits: shader.u32('splits', splits),
  };
  const leftStart = startOf(shader, 'left', left, batches);
  const rightStart = startOf(shader, 'right', right, batches);

  // Each thread brings so many fours of the left piece, of rows `loadStride` apart, and of the right one.
  const leftLoads = Math.ceil((M * kq) / threads);
  const loadStride = threads / kq;
  const rightLoads = Math.ceil((K * N) / QUAD / threads);
  const isWhole = (count: number, of: number) => count * threads === of;
  const guardLeft = isWhole(leftLoads, M * kq) ? '' : ` && local < ${M}u`;

  const look = window
    ? windowLines(shader, window, leftLoads, leftStart)
    : {
        before: times(
          leftLoads,
          (i) => `let at${i} = ${leftStart} + min(row${i}, ${p.rows} - 1u) * ${p.leftRow};`,
        ),
        tap: '',
        index: (i: number, column: string) => `at${i} + ${column}`,
        inside: (i: number) => `row${i} < ${p.rows}`,
      };

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
${times(leftLoads, (i) => `let row${i} = first_row + load_row + ${i * loadStride}u;`)}
${look.before}
${multiplier.start}
let all_steps = ${p.taps} * ${p.steps};
${
  splits > 1
    ? `let part = (all_steps + ${p.splits} - 1u) / ${p.splits};
let from_step = min(batch * part, all_steps);
let to_step = min(from_step + part, all_steps);`
    : 'let from_step = 0u;\nlet to_step = all_steps;'
}
for (var step = from_step; step < to_step; step++) {
  let tap = step / ${p.steps};
  let first_input = (step % ${p.steps}) * ${kq}u;
  let left_quad = first_input + load_quad;
${indented(look.tap)}
${indented(
  times(leftLoads, (i) =>
    `
{
  let local = load_row + ${i * loadStride}u;
  var quad = vec4<f32>();
  if (${look.inside(i)} && left_quad < ${p.depth}${guardLeft}) {
    quad = ${shader.load('left', look.index(i, 'left_quad'))};
  }
  ${guardLeft ? `if (local < ${M}u) { ` : ''}${multiplier.storeLeft}${guardLeft ? ' }' : ''}
}`.trim(),
  ),
)}
${indented(
  times(rightLoads, (i) =>
    `
{
  let at = index + ${i * threads}u;
  let depth = at / ${N / QUAD}u;
  let quad_column = at % ${N / QUAD}u;
  let input = first_input * 4u + depth;
  var quad = vec4<f32>();
  if (input < ${p.rightRows} && first_quad + quad_column < ${p.quads}) {
    quad = ${shader.load('right', `${rightStart} + (tap * ${p.rightRows} + input) * ${p.rightRow} + first_quad + quad_column`)};
  }
  ${isWhole(rightLoads, (K * N) / QUAD) ? '' : `if (depth < ${K}u) { `}${multiplier.storeRight}${isWhole(rightLoads, (K * N) / QUAD) ? '' : ' }'}
}`.trim(),
  ),
)}
  workgroupBarrier();
${indented(multiplier.multiply)}
  workgroupBarrier();
}
${multiplier.finish}
if (row_block >= ${p.rowBlocks}) { return; }
${times(threadRows, (i) => writeRow(i))}`.trim();

  function writeRow(i: number): string {
    const outQuads = paired ? G / 2 : G;
    const biasAt = (g: number) =>
      bias ? ` + ${shader.load('bias', `first_quad + tx * ${G}u + ${g}u`)}` : '';
    const quads = times(outQuads, (g) => {
      const limit = paired ? 2 * g : g;
      const value = paired
        ? `${multiplier.sum(i, 2 * g)}${biasAt(2 * g)}) * gelu(${multiplier.sum(i, 2 * g + 1)}${biasAt(2 * g + 1)}`
        : `${multiplier.sum(i, g)}${biasAt(g)}`;
      const quad = paired ? `(first_quad + tx * ${G}u) / 2u + ${g}u` : `first_quad + tx * ${G}u + ${g}u`;
      return `
if (first_quad + tx * ${G}u + ${limit}u < ${p.quads}) {
  var value = (${value});
  let quad = ${quad};
${indented(end.write('value', { sample: 'sample', row: 'sample_row', quad: 'quad' }))}
}`.trim();
    });
    const inBatch = batches > 1 || splits > 1;
    return `
{
  let row = first_row + ty * ${threadRows}u + ${i}u;
  if (row < ${p.rows}) {
    let sample = ${inBatch ? 'batch' : `row / ${p.sampleRows}`};
    let sample_row = ${inBatch ? 'row' : `row % ${p.sampleRows}`};
${indented(quads, '    ')}
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

/** Where the pixels lie that a thread brings for the tap at hand. Those beyond the image's edge are zeros. */
function windowLines(shader: Shader, window: Window, loads: number, start: string) {
  const { height, width, outWidth, kernel, stride, pads, upsample } = window;
  const p = {
    height: shader.u32('height', height),
    width: shader.u32('width', width),
    outWidth: shader.u32('out_width', outWidth),
  };
  const [tall, wide] = [`i32(${p.height} * ${upsample}u)`, `i32(${p.width} * ${upsample}u)`];
  return {
    before: times(
      loads,
      (i) =>
        `let sample${i} = row${i} / params.sample_rows;
let y${i} = i32((row${i} % params.sample_rows) / ${p.outWidth} * ${stride[0]}u) - ${pads[0]};
let x${i} = i32(row${i} % params.sample_rows % ${p.outWidth} * ${stride[1]}u) - ${pads[1]};`,
    ),
    tap: times(
      loads,
      (i) =>
        `let tap_y${i} = y${i} + i32(tap / ${kernel[1]}u);
let tap_x${i} = x${i} + i32(tap % ${kernel[1]}u);
let inside${i} = row${i} < params.rows && tap_y${i} >= 0 && tap_x${i} >= 0 && tap_y${i} < ${tall} && tap_x${i} < ${wide};
let pixel${i} = (sample${i} * ${p.height} + u32(tap_y${i}) / ${upsample}u) * ${p.width} + u32(tap_x${i}) / ${upsample}u;`,
    ),
    index: (i: number, column: string) => `${start} + pixel${i} * params.left_row + ${column}`,
    inside: (i: number) => `inside${i}`,
  };
}
