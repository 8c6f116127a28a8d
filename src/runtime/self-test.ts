// Does attention compute right on this device? onnxruntime 1.30's flash attention is wrong with `subgroups` on some
// hardware (4 or 8 lanes), silently, so it is compared with plain JavaScript before a device is trusted.
import { Graph } from '../graph/graph.ts';
import type { Precision } from '../graph/types.ts';
import { serializeModel } from '../onnx/serialize.ts';
import { ort, ortMutex } from './ort.ts';

/** Queries, keys, heads and head size: self-attention over more than one tile, and cross-attention with 77 keys. */
const CASES = [
  { queries: 96, keys: 96, heads: 2, size: 40 },
  { queries: 64, keys: 77, heads: 2, size: 64 },
] as const;

type Case = (typeof CASES)[number];

/** Wrong results are off by 0.1 and more; rounding by less than 1e-5 in float32, about 1e-3 in float16. */
const TOLERANCE = 1e-2;

/** `precision`: what the networks will be computed in, since each has a shader of its own. */
export async function attentionIsRight(device: GPUDevice, precision: Precision): Promise<boolean> {
  const graph = new Graph(precision);
  const feeds: Record<string, ort.Tensor> = {};
  const expected: Float32Array[] = [];
  CASES.forEach((shape, index) => {
    const width = shape.heads * shape.size;
    const input = (name: string, rows: number, seed: number) => {
      const data = pattern(rows * width, seed);
      feeds[name + index] = new ort.Tensor('float32', data, [1, rows, width]);
      return { value: graph.cast(graph.input(name + index, 'float32', [1, rows, width]), precision), data };
    };
    const q = input('q', shape.queries, 1);
    const k = input('k', shape.keys, 2);
    const v = input('v', shape.keys, 3);
    const out = graph.multiHeadAttention(q.value, k.value, v.value, shape.heads);
    graph.output(`out${index}`, out, [1, shape.queries, width]);
    expected.push(plainAttention(q.data, k.data, v.data, shape));
  });
  const model = serializeModel(graph, () => {
    throw new Error('The self-test has no weights.');
  });

  return ortMutex.run(async () => {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [{ name: 'webgpu', device }],
      logSeverityLevel: 3,
    });
    try {
      const results = await session.run(feeds);
      return expected.every((values, index) => {
        const got = results[`out${index}`]!.data as Float32Array;
        return values.every((value, i) => Math.abs(value - got[i]!) < TOLERANCE);
      });
    } finally {
      await session.release();
    }
  });
}

/** Numbers between -2 and 2 without structure. */
function pattern(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const wave = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return (wave - Math.floor(wave)) * 4 - 2;
  });
}

/** softmax(q k^T / sqrt(size)) v, head by head. */
function plainAttention(q: Float32Array, k: Float32Array, v: Float32Array, shape: Case): Float32Array {
  const { queries, keys, heads, size } = shape;
  const width = heads * size;
  const out = new Float32Array(queries * width);
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < queries; row++) {
      const at = row * width + head * size;
      const logits = Array.from({ length: keys }, (_, key) => {
        let dot = 0;
        for (let i = 0; i < size; i++) dot += q[at + i]! * k[key * width + head * size + i]!;
        return dot / Math.sqrt(size);
      });
      const largest = Math.max(...logits);
      const weights = logits.map((logit) => Math.exp(logit - largest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let key = 0; key < keys; key++) sum += weights[key]! * v[key * width + head * size + i]!;
        out[at + i] = sum / total;
      }
    }
  }
  return out;
}
