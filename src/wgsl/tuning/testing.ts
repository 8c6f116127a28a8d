// Small graphs with a product, a convolution and an attention, for the tuner's tests.
import { Graph, type Value } from '../../graph/graph.ts';
import type { HostTensor, Precision } from '../../graph/types.ts';
import { compile, type Program } from '../program.ts';
import type { Dialect } from '../kernels/shader.ts';

interface Made {
  readonly graph: Graph;
  readonly input: (...dims: number[]) => Value;
  readonly weight: (...dims: number[]) => Value;
}

/** A program of what `build` gives. Nothing runs it: only sizes count. */
export function programOf(
  build: (made: Made) => Value,
  dialect: Dialect = { float16: 'native' },
  precision: Precision = 'float16',
): Program {
  const graph = new Graph(precision);
  const feeds: Record<string, HostTensor> = {};
  let weights = 0;
  const result = build({
    graph,
    input: (...dims) => {
      const name = `x${Object.keys(feeds).length}`;
      const size = dims.reduce((product, dim) => product * dim, 1);
      feeds[name] = { type: 'float32', data: new Float32Array(size), dims };
      return graph.cast(graph.input(name, 'float32', dims), precision);
    },
    weight: (...dims) => graph.weight({ name: `w${weights++}`, shape: dims, start: 0 }),
  });
  graph.output('y', result, ['unknown']);
  return compile(graph, feeds, ['y'], { dialect, maxBufferSize: 2 ** 31 });
}

/** A convolution over a small map, which has few results and long sums. */
export const smallMap = (rows = 8, channels = 64) =>
  programOf(({ graph, input, weight }) =>
    graph.conv(input(2, channels, rows, rows), weight(channels, channels, 3, 3), weight(channels), {
      kernel: [3, 3],
      pads: [1, 1, 1, 1],
    }),
  );

export const someAttention = (heads = 2, size = 40, queries = 64, keys = 77) =>
  programOf(({ graph, input }) =>
    graph.multiHeadAttention(
      input(2, queries, heads * size),
      input(2, keys, heads * size),
      input(2, keys, heads * size),
      heads,
      { causal: false },
    ),
  );
