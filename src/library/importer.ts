// Reads a checkpoint file once, from front to back, and stores what Darkroom runs: float16 weights and one record.
//
// In that one pass the whole file is hashed (SHA-256; A1111's model hash is its first ten digits), by a thread beside this one
// where there is one, and every tensor that a network needs is converted. The record is written last. Whatever goes wrong before, the chunks are deleted again;
// what a killed tab leaves behind is swept by the next visit.
// A file that may be in the library already, for its samples tell no difference, is only hashed first.
import { openModelFile } from '../add-ons/open.ts';
import { readEmbedding } from '../add-ons/embedding.ts';
import { blobSource } from '../checkpoint/source.ts';
import { toFloat16, type HalfReport } from '../checkpoint/convert.ts';
import { rootsToHalves } from '../checkpoint/roots.ts';
import type { ByteSource, Checkpoint } from '../checkpoint/types.ts';
import { readBuffers } from '../models/buffers.ts';
import { detect } from '../models/detect.ts';
import { planWeights } from '../models/plan.ts';
import { MAX_SIDECAR_SIZE, parseSidecar, type Sidecar } from '../models/sidecar.ts';
import { tensorShapes } from '../models/tensor-shapes.ts';
import type { WeightPlanEntry } from '../models/types.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { DataHash } from './data-hash.ts';
import { fingerprintOf, knownFile, mayBe, oldHashOf, type FileFacts } from './file-identity.ts';
import type { Hasher } from './file-hasher.ts';
import { HashingSource } from './hashing-source.ts';
import { withIntent } from './import-intents.ts';
import type { ImportOptions, ImportOrder, ImportOutcome, ImportProgress } from './import-types.ts';
import { isKeptAsFile, keepFile } from './kept-file.ts';
import { commitModel, inspectModels, recogniseModel, type Recognition } from './models.ts';
import { ProgressMeter } from './progress-meter.ts';
import { versionFor } from './record-version.ts';
import { requireRoom } from './storage.ts';
import type { StoredModel } from './types.ts';

/** Elements converted at a time: small beside the windows that the file is read in, so that few lie across two and are copied. */
const PIECE_ELEMENTS = 1 << 18;

/** The file is fine, but not something this version makes images with. The message names what it is. */
export class UnsupportedModelError extends Error {
  override readonly name = 'UnsupportedModelError';
}

/** NaN or infinity among the weights; the person may import the file all the same. */
export class NonFiniteWeightsError extends Error {
  override readonly name = 'NonFiniteWeightsError';
}

/** Bytes of the file do not have the checksums that it gives them; the person may import it all the same. */
export class ChecksumError extends Error {
  override readonly name = 'ChecksumError';
}

/** The import was cancelled by the person. */
class CancelledError extends Error {}

/**
 * Imports a file into the library. `signal` cancels it; then nothing is left behind. `hasher` is used by nobody else meanwhile. Only one import at a time: hold IMPORT_LOCK.
 * Rejects with CheckpointError (not readable), UnsupportedModelError, NonFiniteWeightsError, ChecksumError or StorageFullError.
 */
export async function importModel(
  { id, file, sidecar, options }: ImportOrder,
  onProgress: (progress: ImportProgress) => void,
  signal: AbortSignal,
  hasher?: Hasher,
): Promise<ImportOutcome> {
  const { name, size, lastModified } = file;
  const facts = { name, size, lastModified, source: blobSource(file) };
  const order = { id, file: facts, sidecar: () => readSidecar(sidecar), options };
  return importSource({ ...order, ...(hasher && { hasher }) }, onProgress, signal);
}

/** What is imported, wherever its bytes come from: they are read once, front to back, save for samples. */
export interface SourceOrder extends Pick<ImportOrder, 'id' | 'options'> {
  readonly file: FileFacts & { readonly source: ByteSource };
  readonly sidecar: () => Promise<Sidecar | null>;
  /** Of another thread; absent: bytes are hashed by whoever reads them. */
  readonly hasher?: Hasher;
}

/** The same for bytes that are no file. */
export async function importSource(
  order: SourceOrder,
  onProgress: (progress: ImportProgress) => void,
  signal: AbortSignal,
): Promise<ImportOutcome> {
  try {
    return await new Import(order, onProgress, signal).run();
  } catch (error) {
    if (error instanceof CancelledError || signal.aborted) return { status: 'cancelled' };
    throw error;
  }
}

/** What an import knows of a model once its bytes are stored. */
type Stored = Pick<
  StoredModel,
  'fingerprint' | 'detection' | 'buffers' | 'clamped' | 'nonFinite' | 'mismatched' | 'chunks' | 'tensors'
