// Linear maps of planes, rows and columns apart, as products with matrices: resizing by any factor, filters in frequency. A sum of such
// maps ("parts") is one map. The matrices are fed, so that one graph serves every size and strength, and any runtime that multiplies
// computes it.
import type { Dim, Graph, Value } from '../../graph/graph.ts';
import type { HostTensor } from '../../graph/types.ts';
import type { Level, Sizes } from '../level.ts';
import type { Told } from '../levels.ts';
import { float32Tensor, shapeTensor } from '../network.ts';

/** Of a plane [H, W] it makes [H', W'], the sum over its parts of rows x columns^T. */
export interface PlaneMatrices {
  /** [H', part, H]. */
  readonly rows: Float32Array;
  /** [W', part, W]. */
  readonly columns: Float32Array;
}

export interface PlaneMap {
  readonly from: Level;
  readonly to: Level;
  readonly parts: number;
  matrices(from: Sizes, to: Sizes, told: Told): PlaneMatrices;
}

export class PlaneMaps {
  readonly #maps: PlaneMap[] = [];

  constructor(private readonly graph: Graph) {}

  /** [N, channels, H, W] of level `from` -> [N, channels, H', W'] of level `to`. */
  apply(x: Value, channels: number, map: PlaneMap): Value {
    const { graph } = this;
    const { to } = map;
    const name = `map.${this.#maps.length}`;
    this.#maps.push(map);
    const shaped = (value: Value, how: string, dims: readonly [Dim, Dim, Dim]) =>
      graph.reshape(value, graph.input(`${name}.${how}`, 'int64', [3]), dims);
    const multiplied = (which: 'rows' | 'columns', value: Value) => {
      const dims = [1, `${name}.${which}.to`, `${name}.${which}.from`];
      return graph.matMul(graph.cast(graph.input(`${name}.${which}`, 'float32', dims), x.type), value);
    };
    // Pixel by pixel, so that first rows are an axis, and then columns.
    const lines = shaped(graph.transpose(x, [0, 2, 3, 1]), 'lines', ['n', `${name}.h`, `${name}.wc`]);
    const mixed = multiplied('rows', lines);
    const pixels = multiplied('columns', shaped(mixed, 'pixels', [`${name}.nh`, `${name}.w`, channels]));
    return graph.transpose(graph.reshape(pixels, to.pixels, to.pixelsDims(channels)), [0, 3, 1, 2]);
  }

  feeds(sizes: ReadonlyMap<Level, Sizes>, told: Told): Record<string, HostTensor> {
    const feeds: Record<string, HostTensor> = {};
    for (const [index, { from, to, parts, matrices }] of this.#maps.entries()) {
      const name = `map.${index}`;
      const [before, after] = [sizes.get(from)!, sizes.get(to)!];
      const { rows, columns } = matrices(before, after, told);
      const feed = (what: string, tensor: HostTensor) => (feeds[`${name}.${what}`] = tensor);
      feed('rows', float32Tensor(name, rows, [1, after.height * parts, before.height]));
      feed('columns', float32Tensor(name, columns, [1, after.width, parts * before.width]));
      feed('lines', shapeTensor([before.batch, before.height, -1]));
      feed('pixels', shapeTensor([before.batch * after.height, parts * before.width, -1]));
    }
    return feeds;
  }
}
