// Kernels one by one against onnxruntime's on the processor, in the sizes that the tiny models do not have: heads of every width
// in use, images and products that are no multiple of anything, long sums that are split, groups of many pixels far from zero.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../../tests/goldens.ts';
import { LIMIT, networkOf, normal, openChecked } from '../../../tests/checked-kernels.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

describe.skipIf(!wanted)('kernels', () => {
  let opened: Awaited<ReturnType<typeof openChecked>>;
  beforeAll(async () => {
    opened = await openChecked();
  });
  afterAll(() => opened.own.release());
  const check: typeof opened.check = (...args) => opened.check(...args);

  it.each([
    { inputs: 9, outputs: 6, height: 7, width: 11, stride: 1 },
    { inputs: 8, outputs: 36, height: 9, width: 6, stride: 2 },
    // 8 x 8 pixels of many channels: a sum of 1152 terms for few results.
    { inputs: 128, outputs: 32, height: 8, width: 8, stride: 1 },
  ])('convolution $inputs -> $outputs of $height x $width, stride $stride', async (size) => {
    const { inputs, outputs, height, width, stride } = size;
    await check(({ graph, input, weight }) =>
      graph.conv(input(2, inputs, height, width), weight(outputs, inputs, 3, 3), weight(outputs), {
        kernel: [3, 3],
        strides: [stride, stride],
        pads: [1, 1, 1, 1],
      }),
    );
  });

  it('convolution of an upsampled image that is cut, padded at two sides, in float16', async () => {
    await check(({ graph, input, weight }) => {
      const wide = graph.upsampleNearest2x(input(1, 12, 5, 6));
      const h = graph.conv(wide, weight(8, 12, 3, 3), null, { kernel: [3, 3], pads: [1, 1, 1, 1] });
      const cut = graph.slice(h, [0, 0], [9, 11], [2, 3]);
      return graph.conv(cut, weight(8, 8, 3, 3), null, {
        kernel: [3, 3],
        strides: [2, 2],
        pads: [0, 0, 1, 1],
      });
    }, 'float16');
  });

  it('product with a residual, and one of pairs with their gates', async () => {
    await check(({ graph, input, weight }) => {
      const x = input(70, 52);
      const layer = (outputs: number) =>
        graph.gemm(x, weight(outputs, 52), weight(outputs), { transposed: true });
      const gated = graph.mul(layer(104), graph.gelu(layer(104)));
      return graph.add(graph.gemm(gated, weight(52, 104), null, { transposed: true }), x);
    });
  });

  it('product large enough for the largest tile', async () => {
    await check(({ graph, input, weight }) =>
      graph.silu(graph.gemm(input(1100, 36), weight(1000, 36), weight(1000), { transposed: true })),
    );
  });

  it.each([
    { size: 40, queries: 70, keys: 77, causal: false },
    { size: 160, queries: 20, keys: 45, causal: false },
    { size: 64, queries: 77, keys: 77, causal: true },
    { size: 10, queries: 12, keys: 12, causal: true },
    { size: 512, queries: 40, keys: 40, causal: false },
  ])(
    'attention, heads of $size, $queries to $keys, causal $causal',
    async ({ size, queries, keys, causal }) => {
      const heads = size > 160 ? 1 : 2;
      const width = heads * size;
      await check(({ graph, input }) =>
        graph.multiHeadAttention(
          input(2, queries, width),
          input(2, keys, width),
          input(2, keys, width),
          heads,
          { causal },
        ),
      );
    },
  );

  it('group norm of many pixels, far from zero', async () => {
    const [channels, side, groups] = [64, 70, 32];
    const network = networkOf(({ graph, input }) => {
      const x = graph.add(input(2, channels, side, side), graph.constant([300], []));
      const ones = graph.constant(new Array<number>(groups).fill(1), [groups]);
      const zeros = graph.constant(new Array<number>(groups).fill(0), [groups]);
      const grouped = graph.reshape(x, [0, groups, -1]);
      const normed = graph.instanceNormalization(grouped, ones, zeros, 1e-5);
      const scale = graph.weight({ name: 'w0', shape: [channels, 1, 1], start: 0 });
      const planes = graph.reshape(normed, [2, channels, side, side]);
      return graph.add(
        graph.mul(planes, scale),
        graph.weight({ name: 'w1', shape: [channels, 1, 1], start: 0 }),
      );
    }, 'float32');
    const result = await opened.own.open(network)(undefined, 'y');
    // onnxruntime loses digits here: in double precision.
    const { data } = network.feeds()['x0'] as { data: Float32Array };
    const x = Float32Array.from(data, (value) => value + 300);
    const [scale, shift] = [normal(100, [channels]), normal(101, [channels])];
    const size = x.length / 2 / groups;
    const expected = new Float32Array(x.length);
    for (let start = 0; start < x.length; start += size) {
      const group = x.subarray(start, start + size);
      const mean = group.reduce((sum, value) => sum + value, 0) / size;
      const variance = group.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
      for (const [i, value] of group.entries()) {
        const channel = Math.floor((start + i) / side / side) % channels;
        expected[start + i] =
          ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[channel]! + shift[channel]!;
      }
    }
    expect(relativeError(result, expected)).toBeLessThan(LIMIT.float32);
  });

  it('layer norm and softmax of rows that are no multiple of four', async () => {
    await check(({ graph, input, weight }) => {
      const normed = graph.layerNormalization(input(37, 90), weight(90), weight(90), 1e-5);
      return graph.softmax(graph.mul(normed, graph.constant([3], [])));
    });
  });

  it('what is joined, cut and turned, with sums in between', async () => {
    await check(({ graph, input }) => {
      const [a, b] = [input(2, 8, 5, 6), input(2, 6, 5, 6)];
      const joined = graph.concat([graph.relu(a), graph.tanh(b)], 1);
      const wrapped = graph.wrap(joined, 1);
      const tokens = graph.reshape(graph.transpose(wrapped, [0, 2, 3, 1]), [2, 56, 14]);
      return graph.add(graph.slice(tokens, [3], [20], [2]), graph.constant([0.5], []));
    });
  });
});
