// The bytes of a pickle, read forwards: the arguments of its opcodes. Every length is checked against what is there
// before anything is allocated.
import { narrow, parseInteger } from './pickle-text.ts';
import { CheckpointError } from './types.ts';

/** Longest line that is not a text: module and class names, numbers. */
const MAX_LINE = 4096;
/** Bytes of the largest integer accepted; nobody's are larger, and building them costs time. */
const MAX_INTEGER_BYTES = 1024;

export class PickleBytes {
  private readonly data: DataView;
  private readonly utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  /** `at`: offset of the next byte. */
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {
    this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Refuses the pickle; `what` goes on from "The description of the model". */
  fail(what: string): never {
    throw new CheckpointError(
      'corrupt',
      `The description of the model ${what} (at byte ${this.at}). The file is damaged: download it again.`,
    );
  }

  /** Throws unless `length` further bytes are there. */
  need(length: number): void {
    if (length > this.bytes.length - this.at) {
      throw new CheckpointError(
        'truncated',
        'The description of the model ends too early. The file is incomplete or damaged: download it again.',
      );
    }
  }

  /** Steps over `length` bytes and returns where they began. */
  private take(length: number): number {
    this.need(length);
    const from = this.at;
    this.at += length;
    return from;
  }

  uint8(): number {
    return this.data.getUint8(this.take(1));
  }

  uint32(): number {
    return this.data.getUint32(this.take(4), true);
  }

  /** A length. Beyond the safe range it is rounded, which does not matter: nothing is that long. */
  uint64(): number {
    return Number(this.data.getBigUint64(this.take(8), true));
  }

  uint16(): number {
    return this.data.getUint16(this.take(2), true);
  }

  int32(): number {
    return this.data.getInt32(this.take(4), true);
  }

  float64BigEndian(): number {
    return this.data.getFloat64(this.take(8), false);
  }

  /** A copy, so that a small text does not hold on to the whole pickle. */
  slice(length: number): Uint8Array {
    const from = this.take(length);
    return this.bytes.slice(from, from + length);
  }

  /** UTF-8. */
  text(length: number): string {
    const from = this.take(length);
    try {
      return this.utf8.decode(this.bytes.subarray(from, from + length));
    } catch {
      return this.fail('has a text that is not UTF-8');
    }
  }

  /** A Python 2 string, which nobody said the encoding of: UTF-8 if it can be, else latin-1. */
  oldString(bytes: Uint8Array): string {
    try {
      return this.utf8.decode(bytes);
    } catch {
      return latin1(bytes);
    }
  }

  /** A two's complement integer of any length. */
  long(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) this.fail(`has an integer of ${length} bytes`);
    const from = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[from + i]!);
    return narrow(BigInt.asIntN(length * 8, value));
  }

  /** The line ahead without its end, one character a byte. */
  line(maxLength = MAX_LINE): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) this.need(Infinity);
    if (end - this.at > maxLength) this.fail('has a line that is too long');
    const line = latin1(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return line;
  }

  /** A line that holds a memo index. */
  lineInteger(): number {
    const value = parseInteger(this.line());
    return typeof value === 'number' && value >= 0 ? value : this.fail('has a bad memo index');
  }
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  // In pieces: the arguments of a call live on the (small) call stack.
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}
