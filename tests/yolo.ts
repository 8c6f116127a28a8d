// Detectors of the reference data, and what the original makes of their pictures (extensions/README.md, "yolo/"). Tests only.
import { toFloat16, toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';
import type { PixelImage } from '../src/image/pixels.ts';
import { detect } from '../src/models/detect.ts';
import { planWeights } from '../src/models/plan.ts';
import { tensorShapes } from '../src/models/tensor-shapes.ts';
import type { Detection } from '../src/models/types.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { listReference, readReference, readReferenceJson } from './reference-dir.ts';

export const YOLO_FOLDER = ['extensions', 'yolo'] as const;
const NUMBERS = 'yolo.safetensors.gz';

export interface LetterboxCase {
  readonly size: readonly [width: number, height: number];
  readonly imgsz: number;
  readonly auto: boolean;
  readonly out_hw: readonly [number, number];
  readonly in?: string;
  readonly out_rgb?: string;
}

export interface PictureCase {
  readonly size: readonly [width: number, height: number];
  readonly imgsz: number;
  readonly conf: number;
  readonly iou: number;
  readonly picture: string;
  readonly input_hw: readonly [number, number];
  /** How near the nearest score is to the threshold. */
  readonly score_margin: number;
}

export interface YoloModel {
  readonly name: string;
  readonly nc: number;
  readonly names: Readonly<Record<string, string>>;
  readonly cases: readonly PictureCase[];
}

export interface YoloReference {
  readonly letterbox: readonly LetterboxCase[];
  readonly models: readonly YoloModel[];
}

/** Null where the reference data has none. */
export function yoloReference(): YoloReference | null {
  return listReference(...YOLO_FOLDER).includes('yolo.json')
    ? readReferenceJson<YoloReference>(...YOLO_FOLDER, 'yolo.json')
    : null;
}

export function yoloNumbers(): Promise<Tensors> {
  return readTensors(bytesSource(readReference(...YOLO_FOLDER, NUMBERS)));
}

/** Files of a model, whatever their form. */
export function filesOf(name: string): string[] {
  return listReference(...YOLO_FOLDER).filter((file) => file.startsWith(`${name}.`));
}

/** A tensor [height, width, 3] of bytes. */
export function pictureOf(numbers: Tensors, name: string): PixelImage {
  const { dims, data } = numbers.get(name)!;
  const [height, width] = dims as [number, number];
  return { width, height, channels: 3, data: Uint8Array.from(data) };
}

export interface TestedDetector {
  readonly detection: Detection;
  readonly catalog: WeightCatalog;
  /** The bytes of a weight as a graph of that precision wants them. */
  readWeight(ref: WeightRef, precision: Precision): Promise<Uint8Array>;
}

export async function loadDetector(file: string): Promise<TestedDetector> {
  const checkpoint = await openCheckpoint(bytesSource(readReference(...YOLO_FOLDER, file)));
  const shapes = tensorShapes(checkpoint);
  const detection = detect(shapes, checkpoint.metadata, null);
  const entries = new Map(planWeights(shapes, detection).map((entry) => [entry.name, entry]));
  return {
    detection,
    catalog: { shapeOf: (name) => entries.get(name)?.shape },
    async readWeight({ name, shape, start }, precision) {
      const source = entries.get(name)!.sources[0]!;
      const count = shape.reduce((product, size) => product * size, 1);
      const stored = await checkpoint.read(source, start, count);
      const values = toFloat32(stored, checkpoint.tensors.get(source)!.dtype).slice();
      if (precision === 'float32') return new Uint8Array(values.buffer);
      const halves = new Uint16Array(values.length);
      toFloat16(new Uint8Array(values.buffer), 'F32', halves);
      return new Uint8Array(halves.buffer);
    },
  };
}
