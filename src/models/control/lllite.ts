// ControlNet-LLLite (kohya-ss/sd-scripts networks/control_net_lllite.py; Mikubill's extension 1.1.455, scripts/controlnet_lllite.py) in a
// UNet: before keys, queries and values are made of tokens, each of a file's modules moves them by what it makes of them and of a picture.
import type { Graph, Value } from '../../graph/graph.ts';
import type { HostTensor, WeightCatalog } from '../../graph/types.ts';
import type { Planes } from '../../image/tiles.ts';
import { Layers } from '../layers.ts';
import type { Level } from '../level.ts';
import { float32Tensor, int32Tensor } from '../network.ts';
import { sizeOfConvolved } from './lllite-file.ts';

/** A file's place in a UNet. */
export interface LiteSlot {
  /** Before its tensors' names among the UNet's weights. */
  readonly prefix: string;
}

/** What a slot is given in a run. */
export interface LiteInput {
  /** The picture, [3, height, width], 0..1. */
  readonly hint: Planes;
  /** 0 leaves the tokens as they are. */
  readonly weight: number;
}

/** Something to read. */
const NOTHING: LiteInput = {
  hint: { data: new Float32Array(3 * 64 * 64), channels: 3, height: 64, width: 64 },
  weight: 0,
};

/** Sizes of a level's tokens in a run. */
export interface TokenSizes {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

export class LiteModules {
  readonly #slots: readonly Slot[];

  constructor(graph: Graph, catalog: WeightCatalog, slots: readonly LiteSlot[]) {
    this.#slots = slots.map((slot, index) => new Slot(graph, catalog, slot, index));
  }

  /** What the projection `name` ("input_blocks.4.1.transformer_blocks.0.attn1.to_q") is made of, in place of tokens [N * S, channels]. */
  moved(tokens: Value, name: string, channels: number, level: Level): Value {
    return this.#slots.reduce((moved, slot) => slot.moved(moved, name, channels, level), tokens);
  }

  /** `sizesAt`: of each of the UNet's levels. */
  feeds(
    sizesAt: (level: Level) => TokenSizes,
    inputs: readonly LiteInput[] = this.#slots.map(() => NOTHING),
  ): Record<string, HostTensor> {
    if (inputs.length !== this.#slots.length)
      throw new RangeError(
        `The UNet has ${this.#slots.length} LLLite files, and is given ${inputs.length} pictures.`,
      );
    return Object.assign({}, ...this.#slots.map((slot, i) => slot.feeds(sizesAt, inputs[i]!))) as Record<
      string,
      HostTensor
    >;
  }
}

class Slot {
  readonly #layers: Layers;
  readonly #picture: Value;
  readonly #weight: Value;
  /** By level and by the strides of what reads the picture: which of its places each token gets. */
  readonly #places = new Map<
    string,
    { readonly value: Value; readonly level: Level; readonly strides: readonly number[] }
  >();

  constructor(
    private readonly graph: Graph,
    catalog: WeightCatalog,
    slot: LiteSlot,
    private readonly index: number,
  ) {
    this.#layers = new Layers(graph, catalog, slot.prefix);
    const picture = graph.input(`lllite.${index}.picture`, 'float32', [
      1,
      3,
      `lllite.${index}.h`,
      `lllite.${index}.w`,
    ]);
    this.#picture = graph.cast(picture, graph.precision);
    this.#weight = graph.cast(graph.input(`lllite.${index}.weight`, 'float32', [1]), graph.precision);
  }

  moved(tokens: Value, name: string, channels: number, level: Level): Value {
    const { graph } = this;
    const layers = this.#layers;
    const module = moduleName(name);
    if (!layers.has(`${module}.down.0.weight`)) return tokens;
    const [width] = layers.shapeOf(`${module}.down.0.weight`, 2);
    const seen = this.#seen(module, level);
    const down = graph.relu(layers.linear(tokens, `${module}.down.0`, channels, width!));
    const both = graph.concat([seen.tokens, down], 1);
    const mid = graph.relu(layers.linear(both, `${module}.mid.0`, seen.width + width!, width!));
    const added = layers.linear(mid, `${module}.up.0`, width!, channels);
    return graph.add(tokens, graph.mul(added, this.#weight));
  }

  feeds(sizesAt: (level: Level) => TokenSizes, { hint, weight }: LiteInput): Record<string, HostTensor> {
    const feeds: Record<string, HostTensor> = {
      [`lllite.${this.index}.picture`]: float32Tensor(
        'picture',
        hint.data.map((value) => 2 * value - 1),
        [1, 3, hint.height, hint.width],
      ),
      [`lllite.${this.index}.weight`]: float32Tensor('weight', Float32Array.of(weight), [1]),
    };
    for (const [name, { level, strides }] of this.#places) {
      const { batch, height, width } = sizesAt(level);
      const from = sizeOfConvolved(hint, strides);
      // torch's "nearest-exact".
      const nearest = (at: number, length: number, of: number): number =>
        Math.min(of - 1, Math.floor(((at + 0.5) * of) / length));
      const places = Int32Array.from({ length: batch * height * width }, (_, i) => {
        const [y, x] = [Math.floor(i / width) % height, i % width];
        return nearest(y, height, from.height) * from.width + nearest(x, width, from.width);
      });
      feeds[name] = int32Tensor(name, places, [places.length]);
    }
    return feeds;
  }

  /** What a module sees of the picture: for each token [N * S, width]. */
  #seen(module: string, level: Level): { readonly tokens: Value; readonly width: number } {
    const { graph } = this;
    const layers = this.#layers;
    const strides: number[] = [];
    let [h, channels] = [this.#picture, 3];
    for (let part = 0; layers.has(`${module}.conditioning1.${part}.weight`); part += 2) {
      const name = `${module}.conditioning1.${part}`;
      const [outputs, , side] = layers.shapeOf(`${name}.weight`, 4) as [number, number, number, number];
      if (part > 0) h = graph.relu(h);
      const weight = layers.weight(`${name}.weight`, [outputs, channels, side, side]);
      const options = { kernel: [side, side], strides: [side, side] } as const;
      h = graph.conv(h, weight, layers.weight(`${name}.bias`, [outputs]), options);
      strides.push(side);
      channels = outputs;
    }
    const rows = graph.reshape(
      graph.transpose(h, [0, 2, 3, 1]),
      [-1, channels],
      [`lllite.${this.index}.${strides.join('x')}`, channels],
    );
    return { tokens: graph.gather(rows, this.#placesOf(level, strides)), width: channels };
  }

  #placesOf(level: Level, strides: readonly number[]): Value {
    const name = `lllite.${this.index}.places.${level.label}.${strides.join('x')}`;
    const known = this.#places.get(name);
    if (known) return known.value;
    const value = this.graph.input(name, 'int32', [`m${level.label}`]);
    this.#places.set(name, { value, level, strides });
    return value;
  }
}

/** "lllite_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q", as kohya's files have it. */
function moduleName(projection: string): string {
  return `lllite_unet_${projection.replaceAll('.', '_')}`;
}
