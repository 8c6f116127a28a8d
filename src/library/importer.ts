// Reads a checkpoint file once, from front to back, and stores what Darkroom runs: float16 weights and one record.
//
// In that one pass the whole file is hashed (SHA-256; A1111's model hash is its first ten digits) and every tensor that
// a network needs is converted. The record is written last. Whatever goes wrong before, the chunks are deleted again;
// what a killed tab leaves behind is swept by the next import.
import { openCheckpoint } from '../checkpoint/open.ts';
import { blobSource } from '../checkpoint/source.ts';
import { toFloat16 } from '../checkpoint/convert.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { detect } from '../models/detect.ts';
import { planWeights } from '../models/plan.ts';
import { parseSidecar, type Sidecar } from '../models/sidecar.ts';
import type { Detection, WeightPlanEntry } from '../models/types.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { fingerprintOf } from './fingerprint.ts';
import { HashingSource } from './hashing-source.ts';
import type { ImportOptions, ImportOutcome, ImportProgress } from './import-types.ts';
import { deleteChunks, getModel, hasWeights, listModels, putModel, sweepUnnamedChunks } from './models.ts';
import { ProgressMeter } from './progress-meter.ts';
import { requireRoom } from './storage.ts';
import type { StoredModel } from './types.ts';

/** Elements converted at a time: bounds what is held of a tensor besides the chunk it goes to. */
const PIECE_ELEMENTS = 4 << 20;

/** The file is fine, but not something this version makes images with. The message names what it is. */
export class UnsupportedModelError extends Error {
  override readonly name = 'UnsupportedModelError';
}

/** NaN or infinity among the weights; the person may import the file all the same. */
export class NonFiniteWeightsError extends Error {
  override readonly name = 'NonFiniteWeightsError';
}

/** The import was cancelled by the person. */
class CancelledError extends Error {}

/**
 * Imports `file` into the library. `signal` cancels it; then nothing is left behind.
 * Rejects with CheckpointError (not readable), UnsupportedModelError, NonFiniteWeightsError or StorageFullError.
 */
export async function importModel(
  file: File,
  sidecarFile: File | null,
  options: ImportOptions,
  onProgress: (progress: ImportProgress) => void,
  signal: AbortSignal,
): Promise<ImportOutcome> {
  const meter = new ProgressMeter(file.size, onProgress);
  try {
    meter.report('reading', 0, true);
    const sidecar = sidecarFile ? parseSidecar(await readText(sidecarFile)) : null;
    const fingerprint = await fingerprintOf(file);
    const source = await HashingSource.create(blobSource(file), (hashed) => {
      if (signal.aborted) throw new CancelledError();
      meter.report('converting', hashed);
    });
    const checkpoint = await openCheckpoint(source);
    const detection = detect(checkpoint.tensors, checkpoint.metadata, sidecar);
    if (!detection.supported) {
      throw new UnsupportedModelError(
        detection.unsupportedReason ?? `${detection.label} is not supported yet.`,
      );
    }

    const known = (await listModels()).find((model) => model.fingerprint === fingerprint);
    // A model that lost weights is made whole by importing its file again.
    if (known && (await hasWeights(known))) return await recogniseAgain(known, detection, sidecar, options);

    const plan = planWeights(checkpoint.tensors, detection);
    const needed = plan.reduce((sum, entry) => sum + 2 * elementCount(entry.shape), 0);
    await sweepUnnamedChunks();
    await requireRoom(needed);

    source.startHashing();
    const writer = new ChunkWriter(crypto.randomUUID());
    try {
      const problems = await convert(checkpoint, plan, writer, options, signal);
      meter.report('finishing', file.size, true);
      const sha256 = await source.finish();
      await writer.finish();
      const twin = await getModel(sha256);
      if (twin && (await hasWeights(twin))) {
        await writer.discard();
        return { status: 'already-there', model: twin };
      }
      const model: StoredModel = {
        sha256,
        fingerprint,
        name: twin?.name ?? (file.name.replace(/\.[^.]*$/, '') || file.name),
        fileName: file.name,
        fileSize: file.size,
        fileModified: file.lastModified,
        storedSize: writer.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
        importedAt: Date.now(),
        detection,
        predictionOverride: options.prediction ?? twin?.predictionOverride ?? null,
        ...problems,
        chunks: writer.chunks,
        tensors: writer.tensors,
      };
      if (signal.aborted) throw new CancelledError();
      await putModel(model);
      if (twin) await deleteChunks(twin.chunks.map(({ key }) => key));
      return { status: 'imported', model };
    } catch (error) {
      await writer.discard();
      throw error;
    }
  } catch (error) {
    if (error instanceof CancelledError || signal.aborted) return { status: 'cancelled' };
    throw error;
  }
}

