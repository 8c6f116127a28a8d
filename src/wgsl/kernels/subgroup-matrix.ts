// Multiplies the pieces of a product by the matrix units of a card ("tensor cores"), which WebGPU reaches through matrices that a
// subgroup holds. All that WGSL and the API call this is in this file: it is an experiment of Chromium's, and its names change.
import { QUAD } from '../quads.ts';
import type { Multiplier } from './multiplier.ts';
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

/** Both factors must be float16, so that nothing is lost on the way into the units. */
export function bySubgroupMatrices(shader: Shader, tile: Tile, unit: MatrixUnit): Multiplier {
  const { rows: M, columns: N, depth: K, threadRows, threadColumns } = tile;
  const { m, n, k, lanes } = unit;
  const shares = subgroupsOf(tile, unit);
  if (!shares) throw new Error('A tile that subgroups do not share evenly.');
  const [down, across] = shares;
  const [blockRows, blockColumns] = [M / down / m, N / across / n];
  shader.workgroup('left_tile', 'f16', M * K);
  shader.workgroup('right_tile', 'f16', K * N);
  shader.workgroup('result_tile', 'f32', M * N);
  const G = threadColumns / QUAD;
  const blocks = blockRows * blockColumns;
  const of = (i: number) => [Math.floor(i / blockColumns), i % blockColumns] as const;
  const scattered = (target: string, at: string, value: (c: number) => string) =>
    times(4, (c) => `${target}[${at} + ${c}u] = ${value(c)};`);
  const multiply = `
for (var k = 0u; k < ${K}u; k += ${k}u) {
${indented(times(blockRows, (r) => `let left${r} = subgroupMatrixLoad<subgroup_matrix_left<f16, ${k}, ${m}>>(&left_tile, (matrix_row + ${r * m}u) * ${K}u + k, false, ${K}u);`))}
${indented(times(blockColumns, (c) => `let right${c} = subgroupMatrixLoad<subgroup_matrix_right<f16, ${n}, ${k}>>(&right_tile, k * ${N}u + matrix_column + ${c * n}u, false, ${N}u);`))}
${indented(
  times(blocks, (i) => {
    const [r, c] = of(i);
    return `sums${i} = subgroupMatrixMultiplyAccumulate(left${r}, right${c}, sums${i});`;
  }),
)}
}`.trim();
  return {
    start: `
let subgroup = index / ${lanes}u;
let matrix_row = (subgroup / ${across}u) * ${M / down}u;
let matrix_column = (subgroup % ${across}u) * ${N / across}u;
${times(blocks, (i) => `var sums${i} = subgroup_matrix_result<f32, ${n}, ${m}>();`)}`.trim(),
    storeLeft: scattered('left_tile', `local * ${K}u + load_quad * 4u`, (c) => `f16(quad[${c}])`),
    storeRight: scattered('right_tile', `depth * ${N}u + quad_column * 4u`, (c) => `f16(quad[${c}])`),
    multiply,
    finish: `
${times(blocks, (i) => {
  const [r, c] = of(i);
  return `subgroupMatrixStore(&result_tile, (matrix_row + ${r * m}u) * ${N}u + matrix_column + ${c * n}u, sums${i}, false, ${N}u);`;
})}
workgroupBarrier();`.trim(),
    sum: (i, g) => {
      const at = `(ty * ${threadRows}u + ${i}u) * ${N}u + (tx * ${G}u + ${g}u) * 4u`;
      return `vec4<f32>(${[0, 1, 2, 3].map((c) => `result_tile[${at} + ${c}u]`).join(', ')})`;
    },
    directives: [
      'enable chromium_experimental_subgroup_matrix;',
      'diagnostic(off, chromium.subgroup_matrix_uniformity);',
    ],
  };
}
