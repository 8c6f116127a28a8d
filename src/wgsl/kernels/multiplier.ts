// How a workgroup multiplies the pieces of a product's two factors that are in its memory: a thread several rows times several
// columns in registers.
import { QUAD } from '../quads.ts';
import { indented, times, type Shader } from './shader.ts';
import type { Tile } from './tiles.ts';

/** Statements that write four columns of a row of the tile, from `quad` on, or a pair of them. */
export type WriteQuads = (row: string, quad: string, values: readonly string[]) => string;

/** Parts of the shader of a product (product.ts), as statements. */
export interface Multiplier {
  /** Before the first piece. */
  readonly start: string;
  /** Puts `value`, four terms of row `row` of the left piece from term 4 * `load_quad` on, into workgroup memory. */
  storeLeft(value: string, row: string): string;
  /** Puts `value`, four columns of term `depth` of the right piece from column 4 * `quad` on, into workgroup memory. */
  storeRight(value: string, depth: string, quad: string): string;
  /** Adds the product of both pieces to the sums. */
  readonly multiply: string;
  /** After the last piece: all of the tile is written, each four (or pair of fours) once. */
  finish(write: WriteQuads): string;
  readonly directives: readonly string[];
}

/** `paired`: columns come in fours and their gates. */
export function inRegisters(shader: Shader, tile: Tile, paired: boolean): Multiplier {
  const { rows: M, columns: N, depth: K, threadRows, threadColumns } = tile;
  const [TX, G, kq] = [N / threadColumns, threadColumns / QUAD, K / QUAD];
  // So far apart, four quads of eight rows lie in different banks.
  const pitch = M + 2;
  shader.workgroup('left_tile', 'vec4<f32>', kq * pitch);
  shader.workgroup('right_tile', 'vec4<f32>', (K * N) / QUAD);
  const right = times(4 * G, (i) => {
    const [k, g] = [Math.floor(i / G), i % G];
    return `let right${k}_${g} = right_tile[(k * 4u + ${k}u) * ${N / QUAD}u + ${g * TX}u + tx];`;
  });
  const rows = times(threadRows, (i) =>
    `
{
  let quad = left_tile[k * ${pitch}u + ty * ${threadRows}u + ${i}u];
${times(4 * G, (j) => {
  const [k, g] = [Math.floor(j / G), j % G];
  return `  sum${i}_${g} = fma(vec4<f32>(quad[${k}]), right${k}_${g}, sum${i}_${g});`;
})}
}`.trim(),
  );
  const together = paired ? 2 : 1;
  return {
    start: times(threadRows * G, (i) => `var sum${Math.floor(i / G)}_${i % G} = vec4<f32>();`),
    storeLeft: (value, row) => `left_tile[load_quad * ${pitch}u + ${row}] = ${value};`,
    storeRight: (value, depth, quad) =>
      `right_tile[${depth} * ${N / QUAD}u + (${quad} % ${G}u) * ${TX}u + ${quad} / ${G}u] = ${value};`,
    multiply: `for (var k = 0u; k < ${kq}u; k++) {
${indented(`${right}
${rows}`)}
}`,
    finish: (write) =>
      times((threadRows * G) / together, (at) => {
        const [i, g] = [Math.floor((at * together) / G), (at * together) % G];
        const values = Array.from({ length: together }, (_, more) => `sum${i}_${g + more}`);
        return write(`ty * ${threadRows}u + ${i}u`, `tx * ${G}u + ${g}u`, values);
      }),
    directives: [],
  };
}
