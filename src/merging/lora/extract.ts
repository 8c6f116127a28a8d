// What model A has beyond model B as a LoRA, layer by layer: of neither model more than one layer is ever in memory.
//
// Behaviour of kohya-ss/sd-scripts networks/extract_lora_from_models.py: up times the singular values, down of length 1, alpha the
// rank; both clamped to a quantile of their values. As there, a text encoder that is the same is left out.
import { createSHA256 } from 'hash-wasm';
import type { Part } from '../../add-ons/layers.ts';
import { safetensorsHeader } from '../../checkpoint/safetensors-file.ts';
import { toFloat32 } from '../../checkpoint/convert.ts';
import { bytesOf } from '../arithmetic.ts';
import { MergeError } from '../types.ts';
import {
  loraMetadata,
  loraTensors,
  planLora,
  type LoraPlan,
  type LoraSource,
  type PlannedLayer,
} from './plan.ts';
import { LargeMatrix } from './product.ts';
import { approximate, widthFor } from './svd.ts';
import type { LoraModel, LoraSettings } from './types.ts';

/** Elements read at a time. */
const PIECE = 1 << 18;

export interface LoraWriter {
  /** The data, front to back; what was written before it must leave room for the header. */
  write(bytes: Uint8Array): Promise<void>;
}

export interface ExtractedLora {
  /** Goes before what was written: so many bytes as `headerSize` said. */
  readonly header: Uint8Array<ArrayBuffer>;
  readonly layers: number;
  readonly hasText: boolean;
  /** Of all layers together: the norm of what the LoRA leaves out, over that of the difference; 0 where there is none. */
  readonly missing: number;
}

export type LoraProgress = (stage: 'comparing' | 'extracting', done: number, total: number) => void;

/**
 * Extracts into `writer`, which is asked for first, with the header's size. `title`: what the file calls itself. `signal` ends it
 * between two steps of a layer. Rejects with MergeError and CheckpointError.
 */
export async function extractLora(
  models: { readonly a: LoraModel; readonly b: LoraModel },
  settings: LoraSettings,
  title: string,
  open: (headerSize: number) => Promise<LoraWriter>,
  onProgress: LoraProgress,
  signal: AbortSignal,
): Promise<ExtractedLora> {
  const plan = planLora(models, settings);
  const hasText = await textDiffers(plan, settings, onProgress, signal);
  const layers = [...(hasText ? plan.text : []), ...plan.unet];
  const tensors = loraTensors(layers, settings);
  const metadata = loraMetadata(plan, settings, title, new Date());
  const header = (hash: string): Uint8Array<ArrayBuffer> =>
    safetensorsHeader(tensors, new Map([...metadata, ['sshs_model_hash', hash]]));
  const writer = await open(header('0'.repeat(64)).length);
  // As kohya's scripts, and A1111 after them, know a file again: by all that follows the header.
  const hasher = await createSHA256();
  hasher.init();
  const total = layers.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const matrix = new LargeMatrix();
  let [done, difference, left] = [0, 0, 0];
  for (const [index, layer] of layers.entries()) {
    onProgress('extracting', done, total);
    const { rows, columns, rank } = layer;
    matrix.reset(rows, columns, widthFor(rows, columns, rank));
    const square = await readDifference(matrix, plan, layer, signal);
    const { up, down, held } = await factors(matrix, rank, settings.clampQuantile, () => breathe(signal));
    difference += square;
    left += Math.max(0, square - held);
    const { dtype } = tensors[3 * index]!;
    for (const values of [down, up, Float32Array.of(rank)]) {
      const bytes = bytesOf(values, dtype);
      hasher.update(bytes);
      await writer.write(bytes);
    }
    done += rows * columns;
  }
  onProgress('extracting', total, total);
  const missing = difference > 0 ? Math.sqrt(left / difference) : 0;
  return { header: header(hasher.digest('hex')), layers: layers.length, hasText, missing };
}

