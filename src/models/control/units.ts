// Control networks at work in one call of a UNet, as whoever calls it says, and what comes of it: each network's outputs, brought
// together to what the UNet adds.
import type { HeadRule } from '../../families/family.ts';
import type { Planes } from '../../image/tiles.ts';
import type { NetworkChange } from '../network-changes.ts';
import type { DescentConfig } from '../unet-blocks.ts';
import type { UNetInputs } from '../unet.ts';
import type { ControlInfo } from './kinds.ts';
import { controlPlaces, featurePlaces, type ControlPlanes, type ControlUse } from './ports.ts';
import { controlScales } from './scales.ts';
import { ControlSum, type ControlOutput } from './sum.ts';

/** A control network by its file. */
export interface ControlSource extends ControlInfo {
  readonly sha256: string;
  /** For people. */
  readonly name: string;
}

export interface ActiveUnit {
  readonly network: ControlSource;
  /** What it is shown: [3, height, width], 0..1. */
  readonly hint: Planes;
  readonly weight: number;
  /** In place of the weight and what it becomes: one for each output. */
  readonly outputWeights: readonly number[] | null;
  /** Where it counts, 0..1; null for everywhere. */
  readonly region: Planes | null;
  /** Outer blocks count less. */
  readonly soft: boolean;
  /** Items of the batch that it adds nothing to. */
  readonly leftOut: readonly boolean[];
  /** Only means over planes are added. */
  readonly averaged: boolean;
  /** Union models: the kind of picture. */
  readonly controlType: number;
  /** How its attention is cut; null for the UNet's way. */
  readonly heads: HeadRule | null;
}

/** A UNet's inputs; `units`: of control networks, of which in this call none may be at work. `changes`: of the network that is asked. */
export interface ControlledInputs extends Omit<UNetInputs, 'control' | 'deep'> {
  readonly units?: readonly ActiveUnit[];
  readonly changes?: readonly NetworkChange[];
  /** Of all items, where the deep blocks are to be left out. */
  readonly takeDeep?: () => Promise<Float32Array>;
  /** Is told what the network notes besides, for all of the batch. */
  readonly onNote?: (name: string, values: Float32Array) => void;
}

/** Runs one of the networks; outputs in the order of the places. */
export type RunControl = (unit: ActiveUnit, inputs: UNetInputs) => Promise<readonly ControlOutput[]>;

/** Which inputs the UNet needs for networks of these kinds. */
export function controlUseOf(networks: readonly ControlInfo[]): ControlUse {
  return {
    controls: networks.some(({ kind }) => kind === 'controlnet' || kind === 'control-lora'),
    features: networks.some(({ kind }) => kind === 't2i-adapter'),
  };
}

/** What the units that are at work add up to. */
export async function controlPlanes(
  config: DescentConfig,
  { units = [], ...inputs }: ControlledInputs,
  run: RunControl,
): Promise<ControlPlanes> {
  const planes: { controls?: readonly Float32Array[]; features?: readonly Float32Array[] } = {};
  for (const [key, isFeatures] of [
    ['controls', false],
    ['features', true],
  ] as const) {
    const working = units.filter(({ network }) => (network.kind === 't2i-adapter') === isFeatures);
    if (working.length === 0) continue;
    const places = isFeatures ? featurePlaces(config) : controlPlaces(config);
    const sum = new ControlSum(places, inputs);
    for (const unit of working) {
      const { network, weight, soft, leftOut, averaged, region, outputWeights } = unit;
      const scales = outputWeights ?? controlScales(network.kind, weight, soft, places.length);
      sum.add(await run(unit, inputs), { scales, leftOut, averaged, region });
    }
    planes[key] = sum.totals;
  }
  return planes;
}

/** The first channels of each item's latent: inpainting models are given more than their ControlNets. */
export function firstChannels(x: Float32Array, batch: number, cells: number, channels: number): Float32Array {
  const own = x.length / batch / cells;
  if (own === channels) return x;
  return x.filter((_, i) => Math.floor(i / cells) % own < channels);
}
