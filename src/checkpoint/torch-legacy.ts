// torch.save's files before 1.6: five pickles one after the other (magic number, protocol version, system
// information, the object, the storages' keys), then for each key an element count (int64) and the elements.
// (torch/serialization.py `_legacy_save`, `_legacy_load`)
import { readPickle, type PickleResult } from './pickle.ts';
import { PickleDict, PickleList } from './pickle-values.ts';
import { torchCheckpoint, type StorageBytes } from './torch-checkpoint.ts';
import { checkTorchGlobal } from './torch-globals.ts';
import { collectTensors } from './torch-state.ts';
import { StorageTable } from './torch-storage.ts';
import { CheckpointError, type ByteSource, type Checkpoint } from './types.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
/** The pickles have no length in the file: this much is read at first, and more while one is not complete. */
const FIRST_WINDOW = 512 * 1024;
const MAX_WINDOW = 32 * 2 ** 20;

/** Does the file begin with a pickle? Protocol 2 to 5 say so; older ones begin with torch's number written out. */
export function looksLikeLegacy(head: Uint8Array): boolean {
  if (head[0] === 0x80 && head[1] !== undefined && head[1] <= 5) return true;
  const written = `L${MAGIC}L\n.`;
  return String.fromCharCode(...head.subarray(0, written.length)) === written;
}

/** Reads the pickles of a legacy torch file and finds its storages. Throws CheckpointError. */
export async function openTorchLegacy(source: ByteSource): Promise<Checkpoint> {
  const pickles = new PickleSequence(source);
  if ((await pickles.next()).value !== MAGIC) {
    throw new CheckpointError('not-a-checkpoint', 'This is a Python pickle, but not a PyTorch checkpoint.');
  }
  const version = (await pickles.next()).value;
  if (version !== PROTOCOL_VERSION) {
    throw new CheckpointError(
      'unsupported',
      `The file is of an unknown PyTorch format (version ${shown(version)}).`,
    );
  }
  checkSystem((await pickles.next()).value);

  const object = await pickles.next();
  const storages = new StorageTable();
  // The length of every storage is needed to find the next one, also of those that hold no weights.
  for (const reference of object.persistent) storages.resolve(reference);
  const state = collectTensors(object.value, storages);
  const keys = await pickles.next();
  return torchCheckpoint(
    'torch-legacy',
    state,
    await findStorages(source, pickles.position, readKeys(keys.value), storages),
  );
}

function checkSystem(value: unknown): void {
  if (!(value instanceof PickleDict)) {
    throw new CheckpointError('corrupt', "The file's system information is damaged. Download it again.");
  }
  if (value.entries.get('little_endian') === false) {
    throw new CheckpointError(
      'unsupported',
      'The file was written on a big-endian machine, which cannot be read.',
    );
  }
}

function readKeys(value: unknown): string[] {
  const keys = value instanceof PickleList ? value.items : [];
  if (
    keys.length === 0 ||
    !keys.every((key) => typeof key === 'string') ||
    new Set(keys).size !== keys.length
  ) {
    throw new CheckpointError('corrupt', "The list of the file's storages is damaged. Download it again.");
  }
  return keys as string[];
}

async function findStorages(
  source: ByteSource,
  start: number,
  keys: readonly string[],
  storages: StorageTable,
): Promise<Map<string, StorageBytes>> {
  const found = new Map<string, StorageBytes>();
  let at = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined) {
      throw new CheckpointError(
        'corrupt',
        `The file lists a storage ${shown(key)} that it does not describe.`,
      );
    }
    const header = await source.read(at, 8);
    const count = new DataView(header.buffer, header.byteOffset, 8).getBigInt64(0, true);
    if (count !== BigInt(storage.count)) {
      throw new CheckpointError(
        'corrupt',
        `Storage ${key} is described with ${storage.count} elements, but claims ${count}. The file is damaged: download it again.`,
      );
    }
    const position = at + 8;
    const length = storage.count * storage.kind.size;
    at = position + length;
    if (at > source.size) {
      throw new CheckpointError(
        'truncated',
        `The file ends in the middle of storage ${key}: ${at - source.size} or more bytes are missing. Download it again.`,
      );
    }
    const read = (offset: number, size: number): Promise<Uint8Array> => source.read(position + offset, size);
    found.set(key, { position, compressed: false, length, read });
  }
  return found;
}

/** Pickles that follow each other, each with a memo of its own. */
class PickleSequence {
  /** Offset in the file of the next pickle. */
  position = 0;
  private window: Uint8Array = new Uint8Array(0);
  private windowStart = 0;

  constructor(private readonly source: ByteSource) {}

  async next(): Promise<PickleResult> {
    for (let length = FIRST_WINDOW; ; length *= 4) {
      try {
        const result = readPickle(this.window, this.position - this.windowStart, checkTorchGlobal);
        this.position = this.windowStart + result.end;
        return result;
      } catch (error) {
        const short = error instanceof CheckpointError && error.code === 'truncated';
        if (!short || this.windowStart + this.window.length === this.source.size) throw error;
      }
      if (length > MAX_WINDOW) {
        throw new CheckpointError(
          'unsupported',
          `The description of the model is longer than ${MAX_WINDOW} bytes, far more than any model needs.`,
        );
      }
      this.windowStart = this.position;
      const left = this.source.size - this.position;
      this.window = await this.source.read(this.position, Math.min(length, left));
    }
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value).slice(0, 40) : '?';
}
