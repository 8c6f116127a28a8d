// Writes tensors that are made as they are written, as .safetensors or as torch's .ckpt: gigabytes in little memory.
import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeZip } from 'client-zip';
import { P, storage, tensor, type Part } from '../src/checkpoint/testing.ts';
import { bytesOf, generator, type Entry } from './full-size-weights.ts';

type Fill = (entry: Entry) => Iterable<Uint8Array<ArrayBuffer>>;

/** A checkpoint of random weights. An interrupted run leaves nothing that looks like a finished file. */
export async function writeStandIn(
  out: string,
  entries: readonly Entry[],
  format: 'safetensors' | 'ckpt',
  seed: number,
): Promise<void> {
  const random = generator(seed);
  const bytes = (format === 'ckpt' ? torchFile : safetensorsFile)(entries, (entry) => bytesOf(entry, random));
  mkdirSync(dirname(out), { recursive: true });
  const part = `${out}.part`;
  const file = openSync(part, 'w');
  try {
    for await (const piece of bytes) writeAll(file, piece);
  } finally {
    closeSync(file);
  }
  renameSync(part, out);
}

/** writeSync may write less than asked. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) done += writeSync(descriptor, bytes, done);
}

/** The file's bytes in order; pieces are good until the next. */
export async function* safetensorsFile(entries: readonly Entry[], fill: Fill): AsyncGenerator<Uint8Array> {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const { name, shape, dtype, bytes } of entries) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  yield length;
  yield text;
  for (const entry of entries) yield* fill(entry);
}

const STORAGES = { F32: 'FloatStorage', F16: 'HalfStorage', I64: 'LongStorage' } as const;

/** torch.save({"state_dict": ...}), as the published .ckpt files are: a zip with data.pkl and one file a storage. */
export async function* torchFile(entries: readonly Entry[], fill: Fill): AsyncGenerator<Uint8Array> {
  const state = entries.map(({ name, shape, dtype, count }, index): readonly [Part, Part] => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    return [P.text(name), tensor(storage(STORAGES[dtype], String(index), count), 0, shape, strides)];
  });
  const pickle = P.pickle(P.dict([P.text('state_dict'), P.dict(...state)]));
  const lastModified = new Date(2022, 7, 22);
  async function* files() {
    yield { name: 'archive/data.pkl', input: pickle, lastModified };
    for (const [index, entry] of entries.entries()) {
      yield { name: `archive/data/${index}`, input: copies(fill(entry)), size: entry.bytes, lastModified };
    }
    yield { name: 'archive/version', input: '3\n', lastModified };
  }
  const reader = makeZip(files()).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

/** The zip writer may hold a piece while it asks for the next. */
async function* copies(pieces: Iterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const piece of pieces) yield piece.slice();
}