/** Whether any weight of the text encoders differs by more than the settings pass over. */
async function textDiffers(
  { a, b, text }: LoraPlan,
  { minDifference }: LoraSettings,
  onProgress: LoraProgress,
  signal: AbortSignal,
): Promise<boolean> {
  const total = text.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  let done = 0;
  for (const { layer, rows, columns } of text) {
    onProgress('comparing', done, total);
    const count = rows * columns;
    for (let start = 0; start < count; start += PIECE) {
      await breathe(signal);
      const length = Math.min(PIECE, count - start);
      const [x, y] = await Promise.all(
        [a, b].map((source) => readValues(source, layer.weight, layer.part, count, start, length)),
      );
      for (let i = 0; i < length; i++) if (Math.abs(x![i]! - y![i]!) > minDifference) return true;
    }
    done += count;
  }
  return false;
}

/** A - B of a layer into the matrix; the sum of its squares. */
async function readDifference(
  matrix: LargeMatrix,
  { a, b }: LoraPlan,
  { layer, rows, columns }: PlannedLayer,
  signal: AbortSignal,
): Promise<number> {
  const count = rows * columns;
  const atOnce = Math.max(1, Math.floor(PIECE / columns));
  let square = 0;
  for (let row = 0; row < rows; row += atOnce) {
    signal.throwIfAborted();
    const height = Math.min(atOnce, rows - row);
    const [x, y] = await Promise.all(
      [a, b].map((source) =>
        readValues(source, layer.weight, layer.part, count, row * columns, height * columns),
      ),
    );
    for (let i = 0; i < height; i++) {
      const out = matrix.row(row + i);
      for (let j = 0; j < columns; j++) {
        const value = x![i * columns + j]! - y![i * columns + j]!;
        out[j] = value;
        square += value * value;
      }
    }
  }
  if (!Number.isFinite(square)) {
    throw new MergeError(
      `The tensor ${layer.weight} has values that are not numbers (NaN) or infinite. Look for another copy of the file.`,
    );
  }
  return square;
}

/** Elements [start, start + length) of a layer's weight, as its file has it in one or more tensors. `count`: of the layer. */
async function readValues(
  { checkpoint, entries }: LoraSource,
  weight: string,
  part: Part | null,
  count: number,
  start: number,
  length: number,
): Promise<Float32Array> {
  const out = new Float32Array(length);
  /** Where the tensor begins, in elements of the layer. */
  let begin = -(part?.index ?? 0) * count;
  for (const source of entries.get(weight)!.sources) {
    const { elementCount, dtype } = checkpoint.tensors.get(source)!;
    const [from, to] = [Math.max(start, begin), Math.min(start + length, begin + elementCount)];
    if (from < to) {
      const bytes = await checkpoint.read(source, from - begin, to - from);
      out.set(toFloat32(bytes, dtype), from - start);
    }
    begin += elementCount;
  }
  return out;
}

interface Factors {
  /** Rows x rank, and rank x columns. */
  readonly up: Float32Array;
  readonly down: Float32Array;
  /** Sum of the squared singular values that it keeps. */
  readonly held: number;
}

async function factors(
  matrix: LargeMatrix,
  rank: number,
  quantile: number,
  pause: () => Promise<void>,
): Promise<Factors> {
  const { values, left, right } = await approximate(matrix, rank, pause);
  const up = new Float32Array(matrix.rows * rank);
  const down = new Float32Array(rank * matrix.columns);
  for (let k = 0; k < rank; k++) {
    for (let i = 0; i < matrix.rows; i++) up[i * rank + k] = left[k]![i]!;
    down.set(right[k]!, k * matrix.columns);
  }
  if (quantile < 1) clamp([up, down], quantile);
  return { up, down, held: values.reduce((sum, value) => sum + value * value, 0) };
}

/** Both to a quantile of all their values (torch.quantile: between two neighbours in proportion), and its negative. */
function clamp(arrays: readonly Float32Array[], quantile: number): void {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const values of arrays) {
    all.set(values, at);
    at += values.length;
  }
  all.sort();
  const place = quantile * (all.length - 1);
  const below = Math.floor(place);
  const [low, high] = [all[below]!, all[Math.min(below + 1, all.length - 1)]!];
  const limit = Math.fround(low + (high - low) * (place - below));
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) values[i] = Math.min(limit, Math.max(-limit, values[i]!));
  }
}

/** Lets messages in, of which one may be to stop. */
async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}
