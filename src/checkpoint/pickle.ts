// Reads Python pickles, protocols 0 to 5, as data. The opcodes are those of CPython's Lib/pickletools.py. Where Python
// would import and call, this records (see pickle-values.ts): there is nothing in it that a pickle could make run.
// Memory stays within a small multiple of the pickle's own length: lengths are checked against the bytes that are
// there before anything is allocated, and the number of objects is bounded.
import { narrow, parseFloatLine, parseInteger, parseQuoted, parseRawUnicode } from './pickle-text.ts';
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from './pickle-values.ts';
import { quote } from './tensor.ts';
import { CheckpointError } from './types.ts';

const HIGHEST_PROTOCOL = 5;
/** Containers, dictionary entries, stack and memo are each bounded by this; a model has some ten thousand of them. */
const MAX_OBJECTS = 1_000_000;
/** Longest line that is not a text: module and class names, numbers. */
const MAX_LINE = 4096;
/** Bytes of the largest integer accepted; nobody's are larger, and building them costs time. */
const MAX_INTEGER_BYTES = 1024;

const EMPTY_TUPLE = new PickleTuple([]);

export interface PickleResult {
  readonly value: PickleValue;
  /** Offset just after the STOP opcode. */
  readonly end: number;
  /** Every reference to outside data in the pickle, in order. */
  readonly persistent: readonly PicklePersistent[];
}

/**
 * Reads the pickle that starts at `start`. `checkGlobal` is asked about every name the pickle imports and throws to
 * refuse it. Throws CheckpointError: 'truncated' when the bytes end before the pickle does, 'corrupt', 'forbidden'.
 */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  checkGlobal: (global: PickleGlobal) => void,
): PickleResult {
  return new PickleReader(bytes, start, checkGlobal).run();
}

