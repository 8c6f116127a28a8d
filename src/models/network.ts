// A network: a graph, and the way from meaningful inputs to the tensors it is fed.
import type { Graph } from '../graph/graph.ts';
import type { HostTensor } from '../graph/types.ts';

export interface Network<I> {
  readonly graph: Graph;
  /** Tensors by the names of the graph's inputs, shapes included. Throws a RangeError when sizes do not fit together. */
  feeds(inputs: I): Record<string, HostTensor>;
  /** Names of what `run` returns, all float32. */
  readonly outputs: readonly string[];
}

/** A float32 tensor; throws when `data` is not as long as `dims` say. */
export function float32Tensor(what: string, data: Float32Array, dims: readonly number[]): HostTensor {
  checkLength(what, data.length, dims);
  return { type: 'float32', data, dims };
}

export function int32Tensor(what: string, data: Int32Array, dims: readonly number[]): HostTensor {
  checkLength(what, data.length, dims);
  return { type: 'int32', data, dims };
}

/** A shape, as operators take them: a list of int64. */
export function shapeTensor(sizes: readonly number[]): HostTensor {
  return { type: 'int64', data: BigInt64Array.from(sizes, BigInt), dims: [sizes.length] };
}

function checkLength(what: string, length: number, dims: readonly number[]): void {
  const wanted = dims.reduce((product, size) => product * size, 1);
  if (!dims.every((size) => Number.isInteger(size) && size > 0) || length !== wanted) {
    throw new RangeError(`${what}: ${length} numbers do not make a tensor of shape [${dims.join(', ')}].`);
  }
}