>;

class Import {
  readonly #meter: ProgressMeter;

  constructor(
    private readonly order: SourceOrder,
    onProgress: (progress: ImportProgress) => void,
    private readonly signal: AbortSignal,
  ) {
    this.#meter = new ProgressMeter(order.file.size, onProgress);
  }

  async run(): Promise<ImportOutcome> {
    const { file, options } = this.order;
    this.#meter.report('reading', 0, true);
    const sidecar = await this.order.sidecar();
    const fingerprint = await fingerprintOf(file.source);
    const source = await this.#hashing('converting');
    const checkpoint = await openModelFile(source);
    const shapes = tensorShapes(checkpoint);
    const recognised = detect(shapes, checkpoint.metadata, sidecar);
    const { buffers, notes } = await readBuffers(checkpoint, recognised);
    const detection = { ...recognised, notes: [...recognised.notes, ...notes] };
    if (!detection.supported) {
      throw new UnsupportedModelError(
        detection.unsupportedReason ?? `${detection.label} is not supported yet.`,
      );
    }
    const found: Recognition = {
      anew: { detection, buffers },
      // A sidecar dropped with it this time may change what shapes cannot tell.
      ...(sidecar ? { detection } : {}),
      ...(options.prediction ? { predictionOverride: options.prediction } : {}),
    };
    return (
      (await this.#recognise(fingerprint, found)) ??
      (await withIntent(this.order.id, () =>
        isKeptAsFile(detection)
          ? this.#keep(source, checkpoint, { fingerprint, detection })
          : this.#store(source, checkpoint, { fingerprint, detection, buffers }),
      ))
    );
  }

  /** Whether the file is in the library, weights and all. Null: it is to be imported. */
  async #recognise(fingerprint: string, found: Recognition): Promise<ImportOutcome | null> {
    const { file, options } = this.order;
    const alike = mayBe((await inspectModels()).models, file, fingerprint);
    if (alike.length === 0) return null;
    const known = options.readAgain ? null : knownFile(alike, file, fingerprint);
    const facts = await this.#fileFacts(fingerprint);
    if (known) {
      const model = await recogniseModel(known.sha256, { ...found, file: facts });
      if (model) return { status: 'already-there', model, readWhole: false };
    }
    const source = await this.#hashing('comparing');
    source.startHashing();
    const { sha256 } = await source.finish();
    if (!alike.some((model) => model.sha256 === sha256)) return null;
    this.#checkExpected(sha256);
    const model = await recogniseModel(sha256, { ...found, file: facts });
    return model && { status: 'already-there', model, readWhole: true };
  }

