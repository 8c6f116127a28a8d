// Where control networks enter a UNet (Zhang et al. 2023, figure 3; Mou et al. 2023, figure 3). What a ControlNet gives is added to what
// the UNet keeps of its way down, where the way up reads it, and to the bottom; what a T2I-Adapter gives to the way down itself.
// A UNet that is built for them has an input for each of these places, and reads zeros where nothing is added.
import type { Graph, Value } from '../../graph/graph.ts';
import type { HostTensor } from '../../graph/types.ts';
import { float32Tensor } from '../network.ts';
import { sizeAtLevel, type Planes } from '../levels.ts';
import type { DescentConfig } from '../unet-blocks.ts';

/** Which inputs a UNet has. */
export interface ControlUse {
  /** ControlNets'. */
  readonly controls: boolean;
  /** T2I-Adapters'. */
  readonly features: boolean;
}

/** One place: what is added there is [batch, channels, ...] of that level's size. */
export interface ControlPlace {
  readonly channels: number;
  readonly level: number;
}

/** What is added in a run, in the order of `controlPlaces` and `featurePlaces`; nothing where a list is left out. */
export interface ControlPlanes {
  readonly controls?: readonly Float32Array[];
  readonly features?: readonly Float32Array[];
}

/** What the UNet keeps of its way down, then the bottom. */
export function controlPlaces(config: DescentConfig): readonly ControlPlace[] {
  const channelsAt = (level: number) => config.modelChannels * config.channelMult[level]!;
  const last = config.channelMult.length - 1;
  const places: ControlPlace[] = [{ channels: channelsAt(0), level: 0 }];
  for (const level of config.channelMult.keys()) {
    const own = { channels: channelsAt(level), level };
    for (let i = 0; i < config.resBlocks[level]!; i++) places.push(own);
    if (level < last) places.push({ channels: own.channels, level: level + 1 });
  }
  return [...places, { channels: channelsAt(last), level: last }];
}

/**
 * The input blocks after which features are added. SD 1: the last of each level. SDXL, whose adapters begin at half the size: the first of
 * each level but the finest, or what leads to it, and the bottom.
 */
export function featureBlocks(config: DescentConfig): readonly (number | 'middle')[] {
  return config.vectorDim === null ? [2, 5, 8, 11] : [3, 5, 8, 'middle'];
}

/** Of `featureBlocks`. Empty for a UNet that has other blocks than those adapters are made for. */
export function featurePlaces(config: DescentConfig): readonly ControlPlace[] {
  const all = controlPlaces(config);
  const places = featureBlocks(config).map((block) =>
    block === 'middle' ? all.at(-1) : all.slice(0, -1)[block],
  );
  return places.every((place) => place !== undefined) ? places : [];
}

/** Numbers of one place in a run. */
export function planeLength(
  { channels, level }: ControlPlace,
  size: { readonly height: number; readonly width: number },
): number {
  const { height, width } = sizeAtLevel(size, level);
  return channels * height * width;
}

export class ControlPorts {
  readonly #controls: readonly ControlPlace[];
  readonly #features: readonly ControlPlace[];
  readonly #featureBlocks: readonly (number | 'middle')[];
  /** Of the places that the graph has: a part of a UNet has not all. */
  readonly #used = new Set<string>();

  constructor(
    private readonly graph: Graph,
    config: DescentConfig,
    { controls, features }: ControlUse = { controls: false, features: false },
  ) {
    this.#controls = controls ? controlPlaces(config) : [];
    this.#features = features ? featurePlaces(config) : [];
    this.#featureBlocks = featureBlocks(config);
  }

  /** What the way up reads of an input block, or the bottom. */
  withControl(block: number | 'middle', out: Planes): Value {
    if (this.#controls.length === 0) return out.value;
    return this.#added(controlName(block === 'middle' ? this.#controls.length - 1 : block), out);
  }

  /** What goes on after an input block, or the bottom. */
  withFeature(block: number | 'middle', out: Planes): Value {
    const index = this.#featureBlocks.indexOf(block);
    if (this.#features.length === 0 || index < 0) return out.value;
    return this.#added(featureName(index), out);
  }

  feeds(
    size: { readonly batch: number; readonly height: number; readonly width: number },
    { controls, features }: ControlPlanes = {},
  ): Record<string, HostTensor> {
    const feeds: Record<string, HostTensor> = {};
    const feed = (
      places: readonly ControlPlace[],
      name: (index: number) => string,
      planes: readonly Float32Array[] | undefined,
    ): void => {
      for (const [index, place] of places.entries()) {
        if (!this.#used.has(name(index))) continue;
        const { height, width } = sizeAtLevel(size, place.level);
        const dims = [size.batch, place.channels, height, width];
        const data = planes?.[index] ?? new Float32Array(size.batch * planeLength(place, size));

        feeds[name(index)] = float32Tensor(name(index), data, dims);
      }
    };
    feed(this.#controls, controlName, controls);
    feed(this.#features, featureName, features);
    return feeds;
  }

  #added(name: string, { value, channels, level }: Planes): Value {
    const { graph } = this;
    this.#used.add(name);
    const control = graph.input(name, 'float32', level.planesDims(channels));
    return graph.add(value, graph.cast(control, graph.precision));
  }
}

const controlName = (index: number): string => `control.${index}`;
const featureName = (index: number): string => `feature.${index}`;
