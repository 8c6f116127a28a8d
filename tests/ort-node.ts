// Runs networks with onnxruntime on the CPU, in Node. Tests only: the app runs them through src/runtime.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { HostTensor, Precision, WeightRef } from '../src/graph/types.ts';
import type { Network } from '../src/models/network.ts';
import { packGraph, writeGraph } from './packed-graph.ts';

export interface NodeSession<I> {
  /** Outputs by name; only those named in `fetches`, when given. */
  run(inputs: I, fetches?: readonly string[]): Promise<Record<string, FloatTensor>>;
  release(): Promise<void>;
}

export interface FloatTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * A session of the network, its weights read one after the other through `read` (bytes in the graph's precision).
 * `folder`: where large ones pass through files, to be deleted after the release; in memory onnxruntime copies them.
 */
export async function openNodeSession<I>(
  network: Network<I>,
  read: (ref: WeightRef, precision: Precision) => Promise<Uint8Array>,
  folder?: string,
): Promise<NodeSession<I>> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    // Vitest keeps every core busy by itself: threads that wait for each other take half of the processor's time.
    intraOpNumThreads: 1,
  };
  const session = await (folder === undefined
    ? packGraph(network.graph, read).then(({ model, externalData }) =>
        InferenceSession.create(model, { ...options, externalData }),
      )
    : InferenceSession.create(await writeGraph(network.graph, read, folder), options));
  return {
    async run(inputs, fetches) {
      const feeds: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(network.feeds(inputs))) feeds[name] = ortTensor(tensor);
      const results = await session.run(feeds, fetches ?? network.outputs);
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, { dims, data: data as Float32Array }]),
      );
    },
    release: () => session.release(),
  };
}

function ortTensor(tensor: HostTensor): Tensor {
  switch (tensor.type) {
    case 'float32':
      return new Tensor('float32', tensor.data, tensor.dims);
    case 'int32':
      return new Tensor('int32', tensor.data, tensor.dims);
    case 'int64':
      return new Tensor('int64', tensor.data, tensor.dims);
  }
}
