// What one run of a network takes of the GPU's memory.
import { BufferPool } from '../../graph/buffer-pool.ts';
import type { Graph } from '../../graph/graph.ts';
import { planRun } from '../../graph/memory.ts';
import { product } from '../../graph/shapes.ts';
import type { HostTensor } from '../../graph/types.ts';
import type { Need } from './memory.ts';

export const NO_NEED: Need = { weights: 0, peak: 0, largest: 0 };

/** `feeds`: inputs of the sizes of the run; what is in them does not count. */
export function needOfRun(graph: Graph, feeds: Readonly<Record<string, HostTensor>>): Need {
  const run = planRun(graph, feeds);
  const pool = new BufferPool();
  run.simulate(pool);
  const weights = graph.weights.reduce((sum, { shape }) => sum + product(shape), 0);
  return {
    weights: weights * (graph.precision === 'float16' ? 2 : 4),
    peak: pool.peak,
    largest: run.largest,
  };
}
