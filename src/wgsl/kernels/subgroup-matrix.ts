// Multiplies the pieces of a product by the matrix units of a card ("tensor cores"), which WebGPU reaches through matrices that a
// subgroup holds. All that WGSL and the API call this is in this file: it is an experiment of Chromium's, and its names change.
import { QUAD } from '../quads.ts';
import type { Multiplier, WriteQuads } from './multiplier.ts';
import { indented, times, type Shader } from './shader.ts';
import type { MatrixUnit, Tile } from './tiles.ts';

/** Not among the names that the types of WebGPU know. */
export const SUBGROUP_MATRIX_FEATURE = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;

/** What an adapter says of it. */
interface Config {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** The units with sums in float32; none where subgroups vary in size or the browser says nothing. */
export function matrixUnitsOf(info: GPUAdapterInfo): MatrixUnit[] {
  const { subgroupMatrixConfigs: configs } = info as { readonly subgroupMatrixConfigs?: Iterable<Config> };
  const { subgroupMinSize: least, subgroupMaxSize: lanes } = info;
  if (!configs || lanes === undefined || least !== lanes) return [];
  return [...configs]
    .filter(
      ({ componentType, resultComponentType }) => componentType === 'f16' && resultComponentType === 'f32',
    )
    .map(({ M: m, N: n, K: k }) => ({ m, n, k, lanes }));
}

/** Rows and columns of subgroups in a workgroup, or null where the tile cannot be shared by them. */
export function subgroupsOf(tile: Tile, { m, n, k, lanes }: MatrixUnit): readonly [number, number] | null {
  const { rows, columns, depth, threadRows, threadColumns } = tile;
  const count = ((rows / threadRows) * (columns / threadColumns)) / lanes;
  const shapes = [1, 2, 4, 8].map((down) => [down, count / down] as const);
  const even = shapes.filter(
    ([down, across]) =>
      Number.isInteger(across) && rows % (down * m) === 0 && columns % (across * n) === 0 && depth % k === 0,
  );
  // The squarest share reads the least.
  const lopsided = ([down, across]: readonly [number, number]) =>
    Math.abs(Math.log(rows / down / (columns / across)));
  return even.sort((a, b) => lopsided(a) - lopsided(b))[0] ?? null;
}

/** Terms by which rows in workgroup memory are longer, so that those of a matrix lie in different banks. */
const PADDING = 8;

/** Both factors must be float16, so that nothing is lost on the way into the units. */
export function bySubgroupMatrices(
  shader: Shader,
  tile: Tile,
  unit: MatrixUnit,
  paired: boolean,
): Multiplier {
  const { rows: M, columns: N, depth: K, threadRows, threadColumns } = tile;
  const { m, n, k, lanes } = unit;
  const shares = subgroupsOf(tile, unit);
  if (!shares) throw new Error('A tile that subgroups do not share evenly.');
  const [down, across] = shares;
  const [blockRows, blockColumns] = [M / down / m, N / across / n];
  const [leftPitch, rightPitch, resultPitch] = [K + PADDING, N + PADDING, N + PADDING / 2];
  shader.workgroup('left_tile', 'f16', M * leftPitch);
  shader.workgroup('right_tile', 'f16', K * rightPitch);
  // Results go through workgroup memory a row of blocks at a time: all of them would not fit.
  const resultRows = down * m;
  shader.workgroup('result_tile', 'f32', resultRows * resultPitch);
  const threads = (M / threadRows) * (N / threadColumns);
  const blocks = blockRows * blockColumns;
  const of = (i: number) => [Math.floor(i / blockColumns), i % blockColumns] as const;
  const scattered = (target: string, at: string, value: string) =>
    `{ let quad = vec4<f16>(${value}); let to = ${at}; ${[0, 1, 2, 3].map((c) => `${target}[to + ${c}u] = quad[${c}];`).join(' ')} }`;
  const multiply = `
for (var k = 0u; k < ${K}u; k += ${k}u) {
${indented(times(blockRows, (r) => `let left${r} = subgroupMatrixLoad<subgroup_matrix_left<f16, ${k}, ${m}>>(&left_tile, (matrix_row + ${r * m}u) * ${leftPitch}u + k, false, ${leftPitch}u);`))}
${indented(times(blockColumns, (c) => `let right${c} = subgroupMatrixLoad<subgroup_matrix_right<f16, ${n}, ${k}>>(&right_tile, k * ${rightPitch}u + matrix_column + ${c * n}u, false, ${rightPitch}u);`))}
${indented(
  times(blocks, (i) => {
    const [r, c] = of(i);
    return `sums${i} = subgroupMatrixMultiplyAccumulate(left${r}, right${c}, sums${i});`;
  }),
)}
}`.trim();
  const together = paired ? 2 : 1;
  const units = N / QUAD / together;
  /** Of the row of blocks `r` of each subgroup. */
  const writeOut = (r: number, write: WriteQuads) =>
    `
${times(blockColumns, (c) => `subgroupMatrixStore(&result_tile, subgroup / ${across}u * ${m * resultPitch}u + matrix_column + ${c * n}u, sums${r * blockColumns + c}, false, ${resultPitch}u);`)}
workgroupBarrier();
for (var at = index; at < ${resultRows * units}u; at += ${threads}u) {
  let result_row = at / ${units}u;
  let tile_row = result_row / ${m}u * ${M / down}u + ${r * m}u + result_row % ${m}u;
  let tile_quad = at % ${units}u * ${together}u;
  let result_at = result_row * ${resultPitch}u + tile_quad * 4u;
${indented(
  write(
    'tile_row',
    'tile_quad',
    Array.from(
      { length: together },
      (_, g) =>
        `vec4<f32>(${[0, 1, 2, 3].map((c) => `result_tile[result_at + ${g * QUAD + c}u]`).join(', ')})`,
    ),
  ),
)}
}
${r + 1 < blockRows ? 'workgroupBarrier();' : ''}`.trim();
  return {
    start: `
let subgroup = index / ${lanes}u;
let matrix_row = (subgroup / ${across}u) * ${M / down}u;
let matrix_column = (subgroup % ${across}u) * ${N / across}u;
${times(blocks, (i) => `var sums${i} = subgroup_matrix_result<f32, ${n}, ${m}>();`)}`.trim(),
    storeLeft: (value, row) => scattered('left_tile', `${row} * ${leftPitch}u + load_quad * 4u`, value),
    storeRight: (value, depth, quad) =>
      scattered('right_tile', `${depth} * ${rightPitch}u + ${quad} * 4u`, value),
    multiply,
    finish: (write) => times(blockRows, (r) => writeOut(r, write)),
    directives: [
      'enable chromium_experimental_subgroup_matrix;',
      'diagnostic(off, chromium.subgroup_matrix_uniformity);',
    ],
  };
}
