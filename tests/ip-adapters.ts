// IP-Adapters and CLIP's vision tower of the reference data (models/control/ip.json), and what the extension makes with them. Tests only.
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';
import { clipVisionNetwork } from '../src/models/annotators/clip-vision.ts';
import { projectionNetwork } from '../src/models/control/image-projection.ts';
import { projectionSizes, PROJECTION_PREFIX } from '../src/models/control/projection-sizes.ts';
import type { Network } from '../src/models/network.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { openNodeSession } from './ort-node.ts';
import { listReference, readReference, readReferenceJson } from './reference-dir.ts';
import { openNetwork, type TestedNetwork } from './reference-networks.ts';
import type { TinyModel } from './tiny-model.ts';

export const IP_FOLDER = ['models', 'control'] as const;

export interface ClipPicture {
  readonly picture: string;
  readonly resized_u8_each7: string;
  readonly pixel_values_each7: string;
  readonly image_embeds: string;
  readonly penultimate: string;
}

export interface AdapterCase {
  readonly case: string;
  readonly out: Readonly<Record<string, string>>;
}

export interface AdapterRow {
  readonly name: string;
  readonly file: string;
  readonly published_like: string;
  readonly base: string;
  readonly layers: readonly { readonly index: number }[];
  readonly image_tokens: Readonly<Record<string, { readonly cond: string; readonly uncond: string }>>;
  readonly cases: readonly AdapterCase[];
}

export interface AdapterReference {
  readonly tensors: string;
  readonly clip_config: { readonly num_attention_heads: number };
  readonly pictures: readonly ClipPicture[];
  readonly adapters: readonly AdapterRow[];
  readonly uncond_hidden: string;
}

/** Null where the reference data has none. */
export function adapterReference(): AdapterReference | null {
  return listReference(...IP_FOLDER).includes('ip.json')
    ? readReferenceJson<AdapterReference>(...IP_FOLDER, 'ip.json')
    : null;
}

export function adapterNumbers({ tensors }: AdapterReference): Promise<Tensors> {
  return readTensors(bytesSource(readReference(...IP_FOLDER, tensors)));
}

/** The file of the tower; null where it is not there. */
export function visionFile(): Uint8Array | null {
  const file = listReference(...IP_FOLDER).find((name) => name.startsWith('clip_vision'));
  return file === undefined ? null : readReference(...IP_FOLDER, file);
}

export function openAdapter({ file }: Pick<AdapterRow, 'file'>): Promise<TestedNetwork> {
  return openNetwork(readReference(...IP_FOLDER, file));
}

/** With as many heads as the data tells: that is in no file. */
export function visionNetwork(
  { clip_config: config }: AdapterReference,
  { catalog }: TestedNetwork,
  precision: Precision,
): Network<{ readonly image: Float32Array }> {
  return clipVisionNetwork(catalog, precision, { height: 224, width: 224 }, config.num_attention_heads);
}

/** Tokens that an adapter makes of what the tower gives. */
export async function projected(
  { catalog, readWeight }: TestedNetwork,
  seen: Float32Array,
  precision: Precision,
): Promise<Float32Array> {
  const sizes = projectionSizes((name) => catalog.shapeOf(PROJECTION_PREFIX + name))!;
  const session = await openNodeSession(projectionNetwork(sizes, catalog, precision), readWeight);
  const { tokens } = await session.run({ seen });
  await session.release();
  return tokens!.data;
}

/** Weights of any network. */
export type WeightSource = Pick<TinyModel, 'catalog' | 'readWeight'>;

/** A base's weights with adapters' beside them, each under its prefix. */
export function beside(base: WeightSource, adapters: ReadonlyMap<string, WeightSource>): WeightSource {
  const find = (name: string): readonly [WeightSource, string] | null => {
    for (const [prefix, adapter] of adapters)
      if (name.startsWith(prefix)) return [adapter, name.slice(prefix.length)];
    return null;
  };
  const catalog: WeightCatalog = {
    shapeOf(name) {
      const [adapter, own] = find(name) ?? [];
      return adapter ? adapter.catalog.shapeOf(own!) : base.catalog.shapeOf(name);
    },
  };
  return {
    catalog,
    readWeight(ref: WeightRef, precision: Precision) {
      const [adapter, own] = find(ref.name) ?? [];
      return adapter
        ? adapter.readWeight({ ...ref, name: own! }, precision)
        : base.readWeight(ref, precision);
    },
  };
}
