// Reads Python pickles, protocols 0 to 5, as data. The opcodes are those of CPython's Lib/pickletools.py. Where Python
// would import and call, this records (see pickle-values.ts): there is nothing in it that a pickle could make run.
// Memory stays within a small multiple of the pickle's own length: lengths are checked against the bytes that are
// there before anything is allocated, and the number of objects is bounded.
import { PickleBytes } from './pickle-bytes.ts';
import { boundObjects, PickleStack } from './pickle-stack.ts';
import { parseFloatLine, parseInteger, parseQuoted, parseRawUnicode } from './pickle-text.ts';
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
  private readonly input: PickleBytes;
  private readonly stack: PickleStack;
  private readonly persistent: PicklePersistent[] = [];
  private objects = 0;

  constructor(
    bytes: Uint8Array,
    start: number,
    private readonly checkGlobal: (global: PickleGlobal) => void,
  ) {
    this.input = new PickleBytes(bytes, start);
    this.stack = new PickleStack((what) => this.corrupt(what));
  }

  run(): PickleResult {
    for (;;) {
      const opcode = this.input.uint8();
      if (opcode === 0x2e /* STOP */) {
        const value = this.stack.pop();
        return { value, end: this.input.at, persistent: this.persistent };
      }
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    switch (opcode) {
      // Frame of a pickle
      case 0x80: // PROTO
        if (this.input.uint8() > HIGHEST_PROTOCOL) this.corrupt('is of an unknown protocol');
        return;
      case 0x95: // FRAME
        this.input.need(this.input.uint64());
        return;

      // Stack
      case 0x28: // MARK
        this.stack.mark();
        return;
      case 0x30: // POP, which also takes back a MARK
        this.stack.drop();
        return;
      case 0x31: // POP_MARK
        this.stack.popMark();
        return;
      case 0x32: // DUP
        this.stack.push(this.stack.top());
        return;

      // Memo
      case 0x70: // PUT
        this.stack.remember(this.input.lineInteger());
        return;
      case 0x71: // BINPUT
        this.stack.remember(this.input.uint8());
        return;
      case 0x72: // LONG_BINPUT
        this.stack.remember(this.input.uint32());
        return;
      case 0x94: // MEMOIZE
        this.stack.memoize();
        return;
      case 0x67: // GET
        this.stack.push(this.stack.recall(this.input.lineInteger()));
        return;
      case 0x68: // BINGET
        this.stack.push(this.stack.recall(this.input.uint8()));
        return;
      case 0x6a: // LONG_BINGET
        this.stack.push(this.stack.recall(this.input.uint32()));
        return;

      // Simple values
      case 0x4e: // NONE
        this.stack.push(null);
        return;
      case 0x88: // NEWTRUE
        this.stack.push(true);
        return;
      case 0x89: // NEWFALSE
        this.stack.push(false);
        return;
      case 0x49: {
        // INT, which also spells protocol 0's booleans
        const line = this.input.line();
        this.stack.push(
          line === '00' ? false : line === '01' ? true : this.valid(parseInteger(line), 'number'),
        );
        return;
      }
      case 0x4c: // LONG
        this.stack.push(this.valid(parseInteger(this.input.line()), 'number'));
        return;
      case 0x46: // FLOAT
        this.stack.push(this.valid(parseFloatLine(this.input.line()), 'number'));
        return;
      case 0x4a: // BININT
        this.stack.push(this.input.int32());
        return;
      case 0x4b: // BININT1
        this.stack.push(this.input.uint8());
        return;
      case 0x4d: // BININT2
        this.stack.push(this.input.uint16());
        return;
      case 0x8a: // LONG1
        this.stack.push(this.input.long(this.input.uint8()));
        return;
      case 0x8b: // LONG4
        this.stack.push(this.input.long(this.input.uint32()));
        return;
      case 0x47: // BINFLOAT
        this.stack.push(this.input.float64BigEndian());
        return;

      // Texts
      case 0x8c: // SHORT_BINUNICODE
        this.stack.push(this.input.text(this.input.uint8()));
        return;
      case 0x58: // BINUNICODE
        this.stack.push(this.input.text(this.input.uint32()));
        return;
      case 0x8d: // BINUNICODE8
        this.stack.push(this.input.text(this.input.uint64()));
        return;
      case 0x56: // UNICODE
        this.stack.push(this.valid(parseRawUnicode(this.input.line(Infinity)), 'text'));
        return;

      // Bytes: Python 2 wrote its strings as such
      case 0x55: // SHORT_BINSTRING
        this.stack.push(this.input.oldString(this.input.slice(this.input.uint8())));
        return;
      case 0x54: // BINSTRING
        this.stack.push(this.input.oldString(this.input.slice(this.input.uint32())));
        return;
      case 0x53: // STRING
        this.stack.push(this.input.oldString(this.valid(parseQuoted(this.input.line(Infinity)), 'text')));
        return;
      case 0x43: // SHORT_BINBYTES
        this.stack.push(this.input.slice(this.input.uint8()));
        return;
      case 0x42: // BINBYTES
        this.stack.push(this.input.slice(this.input.uint32()));
        return;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.stack.push(this.input.slice(this.input.uint64()));
        return;
      default:
        this.stepContainers(opcode);
    }
  }

  private stepContainers(opcode: number): void {
    switch (opcode) {
      case 0x5d: // EMPTY_LIST
        this.stack.push(this.counted(new PickleList()));
        return;
      case 0x6c: {
        // LIST
        const list = this.counted(new PickleList());
        pushAll(list.items, this.stack.popMark());
        this.stack.push(list);
        return;
      }
      case 0x61: {
        // APPEND
        const item = this.stack.pop();
        this.listOnTop().push(item);
        return;
      }
      case 0x65: {
        // APPENDS
        const items = this.stack.popMark();
        pushAll(this.listOnTop(), items);
        return;
      }
      case 0x29: // EMPTY_TUPLE
        this.stack.push(EMPTY_TUPLE);
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.stack.push(this.counted(new PickleTuple(this.stack.popMany(opcode - 0x84))));
        return;
      case 0x74: // TUPLE
        this.stack.push(this.counted(new PickleTuple(this.stack.popMark())));
        return;
      case 0x7d: // EMPTY_DICT
        this.stack.push(this.counted(new PickleDict()));
        return;
      case 0x64: {
        // DICT
        const dict = this.counted(new PickleDict());
        this.setItems(dict.entries, this.stack.popMark());
        this.stack.push(dict);
        return;
      }
      case 0x73: {
        // SETITEM
        const pair = this.stack.popMany(2);
        this.setItems(this.dictOnTop(), pair);
        return;
      }
      case 0x75: {
        // SETITEMS
        const pairs = this.stack.popMark();
        this.setItems(this.dictOnTop(), pairs);
        return;
      }
      case 0x8f: // EMPTY_SET
        this.stack.push(this.counted(new PickleSet()));
        return;
      case 0x90: {
        // ADDITEMS
        const items = this.stack.popMark();
        const target = this.stack.top();
        if (!(target instanceof PickleSet)) return this.corrupt('adds to something that is no set');
        pushAll(target.items, items);
        return;
      }
      case 0x91: {
        // FROZENSET
        const set = this.counted(new PickleSet());
        pushAll(set.items, this.stack.popMark());
        this.stack.push(set);
        return;
      }
      default:
        this.stepObjects(opcode);
    }
  }

  private stepObjects(opcode: number): void {
    switch (opcode) {
      case 0x63: // GLOBAL
        this.stack.push(this.global(this.input.line(), this.input.line()));
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.stack.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') {
          return this.corrupt('imports something that is no name');
        }
        this.stack.push(this.global(module, name));
        return;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callee, args] = this.stack.popMany(2);
        this.stack.push(this.object(callee, args));
        return;
      }
      case 0x92: {
        // NEWOBJ_EX: keyword arguments are not looked at by anyone
        const [callee, args] = this.stack.popMany(3);
        this.stack.push(this.object(callee, args));
        return;
      }
      case 0x69: {
        // INST
        const callee = this.global(this.input.line(), this.input.line());
        this.stack.push(this.object(callee, new PickleTuple(this.stack.popMark())));
        return;
      }
      case 0x6f: {
        // OBJ
        const [callee, ...args] = this.stack.popMark();
        this.stack.push(this.object(callee, new PickleTuple(args)));
        return;
      }
      case 0x62: {
        // BUILD
        const state = this.stack.pop();
        const target = this.stack.top();
        if (!(target instanceof PickleObject))
          return this.corrupt('sets attributes of something that has none');
        target.state = state;
        return;
      }
      case 0x50: // PERSID
        this.refer(this.input.line());
        return;
      case 0x51: // BINPERSID
        this.refer(this.stack.pop());
        return;
      case 0x82: // EXT1
        return this.extension(this.input.uint8());
      case 0x83: // EXT2
        return this.extension(this.input.uint16());
      case 0x84: // EXT4
        return this.extension(this.input.uint32());
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
      `The file wants Python to load entry ${code} of its extension registry (copyreg). A model needs nothing of the kind, and a file that does could run any program, so it was refused; nothing ran.`,
    );
  }

  private refer(id: PickleValue): void {
    const reference = this.counted(new PicklePersistent(id));
    this.persistent.push(reference);
    this.stack.push(reference);
  }

  private listOnTop(): PickleValue[] {
    const target = this.stack.top();
    if (target instanceof PickleList || target instanceof PickleObject) return target.items;
    return this.corrupt('appends to something that is no list');
  }

  private dictOnTop(): Map<PickleValue, PickleValue> {
    const target = this.stack.top();
    if (target instanceof PickleDict || target instanceof PickleObject) return target.entries;
    return this.corrupt('sets items of something that is no dictionary');
  }

  private setItems(entries: Map<PickleValue, PickleValue>, pairs: readonly PickleValue[]): void {
    if (pairs.length % 2 !== 0) this.corrupt('has a dictionary key without a value');
    boundObjects((this.objects += pairs.length / 2));
    for (let i = 0; i < pairs.length; i += 2) entries.set(pairs[i]!, pairs[i + 1]!);
  }

  private counted<T extends object>(container: T): T {
    boundObjects(++this.objects);
    return container;
  }

  // Errors

  private valid<T>(value: T | null, what: string): T {
    return value ?? this.corrupt(`has a ${what} that cannot be read`);
  }

  private corrupt(what: string): never {
    return this.input.fail(what);
  }
}

function pushAll(target: PickleValue[], items: readonly PickleValue[]): void {
  for (const item of items) target.push(item);
}

/** How a refused global is named in messages. */
export function globalName(global: PickleGlobal): string {
  return quote(global.path).slice(1, -1);
}
