// A checkpoint as a safetensors file that is made while it is read: the header first, then each tensor's bytes.
import { BYTES_PER_ELEMENT, type ByteSource, type Checkpoint, type TensorInfo } from './types.ts';

/** Elements asked of the checkpoint at a time: small beside the windows that it is read in, so that few lie across two. */
const PIECE = 1 << 17;

export interface SafetensorsFile extends ByteSource {
  /** Bytes before the first tensor. */
  readonly headerSize: number;
  /** Fills `out` with the bytes from `offset` on. Rejects as `read` does. */
  readInto(offset: number, out: Uint8Array): Promise<void>;
}

/**
 * The tensors in the checkpoint's order, without gaps, and its metadata. Types should not become wider on the way, so that every
 * tensor is aligned to its elements. Reading front to back reads the checkpoint so.
 */
export function safetensorsFile(checkpoint: Checkpoint): SafetensorsFile {
  const places: { readonly info: TensorInfo; readonly begin: number; readonly end: number }[] = [];
  let at = 0;
  for (const info of checkpoint.tensors.values()) {
    const begin = at;
    at += info.elementCount * BYTES_PER_ELEMENT[info.dtype];
    places.push({ info, begin, end: at });
  }
  const head = safetensorsHeader(checkpoint.tensors.values(), checkpoint.metadata);
  const size = head.length + at;
  /** Where the last read ended: the next one usually goes on there. */
  let next = 0;

  /** Index of the tensor that holds the data's byte `offset`. */
  const placeAt = (offset: number): number => {
    const holds = (i: number): boolean => offset >= places[i]!.begin && offset < places[i]!.end;
    if (next < places.length && holds(next)) return next;
    let [low, high] = [0, places.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (places[middle]!.end <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const readInto = async (offset: number, out: Uint8Array): Promise<void> => {
    if (offset < head.length) out.set(head.subarray(offset, offset + out.length));
    let from = Math.max(0, offset - head.length);
    const end = offset + out.length - head.length;
    for (let i = from < end ? placeAt(from) : 0; from < end; i++) {
      const place = places[i]!;
      const until = Math.min(end, place.end);
      const target = out.subarray(from + head.length - offset);
      await readTensor(checkpoint, place.info, from - place.begin, until - place.begin, target);
      from = until;
      next = i;
    }
  };
  const check = (offset: number, length: number): void => {
    if (offset >= 0 && length >= 0 && offset + length <= size) return;
    throw new RangeError(`Not in the file: bytes ${offset} to ${offset + length}.`);
  };

  return {
    size,
    headerSize: head.length,
    async readInto(offset, out) {
      check(offset, out.length);
      await readInto(offset, out);
    },
    async read(offset, length) {
      check(offset, length);
      const out = new Uint8Array(length);
      await readInto(offset, out);
      return out;
    },
  };
}

/** Bytes [from, to) of a tensor to the beginning of `out`. */
async function readTensor(
  checkpoint: Checkpoint,
  { name, dtype }: TensorInfo,
  from: number,
  to: number,
  out: Uint8Array,
): Promise<void> {
  const bytes = BYTES_PER_ELEMENT[dtype];
  for (let at = from; at < to;) {
    const first = Math.floor(at / bytes);
    const count = Math.min(PIECE, Math.ceil(to / bytes) - first);
    const read = await checkpoint.read(name, first, count);
    const begin = at - first * bytes;
    const part = read.subarray(begin, Math.min(read.length, to - first * bytes));
    out.set(part, at - from);
    at += part.length;
  }
}

/** Everything before the data of these tensors, which follow without gaps. Padded, so that the data begins at a multiple of 8. */
export function safetensorsHeader(
  tensors: Iterable<Pick<TensorInfo, 'name' | 'dtype' | 'shape' | 'elementCount'>>,
  metadata: ReadonlyMap<string, string>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (metadata.size > 0) header['__metadata__'] = Object.fromEntries(metadata);
  let at = 0;
  for (const { name, dtype, shape, elementCount } of tensors) {
    const end = at + elementCount * BYTES_PER_ELEMENT[dtype];
    header[name] = { dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}
