// The safetensors container: 8 bytes header length, a JSON header, then the tensors' bytes without gaps.
// Rules as in https://github.com/huggingface/safetensors (README "Format", safetensors/src/tensor.rs `validate`).
import { JsonError, parseJson, type JsonValue } from './json.ts';
import { elementRange, quote, requireReadable, shapeProduct } from './tensor.ts';
import {
  BYTES_PER_ELEMENT,
  CheckpointError,
  type ByteSource,
  type Checkpoint,
  type DType,
  type TensorInfo,
  type UnreadableTensor,
} from './types.ts';

/** The format's own limit. */
const MAX_HEADER = 100_000_000;
const OPEN_BRACE = 0x7b;

interface Located {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elementCount: number;
  /** As the file calls it; perhaps none that is known here. */
  readonly format: string;
  /** Bytes relative to the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/** Does the file look like safetensors? `head`: its first bytes. */
export function looksLikeSafetensors(head: Uint8Array): boolean {
  return head.length > 8 && head[8] === OPEN_BRACE;
}

/** Reads and checks the header. Throws CheckpointError. */
export async function openSafetensors(source: ByteSource): Promise<Checkpoint> {
  const headerLength = await readHeaderLength(source);
  const header = parseHeader(await source.read(8, headerLength));
  const dataStart = 8 + headerLength;
  const metadata = readMetadata(header.get('__metadata__'));

  const located: Located[] = [];
  for (const [name, entry] of header) {
    if (name !== '__metadata__') located.push(readEntry(name, entry));
  }
  checkLayout(located, source.size - dataStart);

  const tensors = new Map<string, TensorInfo>();
  const unreadable = new Map<string, UnreadableTensor>();
  for (const { name, format, shape, elementCount, begin } of located) {
    if (isDType(format)) {
      tensors.set(name, { name, dtype: format, shape, elementCount, position: dataStart + begin });
    } else unreadable.set(name, { shape, form: `the number format ${quote(format)}` });
  }
  requireReadable(tensors, unreadable);
  return {
    format: 'safetensors',
    tensors,
    unreadable,
    metadata,
    async read(name, start, count) {
      const range = elementRange(tensors, name, start, count);
      const size = BYTES_PER_ELEMENT[range.info.dtype];
      return source.read(range.info.position + range.start * size, range.count * size);
    },
  };
}

async function readHeaderLength(source: ByteSource): Promise<number> {
  if (source.size < 8) {
    throw new CheckpointError(
      'truncated',
      'The file is too short to be a safetensors file. Download it again.',
    );
  }
  const bytes = await source.read(0, 8);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER)) {
    throw new CheckpointError(
      'corrupt',
      `The safetensors header claims ${length} bytes; the format allows ${MAX_HEADER}.`,
    );
  }
  if (Number(length) > source.size - 8) {
    throw new CheckpointError(
      'truncated',
      `The safetensors header claims ${length} bytes, more than the file has. The file is incomplete: download it again.`,
    );
  }
  return Number(length);
}

function parseHeader(bytes: Uint8Array): Map<string, JsonValue> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CheckpointError('corrupt', 'The safetensors header is not UTF-8 text.');
  }
  if (!text.startsWith('{')) {
    throw new CheckpointError('corrupt', 'The safetensors header is not a JSON object.');
  }
  try {
    const header = parseJson(text, 8);
    if (header instanceof Map) return header;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new CheckpointError('corrupt', `The safetensors header cannot be read: ${error.message}.`);
  }
  throw new CheckpointError('corrupt', 'The safetensors header is not a JSON object.');
}

function readMetadata(value: JsonValue | undefined): Map<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined) return metadata;
  if (!(value instanceof Map)) {
    throw new CheckpointError('corrupt', 'The safetensors metadata is not an object.');
  }
  for (const [key, text] of value) {
    if (typeof text !== 'string') {
      throw new CheckpointError('corrupt', `The safetensors metadata ${quote(key)} is not a text.`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

function readEntry(name: string, entry: JsonValue): Located {
  const wrong = (what: string): never => {
    throw new CheckpointError('corrupt', `Tensor ${quote(name)} ${what}.`);
  };
  if (!(entry instanceof Map)) return wrong('is not described by an object');

  const format = entry.get('dtype');
  if (typeof format !== 'string') return wrong('has no dtype');

  const shape = naturals(entry.get('shape')) ?? wrong('has no valid shape');
  const elementCount = shapeProduct(shape) ?? wrong('has an impossible shape');

  const [begin, end, ...more] = naturals(entry.get('data_offsets')) ?? wrong('has no valid data offsets');
  if (begin === undefined || end === undefined || more.length > 0 || end < begin) {
    return wrong('has no valid data offsets');
  }
  const bits = bitsOf(format);
  if (bits === null) {
    throw new CheckpointError(
      'unsupported',
      `Tensor ${quote(name)} has the unknown number format ${quote(format)}.`,
    );
  }
  if (Math.ceil((elementCount * bits) / 8) !== end - begin) {
    return wrong(
      `has ${end - begin} bytes of data, but its shape [${shape.join(', ')}] of ${format} needs another size`,
    );
  }
  return { name, format, shape, elementCount, begin, end };
}

/** Of an element. Formats that are not read here say it in their names, too: "F8_E8M0", "F4", "C64". */
function bitsOf(format: string): number | null {
  if (isDType(format)) return 8 * BYTES_PER_ELEMENT[format];
  const bits = /^[A-Z]{1,4}([1-9]\d{0,2})(_[A-Z0-9]{1,16})?$/.exec(format)?.[1];
  return bits === undefined ? null : Number(bits);
}

function isDType(format: string): format is DType {
  return Object.hasOwn(BYTES_PER_ELEMENT, format);
}

/** The value as a list of safe non-negative integers, or null. */
function naturals(value: JsonValue | undefined): number[] | null {
  if (!Array.isArray(value)) return null;
  const ok = value.every((n) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0);
  return ok ? (value as number[]) : null;
}

/** The format wants every byte of the data owned by exactly one tensor. */
function checkLayout(tensors: readonly Located[], dataLength: number): void {
  const byPlace = [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const tensor of byPlace) {
    if (tensor.begin !== at) {
      throw new CheckpointError(
        'corrupt',
        tensor.begin < at
          ? `Tensor ${quote(tensor.name)} overlaps another one.`
          : `There are bytes before tensor ${quote(tensor.name)} that belong to no tensor.`,
      );
    }
    at = tensor.end;
  }
  if (at > dataLength) {
    throw new CheckpointError(
      'truncated',
      `The tensors need ${at} bytes, but the file holds ${dataLength}. It is incomplete: download it again.`,
    );
  }
  if (at < dataLength) {
    throw new CheckpointError(
      'corrupt',
      `The file has ${dataLength - at} bytes after the last tensor, which the format forbids.`,
    );
  }
}
