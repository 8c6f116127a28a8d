// Graphs of a few nodes on our own kernels, held against onnxruntime's on the processor. Tests only.
import { expect } from 'vitest';
import { toFloat16 } from '../src/checkpoint/convert.ts';
import { Graph, type Value } from '../src/graph/graph.ts';
import { product } from '../src/graph/shapes.ts';
import type { HostTensor, Precision, WeightRef } from '../src/graph/types.ts';
import { float32Tensor, type Network } from '../src/models/network.ts';
import { TorchGenerator } from '../src/sampling/random/torch-generator.ts';
import { relativeError } from './goldens.ts';
import { openNodeSession } from './ort-node.ts';
import { openDawn } from './ort-dawn.ts';
import { openOwnKernels } from './own-kernels.ts';

export const LIMIT: Readonly<Record<Precision, number>> = { float32: 1e-5, float16: 4e-3 };

export async function openChecked() {
  const dawn = await openDawn();
  const own = openOwnKernels(dawn.device, readWeight, { float16: 'packed' });
  return {
    own,
    /** Ours, by packed float16 or float32, against float32 on the processor. */
    async check(build: (test: TestGraph) => Value, precision: Precision = 'float32'): Promise<void> {
      const reference = await openNodeSession(networkOf(build, 'float32'), readWeight);
      const expected = (await reference.run())['y']!.data;
      await reference.release();
      const result = await own.open(networkOf(build, precision))(undefined, 'y');
      expect(result.every(Number.isFinite)).toBe(true);
      expect(relativeError(result, expected)).toBeLessThan(LIMIT[precision]);
    },
  };
}

export interface TestGraph {
  readonly graph: Graph;
  /** In the graph's precision. */
  readonly input: (...dims: number[]) => Value;
  readonly weight: (...dims: number[]) => Value;
}

export function networkOf(build: (test: TestGraph) => Value, precision: Precision): Network<void> {
  const graph = new Graph(precision);
  const feeds: Record<string, HostTensor> = {};
  let weights = 0;
  const result = build({
    graph,
    input: (...dims) => {
      const name = `x${Object.keys(feeds).length}`;
      feeds[name] = float32Tensor(name, normal(name.length + dims.length, dims), dims);
      return graph.cast(graph.input(name, 'float32', dims), precision);
    },
    weight: (...dims) => {
      const terms = dims.length > 1 ? product(dims.slice(1)) : 1;
      return graph.weight({ name: `w${weights++} ${terms}`, shape: dims, start: 0 });
    },
  });
  graph.output('y', result, ['unknown']);
  return { graph, outputs: ['y'], feeds: () => feeds };
}

export function normal(seed: number, dims: readonly number[]): Float32Array {
  return new TorchGenerator(seed).randn(product(dims));
}

async function readWeight({ name, shape }: WeightRef, precision: Precision): Promise<Uint8Array> {
  const [number, terms = 1] = name.slice(1).split(' ').map(Number);
  const values = normal(number! + 100, shape).map((value) => value / Math.sqrt(terms));
  const bytes = new Uint8Array(values.buffer, 0, values.byteLength);
  if (precision === 'float32') return bytes;
  const halves = new Uint16Array(values.length);
  toFloat16(bytes, 'F32', halves);
  return new Uint8Array(halves.buffer);
}
