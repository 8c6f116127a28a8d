// Networks for control maps of the reference data, and what the extension makes with them (models/control/detect.json). Tests only.
import { bytesSource } from '../src/checkpoint/source.ts';
import type { PixelImage } from '../src/image/pixels.ts';
import { readPicture } from '../src/image/read-picture.ts';
import { withoutAlpha } from '../src/image/pixels.ts';
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