  async #store(
    source: HashingSource,
    checkpoint: Checkpoint,
    known: Pick<StoredModel, 'fingerprint' | 'detection' | 'buffers'>,
  ): Promise<ImportOutcome> {
    const { file, options, id } = this.order;
    const plan = planWeights(tensorShapes(checkpoint), known.detection);
    const needed = plan.reduce((sum, entry) => sum + 2 * elementCount(entry.shape), 0);
    await requireRoom(needed);
    source.startHashing(checksumsOf(checkpoint, plan));
    const writer = new ChunkWriter(id, needed);
    try {
      const problems = await convert(checkpoint, plan, writer, options, this.signal);
      this.#meter.report('finishing', file.size, true);
      const { sha256, mismatched } = await source.finish();
      await writer.finish();
      this.#checkExpected(sha256);
      if (mismatched > 0 && !options.allowMismatch) throw checksumError(mismatched);
      return await this.#commit(sha256, {
        ...known,
        ...problems,
        ...(mismatched > 0 ? { mismatched } : {}),
        chunks: writer.chunks,
        tensors: writer.tensors,
      });
    } finally {
      await writer.settled();
    }
  }

  /** Add-ons stay what they were: `tensors` of the record are empty. */
  async #keep(
    source: HashingSource,
    checkpoint: Checkpoint,
    known: Pick<StoredModel, 'fingerprint' | 'detection'>,
  ): Promise<ImportOutcome> {
    // What is wrong with its numbers is said now, not when a picture is made.
    if (known.detection.embedding) await readEmbedding(checkpoint);
    await requireRoom(source.size);
    const dataHash = known.detection.lora && (await DataHash.of(source));
    source.startHashing();
    const chunks = await keepFile(this.order.id, source, (bytes, start) => dataHash?.update(bytes, start));
    const { sha256 } = await source.finish();
    this.#checkExpected(sha256);
    const stored = { chunks, tensors: [], clamped: [], nonFinite: [] };
    return this.#commit(sha256, { ...known, ...stored, ...(dataHash && { dataSha256: dataHash.hex() }) });
  }

  async #commit(sha256: string, stored: Stored): Promise<ImportOutcome> {
    const { file, options, id } = this.order;
    if (this.signal.aborted) throw new CancelledError();
    const { fingerprint, buffers, detection, chunks, ...rest } = stored;
    const facts = await this.#fileFacts(fingerprint);
    const model = await commitModel(sha256, id, (twin) => ({
      version: versionFor(detection),
      sha256,
      ...facts,
      name: twin?.name ?? (file.name.replace(/\.[^.]*$/, '') || file.name),
      fileSize: file.size,
      storedSize: chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
      importedAt: Date.now(),
      detection,
      predictionOverride: options.prediction ?? twin?.predictionOverride ?? null,
      ...(buffers && { buffers }),
      soundPositions: twin?.soundPositions ?? false,
      ...rest,
      chunks,
    }));
    if (model) return { status: 'imported', model };
    const twin = await recogniseModel(sha256, { file: facts });
    if (!twin) throw new Error('The model was deleted while its file was read. Import it again.');
    return { status: 'already-there', model: twin, readWhole: true };
  }

  #hashing(stage: 'comparing' | 'converting'): Promise<HashingSource> {
    const { file, hasher } = this.order;
    const onHashed = (hashed: number) => {
      if (this.signal.aborted) throw new CancelledError();
      this.#meter.report(stage, hashed);
    };
    return HashingSource.create(file.source, onHashed, hasher && { hasher });
  }

  async #fileFacts(fingerprint: string) {
    const { file } = this.order;
    const oldHash = await oldHashOf(file.source);
    return { fingerprint, fileName: file.name, fileModified: file.lastModified, oldHash };
  }

  #checkExpected(sha256: string): void {
    const { file, options } = this.order;
    if (options.sha256 === null || options.sha256 === sha256) return;
    throw new Error(
      `${file.name} is not the file it should be (its SHA-256 begins with ${sha256.slice(0, 10)}, not with ` +
        `${options.sha256.slice(0, 10)}): it was damaged on its way. Reload the page and try again.`,
    );
  }
}

/** Of the stretches that hold weights of the plan. */
function checksumsOf(checkpoint: Checkpoint, plan: readonly WeightPlanEntry[]) {
  const wanted = new Set(plan.flatMap(({ sources }) => sources));
  return (checkpoint.checksums ?? []).filter(({ tensors }) => tensors.some((name) => wanted.has(name)));
}

/** torch does not compare them: whoever wants what it would draw may go on. */
function checksumError(count: number): ChecksumError {
  const parts = count === 1 ? 'One part' : `${count} parts`;
  return new ChecksumError(
    `${parts} of the weights do not have the checksum that the file gives them: it was damaged after it was made. ` +
      'Download it again, or import it anyway: then it draws what PyTorch, which does not compare them, would draw.',
  );
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
    const note = (found: HalfReport, source: string): void => {
      counts.clamped += found.clamped;
      counts.nonFinite += found.nonFinite;
      if (found.nonFinite > 0 && !options.allowNonFinite) throw nonFiniteError(source, found.nonFinite);
    };
    const fill = async (out: Uint16Array, first: number) => {
      if (signal.aborted) throw new CancelledError();
      if (entry.form === 'roots') {
        const [source] = entry.sources as [string];
        note(
          rootsToHalves(await checkpoint.read(source), checkpoint.tensors.get(source)!.dtype, out),
          source,
        );
        return;
      }
      let [written, before] = [0, 0];
      for (const source of entry.sources) {
        const info = checkpoint.tensors.get(source)!;
        const end = Math.min(info.elementCount, first + out.length - before);
        for (let start = Math.max(0, first - before); start < end; start += PIECE_ELEMENTS) {
          if (signal.aborted) throw new CancelledError();
          const count = Math.min(PIECE_ELEMENTS, end - start);
          const bytes = await checkpoint.read(source, start, count);
          note(toFloat16(bytes, info.dtype, out.subarray(written, written + count)), source);
          written += count;
        }
        before += info.elementCount;
      }
      if (entry.transpose) transposeInPlace(out, entry.shape);
    };
    const inOne = entry.transpose || entry.form !== undefined;
    await writer.add(entry, elementCount(entry.shape), fill, inOne);
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
export async function readSidecar(file: File | null): Promise<Sidecar | null> {
  if (!file) return null;
  if (file.size > MAX_SIDECAR_SIZE) {
    throw new Error(
      `"${file.name}" is too large for a model's configuration (over 1 MB). Drop the checkpoint without it.`,
    );
  }
  return parseSidecar(new Uint8Array(await file.arrayBuffer()));
}