/** The file is already here; a sidecar dropped with it this time may still change what shapes cannot tell. */
async function recogniseAgain(
  known: StoredModel,
  detection: Detection,
  sidecar: Sidecar | null,
  options: ImportOptions,
): Promise<ImportOutcome> {
  if (!sidecar && options.prediction === null) return { status: 'already-there', model: known };
  const model: StoredModel = {
    ...known,
    detection: sidecar ? detection : known.detection,
    predictionOverride: options.prediction ?? known.predictionOverride,
  };
  await putModel(model);
  return { status: 'already-there', model };
}

async function convert(
  checkpoint: Checkpoint,
  plan: readonly WeightPlanEntry[],
  writer: ChunkWriter,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<Pick<StoredModel, 'clamped' | 'nonFinite'>> {
  const clamped: { tensor: string; count: number }[] = [];
  const nonFinite: { tensor: string; count: number }[] = [];
  for (const entry of inFileOrder(checkpoint, plan)) {
    const counts = { clamped: 0, nonFinite: 0 };
    const fill = async (out: Uint16Array, first: number) => {
      let [written, before] = [0, 0];
      for (const source of entry.sources) {
        const info = checkpoint.tensors.get(source)!;
        const end = Math.min(info.elementCount, first + out.length - before);
        for (let start = Math.max(0, first - before); start < end; start += PIECE_ELEMENTS) {
          if (signal.aborted) throw new CancelledError();
          const count = Math.min(PIECE_ELEMENTS, end - start);
          const bytes = await checkpoint.read(source, start, count);
          const found = toFloat16(bytes, info.dtype, out.subarray(written, written + count));
          counts.clamped += found.clamped;
          counts.nonFinite += found.nonFinite;
          written += count;
          if (found.nonFinite > 0 && !options.allowNonFinite) throw nonFiniteError(source, found.nonFinite);
        }
        before += info.elementCount;
      }
      if (entry.transpose) transposeInPlace(out, entry.shape);
    };
    await writer.add(entry, elementCount(entry.shape), fill, entry.transpose);
    if (counts.clamped > 0) clamped.push({ tensor: entry.name, count: counts.clamped });
    if (counts.nonFinite > 0) nonFinite.push({ tensor: entry.name, count: counts.nonFinite });
  }
  return { clamped, nonFinite };
}

function nonFiniteError(tensor: string, count: number): NonFiniteWeightsError {
  return new NonFiniteWeightsError(
    `The tensor "${tensor}" holds ${count} values that are not numbers (NaN) or infinite. Such a model usually draws ` +
      'black pictures. Look for another copy of the file, or import it anyway: NaN then becomes 0.',
  );
}

/** Front to back, so that the disk is read in one sweep and hashed on the way. */
function inFileOrder(checkpoint: Checkpoint, plan: readonly WeightPlanEntry[]): WeightPlanEntry[] {
  const position = (entry: WeightPlanEntry): number => checkpoint.tensors.get(entry.sources[0]!)!.position;
  return [...plan].sort((a, b) => position(a) - position(b));
}

/** `values` holds the transposed matrix of `shape` [rows, columns]: brings it into that shape. */
function transposeInPlace(values: Uint16Array, shape: readonly number[]): void {
  const [rows, columns] = shape as readonly [number, number];
  const from = values.slice();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      values[row * columns + column] = from[column * rows + row]!;
  }
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A sidecar is a page of text; anything larger is something else. */
async function readText(file: File): Promise<string> {
  if (file.size > 1 << 20) {
    throw new Error(
      `"${file.name}" is too large for a model's configuration (over 1 MB). Drop the checkpoint without it.`,
    );
  }
  return file.text();
}
