// Float16 products, convolutions and attention of onnxruntime's WebGPU provider, compared with sums in double precision: as
// exact as float16 results can be. On a WebGPU device with shader-f16; see src/models/networks.float16.test.ts.
import { beforeAll, describe, expect, it } from 'vitest';
import { openDawn, openDawnSession, type Dawn } from '../../tests/ort-dawn.ts';
import { float16ToFloat32, toFloat16 } from '../checkpoint/convert.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { product } from '../graph/shapes.ts';
import { TorchGenerator } from '../sampling/random/torch-generator.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

/**
 * Root mean square of the error over that of the result. Rounding to float16 alone makes 2.1e-4, and attention rounds its
 * queries, too. With float16 sums these are 1e-3 (attention) to 7e-3 (the convolution).
 */
const LIMIT = 6e-4;

interface HalfTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
  /** The same as float16. */
  readonly bytes: Uint8Array;
}

describe.skipIf(!wanted)('sums of float16', () => {
  let dawn: Dawn;
  beforeAll(async () => {
    dawn = await openDawn();
  });

  it('of a matrix product, 1280 terms', async () => {
    const [rows, inner, columns] = [32, 1280, 64];
    const [x, w] = [halves(1, 1, rows, inner), halves(2, inner ** -0.5, columns, inner)];
    const result = await compute([rows, columns], [x], [w], (graph, [value], [weight]) =>
      graph.gemm(value!, weight!, null, { transposed: true }),
    );
    const expected = sums(rows * columns, inner, (at, k) => [
      x.data[Math.floor(at / columns) * inner + k]!,
      w.data[(at % columns) * inner + k]!,
    ]);
    expect(errorOf(result, expected)).toBeLessThan(LIMIT);
  });

  it('of a 3x3 convolution, 2880 terms, 32 and 3 channels out', async () => {
    const [inputs, side] = [320, 6];
    for (const outputs of [32, 3]) {
      const x = halves(3, 1, 1, inputs, side, side);
      const [w, bias] = [halves(4, (9 * inputs) ** -0.5, outputs, inputs, 3, 3), halves(5, 1, outputs)];
      const result = await compute(
        [1, outputs, side, side],
        [x],
        [w, bias],
        (graph, [value], [weight, shift]) =>
          graph.conv(value!, weight!, shift!, { kernel: [3, 3], pads: [1, 1, 1, 1] }),
      );
      const expected = sums(outputs * side * side, inputs * 9, (at, k) => {
        const [channel, tap] = [Math.floor(k / 9), k % 9];
        const row = (Math.floor(at / side) % side) + Math.floor(tap / 3) - 1;
        const column = (at % side) + (tap % 3) - 1;
        const inside = row >= 0 && row < side && column >= 0 && column < side;
        return [
          inside ? x.data[(channel * side + row) * side + column]! : 0,
          w.data[Math.floor(at / side / side) * inputs * 9 + k]!,
        ];
      });
      const shifted = expected.map((sum, at) => sum + bias.data[Math.floor(at / side / side)]!);
      expect(errorOf(result, shifted)).toBeLessThan(LIMIT);
    }
  });

  it('of attention, 512 keys', async () => {
    // Heads as in a tiny model, whose shader is compiled then: in software that takes a while.
    const [queries, keys, heads, size] = [64, 512, 8, 16];
    const width = heads * size;
    const q = halves(6, 1, 1, queries, width);
    const k = halves(7, 1, 1, keys, width);
    const v = halves(8, 1, 1, keys, width);
    const result = await compute([1, queries, width], [q, k, v], [], (graph, [a, b, c]) =>
      graph.multiHeadAttention(a!, b!, c!, heads),
    );
    const expected = new Float64Array(queries * width);
    for (let head = 0; head < heads; head++) {
      const at = (row: number, i: number) => row * width + head * size + i;
      for (let row = 0; row < queries; row++) {
        const weights = sums(keys, size, (key, i) => [q.data[at(row, i)]!, k.data[at(key, i)]!]).map(
          (score) => Math.exp(score / Math.sqrt(size)),
        );
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let i = 0; i < size; i++) {
          expected[at(row, i)] =
            weights.reduce((sum, weight, key) => sum + weight * v.data[at(key, i)]!, 0) / total;
        }
      }
    }
    expect(errorOf(result, expected)).toBeLessThan(LIMIT);
  });

  it('knows all of these shaders', () => {
    expect([...dawn.narrowSums]).toEqual([]);
  });

  /** One layer's result, of shape `dims`: `inputs` are fed, `weights` stored. */
  async function compute(
    dims: readonly number[],
    inputs: readonly HalfTensor[],
    weights: readonly HalfTensor[],
    layer: (graph: Graph, inputs: readonly Value[], weights: readonly Value[]) => Value,
  ): Promise<Float32Array> {
    const graph = new Graph('float16');
    const fed = inputs.map(({ dims }, i) => graph.cast(graph.input(`x${i}`, 'float32', dims), 'float16'));
    const stored = weights.map(({ dims }, i) => graph.weight({ name: String(i), shape: dims, start: 0 }));
    graph.output('y', layer(graph, fed, stored), dims);
    const feeds = () =>
      Object.fromEntries(
        inputs.map(({ data, dims }, i) => [`x${i}`, { type: 'float32', data, dims } as const]),
      );
    const session = await openDawnSession(
      dawn,
      { graph, outputs: ['y'], feeds },
      ({ name }) => Promise.resolve(weights[Number(name)]!.bytes),
      false,
    );
    try {
      return await session.run(undefined, 'y');
    } finally {
      await session.release();
    }
  }
});

/** Seeded normal numbers that float16 can hold. */
function halves(seed: number, scale: number, ...dims: number[]): HalfTensor {
  const normal = new TorchGenerator(seed).randn(product(dims)).map((value) => value * scale);
  const stored = new Uint16Array(normal.length);
  toFloat16(new Uint8Array(normal.buffer), 'F32', stored);
  const data = new Float32Array(normal.length);
  float16ToFloat32(stored, data);
  return { dims, data, bytes: new Uint8Array(stored.buffer) };
}

/** `count` sums of `terms` products each. */
function sums(
  count: number,
  terms: number,
  factors: (at: number, term: number) => [number, number],
): Float64Array {
  return Float64Array.from({ length: count }, (_, at) => {
    let sum = 0;
    for (let term = 0; term < terms; term++) {
      const [a, b] = factors(at, term);
      sum += a * b;
    }
    return sum;
  });
}

function errorOf(actual: Float32Array, expected: Float64Array): number {
  let [errors, squares] = [0, 0];
  expected.forEach((value, i) => {
    errors += (actual[i]! - value) ** 2;
    squares += value ** 2;
  });
  return Math.sqrt(errors / squares);
}
