// Operators that few networks have, one by one against onnxruntime's on the processor, in sizes that are no multiple of anything.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openChecked } from '../../../tests/checked-kernels.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

describe.skipIf(!wanted)('general kernels', () => {
  let opened: Awaited<ReturnType<typeof openChecked>>;
  beforeAll(async () => {
    opened = await openChecked();
  });
  afterAll(() => opened.own.release());
  const check: typeof opened.check = (...args) => opened.check(...args);

  it.each(['float32', 'float16'] as const)('means and root mean squares of rows, %s', async (precision) => {
    await check(({ graph, input }) => {
      const rows = input(1, 5, 7, 9);
      const mean = graph.mean(graph.reshape(graph.mean(rows), [1, 5, -1]));
      return graph.add(graph.rmsNormalization(graph.reshape(rows, [1, 5, 63]), 63, 1e-6), mean);
    }, precision);
  });

  it.each([0, 1, 2])('where the largest lies along axis %i, and what lies there', async (axis) => {
    await check(({ graph, input }) => {
      const x = input(3, 6, 7);
      const at = graph.argMax(x, axis);
      return graph.add(graph.gatherElements(x, at, axis), graph.cast(at, 'float32'));
    });
  });

  it('numbers in falling order, equal ones as they stand', async () => {
    await check(({ graph, input }) => {
      // Four values in all.
      const x = graph.cast(
        graph.cast(graph.mul(graph.sigmoid(input(2, 3, 50)), graph.constant([4], [])), 'int32'),
        'float32',
      );
      return graph.cast(graph.topIndices(x, graph.integers([37])), 'float32');
    });
  });

  it('whole numbers beyond what float32 counts', async () => {
    await check(({ graph, input }) => {
      const table = graph.cast(
        graph.mul(graph.cast(input(9, 5), 'float32'), graph.constant([2 ** 27], [], 'float32')),
        'int32',
      );
      const sum = graph.add(
        graph.gather(table, graph.integers([8, 0, 3])),
        graph.gather(table, graph.integers([1, 1, 2])),
      );
      const minus = graph.mul(
        graph.cast(graph.gather(table, graph.integers([8, 0, 3])), 'float32'),
        graph.constant([-1], [], 'float32'),
      );
      return graph.add(graph.cast(sum, 'float32'), minus);
    });
  });

  it('rows that are put and added', async () => {
    await check(({ graph, input }) => {
      const whole = (...dims: number[]) =>
        graph.cast(
          graph.mul(graph.cast(input(...dims), 'float32'), graph.constant([1000], [], 'float32')),
          'int32',
        );
      const rows = graph.expand(graph.reshape(graph.integers([4, 0, 4]), [3, 1]), [1, 6], [3, 6]);
      const added = graph.scatter(whole(5, 6), rows, whole(3, 6), 'add');
      const others = graph.expand(graph.reshape(graph.integers([3, 1]), [2, 1]), [1, 6], [2, 6]);
      return graph.cast(graph.scatter(added, others, whole(2, 6), 'put'), 'float32');
    });
  });

  it.each(['float32', 'float16'] as const)(
    'the largest of windows, grouped convolutions, %s',
    async (precision) => {
      await check(({ graph, input, weight }) => {
        const x = graph.maxPool(input(2, 12, 9, 11), 3, 2, 1);
        const deep = graph.conv(x, weight(12, 1, 3, 3), weight(12), {
          kernel: [3, 3],
          pads: [1, 1, 1, 1],
          groups: 12,
        });
        return graph.conv(deep, weight(10, 6, 3, 3), null, {
          kernel: [3, 3],
          strides: [2, 2],
          pads: [1, 1, 1, 1],
          groups: 2,
        });
      }, precision);
    },
  );

  it('pictures mirrored at their edges, enlarged and made smaller', async () => {
    await check(({ graph, input }) => {
      const x = graph.mirror(input(1, 6, 5, 7), 2);
      const small = graph.resizeBilinear(graph.upsampleNearest(graph.resizeBilinear(x, 4), 3), 0.5);
      return graph.resizeAligned(small, [1, 6, 13, 11]);
    });
  });

  it('convolutions turned around, and with pixels apart', async () => {
    await check(({ graph, input, weight }) => {
      const options = { kernel: 3, stride: 2, pad: 1, extra: 1 };
      const wide = graph.convTranspose(input(1, 6, 5, 7), weight(6, 10, 3, 3), weight(10), options);
      return graph.conv(wide, weight(5, 10, 3, 3), weight(5), {
        kernel: [3, 3],
        pads: [2, 2, 2, 2],
        dilation: 2,
      });
    });
  });

  it('convolutions and products by weights that are computed', async () => {
    await check(({ graph, input, weight }) => {
      const kernel = graph.mul(weight(10, 6, 3, 3), input(10, 1, 1, 1));
      const bias = graph.reshape(graph.mean(input(10, 3)), [10]);
      const made = graph.conv(input(1, 6, 5, 7), kernel, bias, { kernel: [3, 3], pads: [1, 1, 1, 1] });
      const rows = graph.reshape(made, [10, 35]);
      return graph.gemm(rows, graph.mul(weight(5, 35), graph.constant([2], [])), null, { transposed: true });
    });
  });

  it('instance norm by itself, and a layer whose weight lies the other way', async () => {
    await check(({ graph, input, weight }) => {
      const normed = graph.instanceNormalization(input(2, 6, 5, 7), weight(6), weight(6), 1e-5);
      return graph.gemm(graph.reshape(normed, [12, 35]), weight(35, 10), weight(10), { transposed: false });
    });
  });

  it('products of two and four axes, one factor for all', async () => {
    await check(({ graph, input }) => {
      const scores = graph.matMul(input(2, 3, 5, 6), input(1, 1, 6, 7));
      const rows = graph.reshape(graph.softmax(scores), [30, 7]);
      return graph.matMul(rows, input(7, 9));
    });
  });

  it('what is joined where four elements do not begin, and reshaped row by row', async () => {
    await check(({ graph, input }) => {
      const joined = graph.concat([input(3, 5), input(3, 6), input(3, 2)], 1);
      return graph.silu(graph.reshape(joined, [13, 3]));
    });
  });
});