class PickleReader {
  private readonly data: DataView;
  private readonly utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private stack: PickleValue[] = [];
  /** Stack heights at the open MARKs; nothing below the last one can be popped. */
  private marks: number[] = [];
  private memo = new Map<number, PickleValue>();
  private persistent: PicklePersistent[] = [];
  private objects = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly checkGlobal: (global: PickleGlobal) => void,
  ) {
    this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): PickleResult {
    for (;;) {
      const opcode = this.uint8();
      if (opcode === 0x2e /* STOP */) {
        const value = this.pop();
        return { value, end: this.at, persistent: this.persistent };
      }
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    switch (opcode) {
      // Frame of a pickle
      case 0x80: // PROTO
        if (this.uint8() > HIGHEST_PROTOCOL) this.corrupt('is of an unknown protocol');
        return;
      case 0x95: // FRAME
        this.need(this.uint64());
        return;

      // Stack
      case 0x28: // MARK
        this.marks.push(this.stack.length);
        return;
      case 0x30: // POP, which also takes back a MARK
        if (this.marks.at(-1) === this.stack.length) this.marks.pop();
        else this.pop();
        return;
      case 0x31: // POP_MARK
        this.popMark();
        return;
      case 0x32: // DUP
        this.push(this.top());
        return;

      // Memo
      case 0x70: // PUT
        this.remember(this.lineInteger());
        return;
      case 0x71: // BINPUT
        this.remember(this.uint8());
        return;
      case 0x72: // LONG_BINPUT
        this.remember(this.uint32());
        return;
      case 0x94: // MEMOIZE
        this.remember(this.memo.size);
        return;
      case 0x67: // GET
        this.push(this.recall(this.lineInteger()));
        return;
      case 0x68: // BINGET
        this.push(this.recall(this.uint8()));
        return;
      case 0x6a: // LONG_BINGET
        this.push(this.recall(this.uint32()));
        return;

      // Simple values
      case 0x4e: // NONE
        this.push(null);
        return;
      case 0x88: // NEWTRUE
        this.push(true);
        return;
      case 0x89: // NEWFALSE
        this.push(false);
        return;
      case 0x49: {
        // INT, which also spells protocol 0's booleans
        const line = this.line(MAX_LINE);
        this.push(line === '00' ? false : line === '01' ? true : this.valid(parseInteger(line), 'number'));
        return;
      }
      case 0x4c: // LONG
        this.push(this.valid(parseInteger(this.line(MAX_LINE)), 'number'));
        return;
      case 0x46: // FLOAT
        this.push(this.valid(parseFloatLine(this.line(MAX_LINE)), 'number'));
        return;
      case 0x4a: // BININT
        this.push(this.data.getInt32(this.take(4), true));
        return;
      case 0x4b: // BININT1
        this.push(this.uint8());
        return;
      case 0x4d: // BININT2
        this.push(this.data.getUint16(this.take(2), true));
        return;
      case 0x8a: // LONG1
        this.push(this.long(this.uint8()));
        return;
      case 0x8b: // LONG4
        this.push(this.long(this.uint32()));
        return;
      case 0x47: // BINFLOAT
        this.push(this.data.getFloat64(this.take(8), false));
        return;

      // Texts
      case 0x8c: // SHORT_BINUNICODE
        this.push(this.text(this.uint8()));
        return;
      case 0x58: // BINUNICODE
        this.push(this.text(this.uint32()));
        return;
      case 0x8d: // BINUNICODE8
        this.push(this.text(this.uint64()));
        return;
      case 0x56: // UNICODE
        this.push(this.valid(parseRawUnicode(this.line(Infinity)), 'text'));
        return;

      // Bytes: Python 2 wrote its strings as such
      case 0x55: // SHORT_BINSTRING
        this.push(this.oldString(this.slice(this.uint8())));
        return;
      case 0x54: // BINSTRING
        this.push(this.oldString(this.slice(this.uint32())));
        return;
      case 0x53: // STRING
        this.push(this.oldString(this.valid(parseQuoted(this.line(Infinity)), 'text')));
        return;
      case 0x43: // SHORT_BINBYTES
        this.push(this.slice(this.uint8()));
        return;
      case 0x42: // BINBYTES
        this.push(this.slice(this.uint32()));
        return;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.push(this.slice(this.uint64()));
        return;
      default:
        this.stepContainers(opcode);
    }
  }

  private stepContainers(opcode: number): void {
    switch (opcode) {
      case 0x5d: // EMPTY_LIST
        this.push(this.counted(new PickleList()));
        return;
      case 0x6c: {
        // LIST
        const list = this.counted(new PickleList());
        pushAll(list.items, this.popMark());
        this.push(list);
        return;
      }
      case 0x61: {
        // APPEND
        const item = this.pop();
        this.listOnTop().push(item);
        return;
      }
      case 0x65: {
        // APPENDS
        const items = this.popMark();
        pushAll(this.listOnTop(), items);
        return;
      }
      case 0x29: // EMPTY_TUPLE
        this.push(EMPTY_TUPLE);
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.push(this.counted(new PickleTuple(this.popMany(opcode - 0x84))));
        return;
      case 0x74: // TUPLE
        this.push(this.counted(new PickleTuple(this.popMark())));
        return;
      case 0x7d: // EMPTY_DICT
        this.push(this.counted(new PickleDict()));
        return;
      case 0x64: {
        // DICT
        const dict = this.counted(new PickleDict());
        this.setItems(dict.entries, this.popMark());
        this.push(dict);
        return;
      }
      case 0x73: {
        // SETITEM
        const pair = this.popMany(2);
        this.setItems(this.dictOnTop(), pair);
        return;
      }
      case 0x75: {
        // SETITEMS
        const pairs = this.popMark();
        this.setItems(this.dictOnTop(), pairs);
        return;
      }
      case 0x8f: // EMPTY_SET
        this.push(this.counted(new PickleSet()));
        return;
      case 0x90: {
        // ADDITEMS
        const items = this.popMark();
        const target = this.top();
        if (!(target instanceof PickleSet)) return this.corrupt('adds to something that is no set');
        pushAll(target.items, items);
        return;
      }
      case 0x91: {
        // FROZENSET
        const set = this.counted(new PickleSet());
        pushAll(set.items, this.popMark());
        this.push(set);
        return;
      }
      default:
        this.stepObjects(opcode);
    }
  }

  private stepObjects(opcode: number): void {
    switch (opcode) {
      case 0x63: // GLOBAL
        this.push(this.global(this.nameLine(), this.nameLine()));
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') {
          return this.corrupt('imports something that is no name');
        }
        this.push(this.global(module, name));
        return;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callee, args] = this.popMany(2);
        this.push(this.object(callee, args));
        return;
      }
      case 0x92: {
        // NEWOBJ_EX: keyword arguments are not looked at by anyone
        const [callee, args] = this.popMany(3);
        this.push(this.object(callee, args));
        return;
      }
      case 0x69: {
        // INST
        const callee = this.global(this.nameLine(), this.nameLine());
        this.push(this.object(callee, new PickleTuple(this.popMark())));
        return;
      }
      case 0x6f: {
        // OBJ
        const [callee, ...args] = this.popMark();
        this.push(this.object(callee, new PickleTuple(args)));
        return;
      }
      case 0x62: {
        // BUILD
        const state = this.pop();
        const target = this.top();
        if (!(target instanceof PickleObject))
          return this.corrupt('sets attributes of something that has none');
        target.state = state;
        return;
      }
      case 0x50: // PERSID
        this.refer(this.line(MAX_LINE));
        return;
      case 0x51: // BINPERSID
        this.refer(this.pop());
        return;
      case 0x82: // EXT1
        return this.extension(this.uint8());
      case 0x83: // EXT2
        return this.extension(this.data.getUint16(this.take(2), true));
      case 0x84: // EXT4
        return this.extension(this.uint32());
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        return this.corrupt('needs buffers that are not in the file');
      default:
        return this.corrupt(`has the unknown opcode 0x${opcode.toString(16)}`);
    }
  }

  // Objects

  private global(module: string, name: string): PickleGlobal {
    const global = this.counted(new PickleGlobal(module, name));
    this.checkGlobal(global);
    return global;
  }

  private object(callee: PickleValue | undefined, args: PickleValue | undefined): PickleObject {
    if (!(callee instanceof PickleGlobal)) return this.corrupt('calls something that is no function');
    if (!(args instanceof PickleTuple)) return this.corrupt('calls with something that is no argument list');
    return this.counted(new PickleObject(callee, args.items));
  }

  private extension(code: number): never {
    throw new CheckpointError(
      'forbidden',
      `The file wants to run code: it asks for entry ${code} of Python's extension registry (copyreg). It was not opened and nothing ran. Do not trust this file.`,
    );
  }

  private refer(id: PickleValue): void {
    const reference = this.counted(new PicklePersistent(id));
    this.persistent.push(reference);
    this.push(reference);
  }

  private listOnTop(): PickleValue[] {
    const target = this.top();
    if (target instanceof PickleList || target instanceof PickleObject) return target.items;
    return this.corrupt('appends to something that is no list');
  }

  private dictOnTop(): Map<PickleValue, PickleValue> {
    const target = this.top();
    if (target instanceof PickleDict || target instanceof PickleObject) return target.entries;
    return this.corrupt('sets items of something that is no dictionary');
  }

  private setItems(entries: Map<PickleValue, PickleValue>, pairs: readonly PickleValue[]): void {
    if (pairs.length % 2 !== 0) this.corrupt('has a dictionary key without a value');
    this.bound((this.objects += pairs.length / 2));
    for (let i = 0; i < pairs.length; i += 2) entries.set(pairs[i]!, pairs[i + 1]!);
  }

  private counted<T extends object>(container: T): T {
    this.bound(++this.objects);
    return container;
  }

  private bound(count: number): void {
    if (count > MAX_OBJECTS) {
      throw new CheckpointError(
        'unsupported',
        `The file describes more than ${MAX_OBJECTS} objects; a model has some thousands.`,
      );
    }
  }

  // Stack and memo

  private push(value: PickleValue): void {
    this.bound(this.stack.length);
    this.stack.push(value);
  }

  private pop(): PickleValue {
    return this.popMany(1)[0]!;
  }

  private popMany(count: number): PickleValue[] {
    const from = this.stack.length - count;
    if (from < (this.marks.at(-1) ?? 0)) this.corrupt('takes more from its stack than is there');
    return this.stack.splice(from);
  }

  private popMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) return this.corrupt('closes something it never opened');
    return this.stack.splice(mark);
  }

  private top(): PickleValue {
    if (this.stack.length <= (this.marks.at(-1) ?? 0))
      this.corrupt('takes more from its stack than is there');
    return this.stack[this.stack.length - 1]!;
  }

  private remember(index: number): void {
    this.bound(this.memo.size);
    this.memo.set(index, this.top());
  }

  private recall(index: number): PickleValue {
    const value = this.memo.get(index);
    return value === undefined ? this.corrupt(`refers to object ${index}, which it never stored`) : value;
  }

  // Bytes

  private need(length: number): void {
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

  private uint8(): number {
    return this.data.getUint8(this.take(1));
  }

  private uint32(): number {
    return this.data.getUint32(this.take(4), true);
  }

  /** A length. Beyond the safe range it is rounded, which does not matter: nothing is that long. */
  private uint64(): number {
    return Number(this.data.getBigUint64(this.take(8), true));
  }

  /** A copy, so that a small text does not hold on to the whole pickle. */
  private slice(length: number): Uint8Array {
    const from = this.take(length);
    return this.bytes.slice(from, from + length);
  }

  private text(length: number): string {
    const from = this.take(length);
    try {
      return this.utf8.decode(this.bytes.subarray(from, from + length));
    } catch {
      return this.corrupt('has a text that is not UTF-8');
    }
  }

  private oldString(bytes: Uint8Array): string {
    try {
      return this.utf8.decode(bytes);
    } catch {
      return latin1(bytes);
    }
  }

  private long(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) this.corrupt(`has an integer of ${length} bytes`);
    const from = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[from + i]!);
    return narrow(BigInt.asIntN(length * 8, value));
  }

  /** The line ahead without its end, one character a byte. */
  private line(maxLength: number): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) this.need(Infinity);
    if (end - this.at > maxLength) this.corrupt('has a line that is too long');
    const line = latin1(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return line;
  }

  private lineInteger(): number {
    const value = parseInteger(this.line(MAX_LINE));
    return typeof value === 'number' && value >= 0 ? value : this.corrupt('has a bad memo index');
  }

  private nameLine(): string {
    return this.line(MAX_LINE);
  }

  // Errors

  private valid<T>(value: T | null, what: string): T {
    return value ?? this.corrupt(`has a ${what} that cannot be read`);
  }

  private corrupt(what: string): never {
    throw new CheckpointError(
      'corrupt',
      `The description of the model ${what} (at byte ${this.at}). The file is damaged: download it again.`,
    );
  }
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  // In pieces: the arguments of a call live on the (small) call stack.
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

function pushAll(target: PickleValue[], items: readonly PickleValue[]): void {
  for (const item of items) target.push(item);
}

/** How a refused global is named in messages. */
export function globalName(global: PickleGlobal): string {
  return quote(global.path).slice(1, -1);
}
