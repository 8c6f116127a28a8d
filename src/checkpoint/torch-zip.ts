// torch.save's files since 1.6: a zip with one folder that holds data.pkl (the object) and data/KEY (its storages).
// (torch/serialization.py `_save`, caffe2/serialize/inline_container.cc)
import { crc32 } from './crc32.ts';
import { inflatedReader } from './inflate.ts';
import { moduleGlobals } from './module-globals.ts';
import { readPickle } from './pickle.ts';
import type { RangeReader } from './strided.ts';
import { quote } from './tensor.ts';
import { torchCheckpoint, type StorageBytes } from './torch-checkpoint.ts';
import { collectTensors } from './torch-state.ts';
import { StorageTable } from './torch-storage.ts';
import { CheckpointError, type ByteSource, type Checkpoint, type Checksum } from './types.ts';
import { locateEntry, readZipDirectory, type ZipDirectory, type ZipEntry } from './zip.ts';

/** The description of a model is some hundred kB; with a whole training's history some MB. */
const MAX_PICKLE = 32 * 2 ** 20;
/** An entry that unpacks to more than both is no weights but a bomb: weights hardly shrink. */
const BOMB_SIZE = 16 * 2 ** 20;
const BOMB_RATIO = 100;
/** Local headers read at once. */
const PARALLEL = 32;

/** Reads directory and description of a torch zip. Throws CheckpointError. */
export async function openTorchZip(source: ByteSource): Promise<Checkpoint> {
  const directory = await readZipDirectory(source);
  const root = findRoot(directory);
  await checkByteOrder(source, directory, root);

  const storages = new StorageTable();
  const pickle = await readDescription(source, directory, `${root}/data.pkl`);
  const state = collectTensors(pickle, storages);

  const bytes = new Map<string, StorageBytes>();
  const checksums: Checksum[] = [];
  const keys = [...new Set(state.tensors.filter((t) => !t.storage.embedded).map((t) => t.storage.key))];
  for (let i = 0; i < keys.length; i += PARALLEL) {
    await Promise.all(
      keys.slice(i, i + PARALLEL).map(async (key) => {
        const entry = directory.entries.get(`${root}/data/${key}`);
        if (entry === undefined) return;
        const storage = await storageBytes(source, directory, entry);
        bytes.set(key, storage);
        // torch can be told to write none; then the field is zero. It packs nothing; what others packed fails to unpack.
        if (entry.deflated || entry.crc === 0) return;
        const within = state.tensors.filter((t) => !t.storage.embedded && t.storage.key === key);
        const names = within.map(({ name }) => name);
        checksums.push({ start: storage.position, length: entry.size, crc: entry.crc, tensors: names });
      }),
    );
  }
  return { ...torchCheckpoint('torch-zip', state, bytes), checksums };
}

function findRoot(directory: ZipDirectory): string {
  const roots: string[] = [];
  for (const name of directory.entries.keys()) {
    const root = /^([^/]+)\/data\.pkl$/.exec(name)?.[1];
    if (root !== undefined) roots.push(root);
  }
  const [root] = roots;
  if (root === undefined) {
    throw new CheckpointError(
      'not-a-checkpoint',
      'This is a zip, but not a PyTorch checkpoint: it has no data.pkl. If the model is packed inside, unpack it first.',
    );
  }
  if (roots.length > 1) {
    throw new CheckpointError(
      'corrupt',
      'The file has more than one data.pkl: it is not one PyTorch checkpoint.',
    );
  }
  return root;
}

async function checkByteOrder(source: ByteSource, directory: ZipDirectory, root: string): Promise<void> {
  const entry = directory.entries.get(`${root}/byteorder`);
  if (entry === undefined) return;
  const bytes = entry.size <= 16 ? await readWhole(source, directory, entry) : new Uint8Array(0);
  const order = new TextDecoder().decode(bytes).trim();
  if (order === 'little') return;
  throw new CheckpointError(
    order === 'big' ? 'unsupported' : 'corrupt',
    `The file declares its numbers to be in ${quote(order)} byte order; only "little" can be read.`,
  );
}

async function readDescription(source: ByteSource, directory: ZipDirectory, name: string) {
  const entry = directory.entries.get(name)!;
  if (entry.size > MAX_PICKLE) {
    throw new CheckpointError(
      'unsupported',
      `The description of the model (data.pkl) has ${entry.size} bytes, far more than any model needs.`,
    );
  }
  const bytes = await readWhole(source, directory, entry);
  // Read before the check: that a file wants to run code is the more important thing to say about it.
  const { value } = readPickle(bytes, 0, moduleGlobals());
  // torch can be told to write no checksums; then the field is zero.
  if (entry.crc !== 0 && crc32(bytes) !== entry.crc) {
    throw new CheckpointError(
      'corrupt',
      'The description of the model (data.pkl) does not match its checksum. The file is damaged: download it again.',
    );
  }
  return value;
}

async function readWhole(source: ByteSource, directory: ZipDirectory, entry: ZipEntry): Promise<Uint8Array> {
  return (await storageBytes(source, directory, entry)).read(0, entry.size);
}

async function storageBytes(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
): Promise<StorageBytes> {
  const position = await locateEntry(source, directory, entry);
  if (entry.deflated && entry.size > Math.max(BOMB_SIZE, BOMB_RATIO * entry.compressedSize)) {
    throw new CheckpointError(
      'unsupported',
      `The entry ${quote(entry.name)} unpacks from ${entry.compressedSize} to ${entry.size} bytes. Weights do not shrink like that: the file was refused.`,
    );
  }
  const stored: RangeReader = (offset, length) => source.read(position + offset, length);
  return {
    position,
    compressed: entry.deflated,
    length: entry.size,
    read: entry.deflated ? inflatedReader(source, position, entry.compressedSize, entry.size) : stored,
  };
}
