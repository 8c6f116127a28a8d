// How a workgroup multiplies the pieces of a product's two factors that are in its memory: a thread several rows times several
// columns in registers.
import { QUAD } from '../quads.ts';
import { indented, times, type Shader } from './shader.ts';
import type { Tile } from './tiles.ts';

/** Parts of the shader of a product (product.ts), as statements. */
export interface Multiplier {
  /** Before the first piece. */
  readonly start: string;
  /** Puts `quad`, four terms of row `local` of the left piece from term 4 * `load_quad` on, into workgroup memory. */
  readonly storeLeft: string;
  /** Puts `quad`, four columns of term `depth` of the right piece from column 4 * `quad_column` on, into workgroup memory. */
  readonly storeRight: string;
  /** Adds the product of both pieces to the sums. */
  readonly multiply: string;
  /** After the last piece. */
  readonly finish: string;
  /** Four columns of what a thread writes: of its row `i`, from its column 4 * `g` on. */
  sum(i: number, g: number): string;
  readonly directives: readonly string[];
}

export function inRegisters(shader: Shader, tile: Tile): Multiplier {
  const { rows: M, columns: N, depth: K, threadRows, threadColumns } = tile;
  const [TX, G, kq] = [N / threadColumns, threadColumns / QUAD, K / QUAD];
  shader.workgroup('left_tile', 'vec4<f32>', kq * (M + 1));
  shader.workgroup('right_tile', 'vec4<f32>', (K * N) / QUAD);
  const right = times(4 * G, (i) => {
    const [k, g] = [Math.floor(i / G), i % G];
    return `let right${k}_${g} = right_tile[(k * 4u + ${k}u) * ${N / QUAD}u + ${g * TX}u + tx];`;
  });
  const rows = times(threadRows, (i) =>
    `
{
  let quad = left_tile[k * ${M + 1}u + ty * ${threadRows}u + ${i}u];
${times(4 * G, (j) => {
  const [k, g] = [Math.floor(j / G), j % G];
  return `  sum${i}_${g} = fma(vec4<f32>(quad[${k}]), right${k}_${g}, sum${i}_${g});`;
})}
}`.trim(),
  );
  return {
    start: times(threadRows * G, (i) => `var sum${Math.floor(i / G)}_${i % G} = vec4<f32>();`),
    storeLeft: `left_tile[load_quad * ${M + 1}u + local] = quad;`,
    storeRight: `right_tile[depth * ${N / QUAD}u + (quad_column % ${G}u) * ${TX}u + quad_column / ${G}u] = quad;`,
    multiply: `for (var k = 0u; k < ${kq}u; k++) {
${indented(`${right}
${rows}`)}
}`,
    finish: '',
    sum: (i, g) => `sum${i}_${g}`,
    directives: [],
  };
}
