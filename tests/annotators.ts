// Networks for control maps of the reference data, and what the extension makes with them (models/control/detect.json). Tests only.
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Precision } from '../src/graph/types.ts';
import type { PixelImage } from '../src/image/pixels.ts';
import { readPicture } from '../src/image/read-picture.ts';
import { withoutAlpha } from '../src/image/pixels.ts';
import type { AnnotatorInputs, AnnotatorSize } from '../src/models/annotators/annotator-layers.ts';
import { ARCHITECTURES } from '../src/models/annotators/architectures.ts';
import { depthAnythingNetwork } from '../src/models/annotators/depth-anything.ts';
import type { Network } from '../src/models/network.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { listReference, readReference, readReferenceJson } from './reference-dir.ts';
import { openNetwork, type TestedNetwork } from './reference-networks.ts';

export const ANNOTATOR_FOLDER = ['models', 'control'] as const;

export interface AnnotatorCase {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly raw?: Readonly<Record<string, unknown>>;
  readonly transform?: {
    readonly picture: string;
    readonly size: readonly number[];
    readonly each_14: string;
  };
  readonly runs: readonly {
    readonly module: string;
    readonly picture: string;
    readonly resolution: number;
    readonly map: string;
  }[];
}

export interface PoseCase {
  readonly name: string;
  readonly picture_hw: readonly [number, number];
  readonly network_input: readonly [number, number, number, number];
  readonly heatmaps: string;
  readonly pafs: string;
  readonly candidates: readonly (readonly [number, number, number, number])[];
  readonly people: readonly (readonly number[])[];
  readonly drawn: string;
  readonly json: { readonly people: readonly { readonly pose_keypoints_2d: readonly number[] }[] };
}

export interface AnnotatorReference {
  readonly tensors: string;
  readonly networks: readonly AnnotatorCase[];
  readonly openpose: readonly PoseCase[];
  readonly openpose_body_layout: Readonly<Record<string, readonly number[]>>;
}

/** Null where the reference data has none. */
export function annotatorReference(): AnnotatorReference | null {
  return listReference(...ANNOTATOR_FOLDER).includes('detect.json')
    ? readReferenceJson<AnnotatorReference>(...ANNOTATOR_FOLDER, 'detect.json')
    : null;
}

export function annotatorNumbers({ tensors }: AnnotatorReference): Promise<Tensors> {
  return readTensors(bytesSource(readReference(...ANNOTATOR_FOLDER, tensors)));
}

/** Null where its file is not there. */
export async function loadAnnotator({ name }: AnnotatorCase): Promise<TestedNetwork | null> {
  const file = listReference(...ANNOTATOR_FOLDER).find((one) => one.startsWith(`${name}.`));
  return file === undefined ? null : openNetwork(readReference(...ANNOTATOR_FOLDER, file));
}

/** RGB. */
export async function annotatorPicture(file: string): Promise<PixelImage> {
  const bytes = readReference(...ANNOTATOR_FOLDER, file);
  return withoutAlpha(await readPicture(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/png' })));
}

export interface Raw {
  readonly size: AnnotatorSize;
  readonly inputs: AnnotatorInputs;
  /** Names of expected numbers, by output. */
  readonly expected: ReadonlyMap<string, string>;
}

/** What a case feeds its network, and what comes out; null for a case that does not tell. */
export async function rawOf(
  { raw, runs }: AnnotatorCase,
  { detection, catalog }: TestedNetwork,
  numbers: Tensors,
): Promise<Raw | null> {
  if (!raw) return null;
  const { network, tried } = ARCHITECTURES[detection.annotator!.kind];
  const { outputs } = network(catalog, 'float32', { height: tried, width: tried });
  const named = new Map<string, string>();
  const lists = Object.values(raw).filter((value): value is string[] => Array.isArray(value));
  const singles = Object.entries(raw).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && numbers.has(entry[1]),
  );
  if (numbers.has(String(raw['x']))) {
    const { dims, data } = numbers.get(String(raw['x']))!;
    const [height, width] = dims.slice(-2) as [number, number];
    named.set('depth', String(raw['depth']));
    for (const [key, value] of Object.entries(raw)) {
      const blocks = key.startsWith('patch_tokens') ? key.match(/\d+/g) : null;
      for (const [i, block] of (blocks ?? []).entries()) named.set(`tokens${block}`, (value as string[])[i]!);
    }
    return { size: { height, width }, inputs: { image: data }, expected: named };
  }
  const told = String(raw['input']);
  const [height, width] = /(\d+) x (\d+)/.exec(told)!.slice(1).map(Number) as [number, number];
  const picture = await annotatorPicture(/of (\S+\.png)/.exec(told)?.[1] ?? runs[0]!.picture);
  const scale = told.includes('0..255') ? 1 : 255;
  const image = new Float32Array(3 * height * width);
  for (let i = 0; i < image.length; i += 1) {
    const [c, at] = [Math.floor(i / (height * width)), i % (height * width)];
    const channel = told.includes('BGR') ? 2 - c : c;
    const pixel = Math.floor(at / width) * picture.width + (at % width);
    image[i] = picture.data[pixel * picture.channels + channel]! / scale;
  }
  const wanted = lists[0] ?? singles.map(([, name]) => name);
  for (const [i, name] of wanted.entries()) named.set(outputs[i]!, name);
  return { size: { height, width }, inputs: { image }, expected: named };
}

/** With as many heads as the case tells: that is in no file. */
export function networkOf(
  { config }: AnnotatorCase,
  { detection, catalog }: TestedNetwork,
  precision: Precision,
  size: AnnotatorSize,
): Network<AnnotatorInputs> {
  const heads = config?.['heads'];
  return typeof heads === 'number'
    ? depthAnythingNetwork(catalog, precision, size, heads)
    : ARCHITECTURES[detection.annotator!.kind].network(catalog, precision, size);
}
