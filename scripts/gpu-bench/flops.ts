// How many floating point operations a graph takes: a multiplication and an addition of every product, counted from shapes.
import type { Graph } from '../../src/graph/graph.ts';
import { inferShapes, product } from '../../src/graph/shapes.ts';
import type { HostTensor } from '../../src/graph/types.ts';

/**
 * Convolutions, matrix products and attention, where all but a hundredth of the work is. A causal attention counts whole.
 * Throws as inferShapes does.
 */
export function flopsOf(graph: Graph, feeds: Readonly<Record<string, HostTensor>>): number {
  const shapes = inferShapes(graph, feeds);
  let total = 0;
  for (const { op, inputs, output } of graph.nodes) {
    const shapeAt = (index: number) => shapes.get(inputs[index]!)!;
    const results = product(shapes.get(output)!);
    if (op === 'Conv') total += 2 * results * product(shapeAt(1).slice(1));
    // A Gemm's first factor is never transposed here.
    else if (op === 'Gemm' || op === 'MatMul') total += 2 * results * shapeAt(0).at(-1)!;
    // Queries times keys, and that times values, whatever the heads.
    else if (op === 'MultiHeadAttention') total += 4 * results * shapeAt(1)[1]!;
  }
  return total;
}
