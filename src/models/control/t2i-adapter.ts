// T2I-Adapter (Mou et al. 2023; TencentARC/T2I-Adapter ldm/modules/encoders/adapter.py Adapter, Adapter_light) as a graph: from a picture
// to features of four sizes. It sees neither the latent nor the prompt, so one run serves all steps. Names are those of the original
// layout, under "adapter.".
import { Graph, type Value } from '../../graph/graph.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { Layers } from '../layers.ts';
import { float32Tensor, type Network } from '../network.ts';

export const ADAPTER_PREFIX = 'adapter.';

/** Sizes of features. */
const STAGES = 4;
/** Of "full" ones, blocks a stage. */
const BLOCKS = 2;

export interface AdapterSizes {
  /** Light ones have blocks between narrow and wide convolutions. */
  readonly kind: 'full' | 'light';
  /** Side of the squares of pixels that become channels: 8, in SDXL's 16. */
  readonly unshuffle: number;
  /** Colours that are read: red alone, or all three. */
  readonly colours: 1 | 3;
}

export interface AdapterInputs {
  /** The picture [3, height, width], 0..1; sides divide by `unshuffle`, and have eight squares and more. */
  readonly picture: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** What the tensors say; null where they are no adapter's that is known. */
export function adapterSizes(shapeOf: (name: string) => readonly number[] | undefined): AdapterSizes | null {
  const kind = shapeOf('conv_in.weight') ? 'full' : 'light';
  const channels = shapeOf(kind === 'full' ? 'conv_in.weight' : 'body.0.in_conv.weight')?.[1];
  for (const unshuffle of [8, 16]) {
    for (const colours of [1, 3] as const) {
      if (channels === colours * unshuffle ** 2) return { kind, unshuffle, colours };
    }
  }
  return null;
}

/** Sizes of the outputs for a picture of that size. */
export function adapterOutputs(
  picture: { readonly height: number; readonly width: number },
  unshuffle: number,
): readonly { readonly height: number; readonly width: number }[] {
  return Array.from({ length: STAGES }, (_, stage) => {
    const halvings = unshuffle === 16 ? Number(stage >= 2) : stage;
    const at = (side: number): number => Math.floor(side / unshuffle / 2 ** halvings);
    return { height: at(picture.height), width: at(picture.width) };
  });
}

/** Outputs "feature.0" ... "feature.3" [1, channels, ...], finest first. Throws when the file's tensors are not those of an adapter. */
export function adapterNetwork(
  sizes: AdapterSizes,
  weights: WeightCatalog,
  precision: Precision,
): Network<AdapterInputs> {
  const { unshuffle, colours } = sizes;
  const inputs = colours * unshuffle ** 2;
  const graph = new Graph(precision);
  const layers = new AdapterLayers(graph, weights, ADAPTER_PREFIX);
  const squares = graph.cast(graph.input('squares', 'float32', [1, inputs, 'h', 'w']), precision);
  const features =
    sizes.kind === 'full' ? layers.full(squares, inputs, unshuffle === 16) : layers.light(squares, inputs);
  for (const [stage, { value, channels }] of features.entries()) {
    graph.output(`feature.${stage}`, value, [1, channels, `h${stage}`, `w${stage}`]);
  }
  return {
    graph,
    outputs: graph.outputs.map(({ name }) => name),
    feeds({ picture, height, width }) {
      const dims = [1, inputs, height / unshuffle, width / unshuffle];
      return { squares: float32Tensor('squares', unshuffled(picture, height, width, sizes), dims) };
    },
  };
}

interface Feature {
  readonly value: Value;
  readonly channels: number;
}

class AdapterLayers extends Layers {
  /** SD 1's halve the size before each stage but the first, SDXL's before the third alone. */
  full(squares: Value, inputs: number, sdxl: boolean): Feature[] {
    const [first] = this.shapeOf('conv_in.weight', 4) as [number];
    let h = this.conv3x3(squares, 'conv_in', inputs, first);
    let channels = first;
    const features: Feature[] = [];
    for (let stage = 0; stage < STAGES; stage++) {
      for (let i = 0; i < BLOCKS; i++) {
        const name = `body.${stage * BLOCKS + i}`;
        if (i === 0 && (sdxl ? stage === 2 : stage > 0)) h = this.#halved(h, name, channels);
        if (this.has(`${name}.in_conv.weight`)) {
          const [wide] = this.shapeOf(`${name}.in_conv.weight`, 4) as [number];
          h = this.#conv(h, `${name}.in_conv`, channels, wide);
          channels = wide;
        }
        h = this.#block(h, name, channels);
      }
      features.push({ value: h, channels });
    }
    return features;
  }

  light(squares: Value, inputs: number): Feature[] {
    let h = squares;
    let channels = inputs;
    const features: Feature[] = [];
    for (let stage = 0; stage < STAGES; stage++) {
      const name = `body.${stage}`;
      if (stage > 0) h = this.#halved(h, name, channels);
      const [narrow] = this.shapeOf(`${name}.in_conv.weight`, 4) as [number];
      h = this.#conv(h, `${name}.in_conv`, channels, narrow);
      for (let i = 0; this.has(`${name}.body.${i}.block1.weight`); i++)
        h = this.#block(h, `${name}.body.${i}`, narrow);
      const [wide] = this.shapeOf(`${name}.out_conv.weight`, 4) as [number];
      h = this.#conv(h, `${name}.out_conv`, narrow, wide);
      channels = wide;
      features.push({ value: h, channels });
    }
    return features;
  }

  #block(x: Value, name: string, channels: number): Value {
    const h = this.graph.relu(this.conv3x3(x, `${name}.block1`, channels, channels));
    return this.graph.add(this.#conv(h, `${name}.block2`, channels, channels), x);
  }

  /** Of whichever of the two sizes that there are. */
  #conv(x: Value, name: string, inputs: number, outputs: number): Value {
    const [, , kernel] = this.shapeOf(`${name}.weight`, 4) as [number, number, number];
    return kernel === 3 ? this.conv3x3(x, name, inputs, outputs) : this.conv1x1(x, name, inputs, outputs);
  }

  /** By a convolution where there is one, else the mean of 2 x 2; an odd last row or column is left out. */
  #halved(x: Value, name: string, channels: number): Value {
    const by = `${name}.down_opt.op`;
    if (this.has(`${by}.weight`)) return this.conv3x3(x, by, channels, channels, { stride: 2 });
    const quarter = this.graph.constant(new Array<number>(4 * channels).fill(0.25), [channels, 1, 2, 2]);
    return this.graph.conv(x, quarter, null, { kernel: [2, 2], strides: [2, 2], groups: channels });
  }
}

/** nn.PixelUnshuffle: [colours, height, width] -> [colours * side * side, height / side, width / side]. */
function unshuffled(
  picture: Float32Array,
  height: number,
  width: number,
  { unshuffle: side, colours }: AdapterSizes,
): Float32Array {
  if (picture.length !== 3 * height * width)
    throw new RangeError(`${picture.length} numbers are no picture of ${width} x ${height}.`);
  const [rows, columns] = [height / side, width / side];
  const result = new Float32Array(colours * height * width);
  for (let i = 0; i < result.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width) % height;
    const colour = Math.floor(i / width / height);
    const channel = (colour * side + (y % side)) * side + (x % side);
    result[(channel * rows + Math.floor(y / side)) * columns + Math.floor(x / side)] = picture[i]!;
  }
  return result;
}
