import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPickle } from './pickle.ts';
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
import { join, P, type Part } from './testing.ts';
import { checkTorchGlobal } from './torch-globals.ts';
import { CheckpointError } from './types.ts';

/** One object, written by CPython 3.11's pickle.dumps(obj, protocol). `OBJECT` below spells it out. */
const BY_CPYTHON: readonly (readonly [protocol: number, base64: string])[] = [
  [
    0,
    'KGRwMApWaW50cwpwMQoobHAyCkkwCmFJMQphSS0xCmFJMjU1CmFJMjU2CmFJNjU1MzUKYUk2NTUzNgphSTIxNDc0ODM2NDcKYUkt' +
      'MjE0NzQ4MzY0OAphTDIxNDc0ODM2NDhMCmFMOTAwNzE5OTI1NDc0MDk5MUwKYUw5MDA3MTk5MjU0NzQwOTkzTAphTC0xMTgwNTkx' +
      'NjIwNzE3NDExMzAzNDI0TAphc1ZvdGhlcnMKcDMKKGxwNApJMDEKYUkwMAphTmFGMS41CmFGLTAuMAphRjFlKzMwMAphRmluZgph' +
      'c1Z0dXBsZXMKcDUKKGxwNgoodGEoSTEKdHA3CmEoSTEKSTIKdHA4CmEoSTEKSTIKSTMKdHA5CmEoSTEKSTIKSTMKSTQKdHAxMAph' +
      'c1Z0ZXh0cwpwMTEKKGxwMTIKVgpwMTMKYVbpXHU2NzcxXFUwMDAxZjYwMApwMTQKYVZhXHUwMDBhXHUwMDVjdTAwNDEKcDE1CmFz' +
      'VmJ5dGVzCnAxNgoobHAxNwpjX19idWlsdGluX18KYnl0ZXMKcDE4Cih0UnAxOQphY19jb2RlY3MKZW5jb2RlCnAyMAooVlx1MDAw' +
      'MP8KcDIxClZsYXRpbjEKcDIyCnRwMjMKUnAyNAphc1ZzaGFyZWQKcDI1CihscDI2CihscDI3ClZ4CnAyOAphYWcyNwphc1ZvcmRl' +
      'cmVkCnAyOQpjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcDMwCih0UnAzMQpWYgpwMzIKSTEKc1ZhCnAzMwpJMgpzc1ZzZXRzCnAz' +
      'NAoobHAzNQpjX19idWlsdGluX18Kc2V0CnAzNgooKGxwMzcKSTcKYXRwMzgKUnAzOQphY19fYnVpbHRpbl9fCmZyb3plbnNldApw' +
      'NDAKKChscDQxCkk4CmF0cDQyClJwNDMKYXNWZW1wdHkKcDQ0CihkcDQ1CnNJNQpWZml2ZQpwNDYKcy4=',
  ],
  [
    1,
    'fXEAKFgEAAAAaW50c3EBXXECKEsASwFK/////0v/TQABTf//SgAAAQBK////f0oAAACATDIxNDc0ODM2NDhMCkw5MDA3MTk5MjU0' +
      'NzQwOTkxTApMOTAwNzE5OTI1NDc0MDk5M0wKTC0xMTgwNTkxNjIwNzE3NDExMzAzNDI0TAplWAYAAABvdGhlcnNxA11xBChJMDEK' +
      'STAwCk5HP/gAAAAAAABHgAAAAAAAAABHfjfkPIgAdZxHf/AAAAAAAABlWAYAAAB0dXBsZXNxBV1xBigpKEsBdHEHKEsBSwJ0cQgo' +
      'SwFLAksDdHEJKEsBSwJLA0sEdHEKZVgFAAAAdGV4dHNxC11xDChYAAAAAHENWAkAAADDqeadsfCfmIBxDlgIAAAAYQpcdTAwNDFx' +
      'D2VYBQAAAGJ5dGVzcRBdcREoY19fYnVpbHRpbl9fCmJ5dGVzCnESKVJxE2NfY29kZWNzCmVuY29kZQpxFChYAwAAAADDv3EVWAYA' +
      'AABsYXRpbjFxFnRxF1JxGGVYBgAAAHNoYXJlZHEZXXEaKF1xG1gBAAAAeHEcYWgbZVgHAAAAb3JkZXJlZHEdY2NvbGxlY3Rpb25z' +
      'Ck9yZGVyZWREaWN0CnEeKVJxHyhYAQAAAGJxIEsBWAEAAABhcSFLAnVYBAAAAHNldHNxIl1xIyhjX19idWlsdGluX18Kc2V0CnEk' +
      'KF1xJUsHYXRxJlJxJ2NfX2J1aWx0aW5fXwpmcm96ZW5zZXQKcSgoXXEpSwhhdHEqUnErZVgFAAAAZW1wdHlxLH1xLUsFWAQAAABm' +
      'aXZlcS51Lg==',
  ],
  [
    2,
    'gAJ9cQAoWAQAAABpbnRzcQFdcQIoSwBLAUr/////S/9NAAFN//9KAAABAEr///9/SgAAAICKBQAAAIAAigf///////8figcBAAAA' +
      'AAAgigkAAAAAAAAAAMBlWAYAAABvdGhlcnNxA11xBCiIiU5HP/gAAAAAAABHgAAAAAAAAABHfjfkPIgAdZxHf/AAAAAAAABlWAYA' +
      'AAB0dXBsZXNxBV1xBigpSwGFcQdLAUsChnEISwFLAksDh3EJKEsBSwJLA0sEdHEKZVgFAAAAdGV4dHNxC11xDChYAAAAAHENWAkA' +
      'AADDqeadsfCfmIBxDlgIAAAAYQpcdTAwNDFxD2VYBQAAAGJ5dGVzcRBdcREoY19fYnVpbHRpbl9fCmJ5dGVzCnESKVJxE2NfY29k' +
      'ZWNzCmVuY29kZQpxFFgDAAAAAMO/cRVYBgAAAGxhdGluMXEWhnEXUnEYZVgGAAAAc2hhcmVkcRldcRooXXEbWAEAAAB4cRxhaBtl' +
      'WAcAAABvcmRlcmVkcR1jY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcR4pUnEfKFgBAAAAYnEgSwFYAQAAAGFxIUsCdVgEAAAAc2V0' +
      'c3EiXXEjKGNfX2J1aWx0aW5fXwpzZXQKcSRdcSVLB2GFcSZScSdjX19idWlsdGluX18KZnJvemVuc2V0CnEoXXEpSwhhhXEqUnEr' +
      'ZVgFAAAAZW1wdHlxLH1xLUsFWAQAAABmaXZlcS51Lg==',
  ],
  [
    3,
    'gAN9cQAoWAQAAABpbnRzcQFdcQIoSwBLAUr/////S/9NAAFN//9KAAABAEr///9/SgAAAICKBQAAAIAAigf///////8figcBAAAA' +
      'AAAgigkAAAAAAAAAAMBlWAYAAABvdGhlcnNxA11xBCiIiU5HP/gAAAAAAABHgAAAAAAAAABHfjfkPIgAdZxHf/AAAAAAAABlWAYA' +
      'AAB0dXBsZXNxBV1xBigpSwGFcQdLAUsChnEISwFLAksDh3EJKEsBSwJLA0sEdHEKZVgFAAAAdGV4dHNxC11xDChYAAAAAHENWAkA' +
      'AADDqeadsfCfmIBxDlgIAAAAYQpcdTAwNDFxD2VYBQAAAGJ5dGVzcRBdcREoQwBxEkMCAP9xE2VYBgAAAHNoYXJlZHEUXXEVKF1x' +
      'FlgBAAAAeHEXYWgWZVgHAAAAb3JkZXJlZHEYY2NvbGxlY3Rpb25zCk9yZGVyZWREaWN0CnEZKVJxGihYAQAAAGJxG0sBWAEAAABh' +
      'cRxLAnVYBAAAAHNldHNxHV1xHihjYnVpbHRpbnMKc2V0CnEfXXEgSwdhhXEhUnEiY2J1aWx0aW5zCmZyb3plbnNldApxI11xJEsI' +
      'YYVxJVJxJmVYBQAAAGVtcHR5cSd9cShLBVgEAAAAZml2ZXEpdS4=',
  ],
  [
    4,
    'gASVZQEAAAAAAAB9lCiMBGludHOUXZQoSwBLAUr/////S/9NAAFN//9KAAABAEr///9/SgAAAICKBQAAAIAAigf///////8figcB' +
      'AAAAAAAgigkAAAAAAAAAAMBljAZvdGhlcnOUXZQoiIlORz/4AAAAAAAAR4AAAAAAAAAAR3435DyIAHWcR3/wAAAAAAAAZYwGdHVw' +
      'bGVzlF2UKClLAYWUSwFLAoaUSwFLAksDh5QoSwFLAksDSwR0lGWMBXRleHRzlF2UKIwAlIwJw6nmnbHwn5iAlIwIYQpcdTAwNDGU' +
      'ZYwFYnl0ZXOUXZQoQwCUQwIA/5RljAZzaGFyZWSUXZQoXZSMAXiUYWgWZYwHb3JkZXJlZJSMC2NvbGxlY3Rpb25zlIwLT3JkZXJl' +
      'ZERpY3SUk5QpUpQojAFilEsBjAFhlEsCdYwEc2V0c5RdlCiPlChLB5AoSwiRlGWMBWVtcHR5lH2USwWMBGZpdmWUdS4=',
  ],
  [
    5,
    'gAWVZQEAAAAAAAB9lCiMBGludHOUXZQoSwBLAUr/////S/9NAAFN//9KAAABAEr///9/SgAAAICKBQAAAIAAigf///////8figcB' +
      'AAAAAAAgigkAAAAAAAAAAMBljAZvdGhlcnOUXZQoiIlORz/4AAAAAAAAR4AAAAAAAAAAR3435DyIAHWcR3/wAAAAAAAAZYwGdHVw' +
      'bGVzlF2UKClLAYWUSwFLAoaUSwFLAksDh5QoSwFLAksDSwR0lGWMBXRleHRzlF2UKIwAlIwJw6nmnbHwn5iAlIwIYQpcdTAwNDGU' +
      'ZYwFYnl0ZXOUXZQoQwCUQwIA/5RljAZzaGFyZWSUXZQoXZSMAXiUYWgWZYwHb3JkZXJlZJSMC2NvbGxlY3Rpb25zlIwLT3JkZXJl' +
      'ZERpY3SUk5QpUpQojAFilEsBjAFhlEsCdYwEc2V0c5RdlCiPlChLB5AoSwiRlGWMBWVtcHR5lH2USwWMBGZpdmWUdS4=',
  ],
];

const OBJECT = {
  ints: [
    0,
    1,
    -1,
    255,
    256,
    65535,
    65536,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 53 - 1,
    2n ** 53n + 1n,
    -(2n ** 70n),
  ],
  others: [true, false, null, 1.5, -0, 1e300, Infinity],
  tuples: [{ tuple: [] }, { tuple: [1] }, { tuple: [1, 2] }, { tuple: [1, 2, 3] }, { tuple: [1, 2, 3, 4] }],
  texts: ['', 'é東😀', 'a\n\\u0041'],
  bytes: [Uint8Array.of(), Uint8Array.of(0, 255)],
  shared: [['x'], ['x']],
  ordered: {
    call: 'collections.OrderedDict',
    args: [],
    entries: [
      ['b', 1],
      ['a', 2],
    ],
  },
  sets: [{ set: [7] }, { set: [8] }],
  empty: {},
  5: 'five',
};

const anyGlobal = (): void => undefined;
const read = (bytes: Uint8Array): PickleValue => readPickle(bytes, 0, anyGlobal).value;

/** Records as plain values; calls that older protocols use to spell bytes and sets are spelled as such. */
function plain(value: PickleValue): unknown {
  if (value instanceof PickleList) return value.items.map(plain);
  if (value instanceof PickleTuple) return { tuple: value.items.map(plain) };
  if (value instanceof PickleSet) return { set: value.items.map(plain) };
  if (value instanceof PickleDict) {
    return Object.fromEntries([...value.entries].map(([key, item]) => [String(key), plain(item)]));
  }
  if (value instanceof PickleGlobal) return { global: value.path };
  if (value instanceof PicklePersistent) return { persistent: plain(value.id) };
  if (value instanceof PickleObject) {
    const args = value.args.map(plain);
    switch (value.callee.name) {
      case 'set':
      case 'frozenset':
        return { set: args[0] };
      case 'bytes':
        return Uint8Array.of();
      case 'encode':
        return new Uint8Array(Buffer.from(args[0] as string, args[1] as 'latin1'));
      default:
        return {
          call: value.callee.path,
          args,
          entries: [...value.entries].map(([k, v]) => [plain(k), plain(v)]),
        };
    }
  }
  return value;
}

function refusal(bytes: Uint8Array, check: (global: PickleGlobal) => void = anyGlobal): CheckpointError {
  try {
    readPickle(bytes, 0, check);
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError);
    return error as CheckpointError;
  }
  return expect.fail('it was accepted');
}

describe('what it reads', () => {
  it.each(BY_CPYTHON)('protocol %i as CPython writes it', (_, base64) => {
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    const result = readPickle(bytes, 0, anyGlobal);
    expect(result.end).toBe(bytes.length);
    expect(plain(result.value)).toEqual(OBJECT);
    const shared = (result.value as PickleDict).entries.get('shared') as PickleList;
    expect(shared.items[0]).toBe(shared.items[1]);
  });

  it.each<[string, Part, unknown]>([
    ['Python 2 strings', "S'a\\x41\\n\\'\\101'\n", "aA\n'A"],
    ['Python 2 strings in UTF-8', ['U', 2, 0xc3, 0xa9], 'é'],
    ['Python 2 strings that are not', ['T', 2, 0, 0, 0, 0xff, 0x41], 'ÿA'],
    ['DICT and LIST', ['(', 'K', 1, '(', 'K', 2, 'l', 'd'], { 1: [2] }],
    ['INST', ['(', 'K', 1, 'imodule\nName\n'], { call: 'module.Name', args: [1], entries: [] }],
    ['OBJ', ['(', 'cmodule\nName\n', 'K', 1, 'o'], { call: 'module.Name', args: [1], entries: [] }],
    ['NEWOBJ_EX', ['cmodule\nName\n', ')', '}', 0x92], { call: 'module.Name', args: [], entries: [] }],
    ['POP, POP_MARK and DUP', ['K', 1, '2', '0', '(', 'K', 9, '1', '(', '0', 0x85], { tuple: [1] }],
    ['PUT and GET', ['K', 1, 'p12\n', '0', 'g12\n'], 1],
    [
      'LONG_BINPUT and LONG_BINGET',
      ['K', 1, 'r', 255, 255, 255, 255, 'j', 255, 255, 255, 255, 0x86],
      { tuple: [1, 1] },
    ],
    ['LONG4', [0x8b, 2, 0, 0, 0, 0, 0x80], -32768],
    ['an empty LONG', [0x8a, 0], 0],
    ['PERSID', 'Pabc\n', { persistent: 'abc' }],
    [
      'BINUNICODE8 and BINBYTES8',
      [0x8d, 1, 0, 0, 0, 0, 0, 0, 0, 'a', 0x8e, 0, 0, 0, 0, 0, 0, 0, 0, 0x86],
      { tuple: ['a', Uint8Array.of()] },
    ],
  ])('%s', (_, part, wanted) => {
    expect(plain(read(join(part, '.')))).toEqual(wanted);
  });

  it('starts with a fresh memo and says where it ended', () => {
    const bytes = join('K', 1, 0x94, '.', 'K', 2, 0x94, 'h', 0, 0x86, '.');
    const first = readPickle(bytes, 0, anyGlobal);
    expect(first.end).toBe(4);
    expect(plain(readPickle(bytes, first.end, anyGlobal).value)).toEqual({ tuple: [2, 2] });
  });

  it('keeps attributes apart from items', () => {
    const object = read(
      join(
        'ccollections\nOrderedDict\n',
        ')',
        'R',
        P.text('a'),
        'K',
        1,
        's',
        P.dict([P.text('_metadata'), 'N']),
        'b',
        '.',
      ),
    ) as PickleObject;
    expect([...object.entries]).toEqual([['a', 1]]);
    expect(object.state).toBeInstanceOf(PickleDict);
  });
});

describe('what it refuses', () => {
  it.each<[string, Part]>([
    ['a text of 4 GiB', ['X', 255, 255, 255, 255, 'abc']],
    ['a text of 2^64 bytes', [0x8d, 255, 255, 255, 255, 255, 255, 255, 255, 'abc']],
    ['bytes of 2^63', [0x8e, 0, 0, 0, 0, 0, 0, 0, 0x80]],
    ['a frame longer than the file', [0x95, 9, 0, 0, 0, 0, 0, 0, 0, 'N.']],
    ['no end', 'N'],
    ['nothing', ''],
    ['half a line', 'cos\nsyst'],
    ['half an integer', ['J', 1, 2]],
  ])('%s: truncated', (_, part) => {
    expect(refusal(join(part)).code).toBe('truncated');
  });

  it.each<[string, Part]>([
    ['an empty stack', '.'],
    ['POP of nothing', '0'],
    ['popping below a MARK', ['K', 1, '(', 0x85]],
    ['no MARK', 't'],
    ['an unset memo', ['h', 3]],
    ['a memo of nothing', ['q', 3]],
    ['a negative memo index', ['N', 'p-1\n']],
    ['an unknown opcode', 0xfe],
    ['protocol 6', [0x80, 6]],
    ['appending to a number', ['K', 1, 'K', 1, 'a']],
    ['items of a list', [']', 'K', 1, 'K', 1, 's']],
    ['an odd number of items', ['}', '(', 'K', 1, 'u']],
    ['adding to a list', [']', '(', 'K', 1, 0x90]],
    ['attributes of a dictionary', ['}', '}', 'b']],
    ['calling a dictionary', ['}', ')', 'R']],
    ['calling a text', [P.text('eval'), ')', 'R']],
    ['calling what a call gave', ['cm\nN\n', ')', 'R', ')', 'R']],
    ['arguments in a list', ['cm\nN\n', ']', 'R']],
    ['a name that is a number', ['K', 1, P.text('x'), 0x93]],
    ['text that is not UTF-8', ['X', 1, 0, 0, 0, 0xff]],
    ['half a surrogate', ['X', 3, 0, 0, 0, 0xed, 0xa0, 0x80]],
    ['a number that is none', 'Itwelve\n'],
    ['a float that is none', 'F1.2.3\n'],
    ['an unclosed string', "S'abc\n"],
    ['a character that does not exist', 'V\\U00110000\n'],
    ['an integer of a megabyte', [0x8b, 0, 0, 16, 0, new Uint8Array(2 ** 20)]],
    ['an integer of ten thousand digits', `L${'9'.repeat(10000)}L\n`],
    ['a buffer from elsewhere', 0x97],
    ['an OBJ without a class', ['(', 'o']],
  ])('%s: corrupt', (_, part) => {
    expect(refusal(join(part, '.')).code).toBe('corrupt');
  });

  it('more objects than any model has', () => {
    for (const part of ['(', ']', '2', 0x94]) {
      const bytes = new Uint8Array(1_100_000).fill(typeof part === 'string' ? part.charCodeAt(0) : part);
      expect(refusal(join('N', bytes)).code, String(part)).toBe('unsupported');
    }
  });
});

describe("torch's list of names", () => {
  const routes: [string, (module: string, name: string) => Part][] = [
    ['GLOBAL', (module, name) => `c${module}\n${name}\n`],
    ['INST', (module, name) => ['(', `i${module}\n${name}\n`]],
    ['STACK_GLOBAL', (module, name) => [P.text(module), P.text(name), 0x93]],
    [
      'STACK_GLOBAL from the memo',
      (module, name) => [P.text(module), 0x94, '0', P.text(name), 0x94, '0', 'h', 0, 'h', 1, 0x93],
    ],
  ];
  const names: [string, string][] = [
    ['os', 'system'],
    ['builtins', 'eval'],
    ['__builtin__', 'getattr'],
    ['torch', 'load'],
    ['torch', '_utils._rebuild_tensor_v2'],
    ['torch._utils', '_rebuild_tensor_v2.__globals__'],
    ['torch.nn', 'modules.container.ParameterDict'],
    ['collections', 'OrderedDict.__init__'],
    ['', 'collections.OrderedDict'],
    ['torch', '_rebuild_qtensor'],
    ['torch', '_utils._rebuild_qtensor'],
    ['runpy', '_run_code'],
    ['numpy', 'load'],
  ];

  it.each(routes)('refuses every other name through %s', (_, route) => {
    for (const [module, name] of names) {
      const error = refusal(join(route(module, name), ')', 'R', '.'), checkTorchGlobal);
      expect(error.code).toBe('forbidden');
      expect(error.message).toContain(`${module}.${name}`);
    }
  });

  it.each([
    [0x82, 1],
    [0x83, 1, 0],
    [0x84, 1, 0, 0, 0],
  ])('refuses the extension registry (opcode %i)', (...bytes) => {
    expect(refusal(join(...bytes, '.'), checkTorchGlobal).code).toBe('forbidden');
  });

  it('refuses names in places that no one looks at', () => {
    const evil = P.global('os', 'system');
    for (const part of [
      [evil, '0', 'N'],
      P.dict([P.text('a'), evil]),
      P.dict([evil, 'N']),
      [P.tuple(evil), 'Q'],
      ['cnumpy\ndtype\n', P.tuple(evil), 'R'],
      ['(', evil, '1', 'N'],
    ]) {
      expect(refusal(join(part, '.'), checkTorchGlobal).code).toBe('forbidden');
    }
  });

  it.each([
    ['torch._utils', '_rebuild_sparse_tensor'],
    ['torch', 'ComplexFloatStorage'],
    ['torch', 'float8_e4m3fn'],
    ['torch', 'float4_e2m1fn_x2'],
    ['torch.storage', 'UntypedStorage'],
    ['numpy._core.multiarray', 'scalar'],
    ['numpy._core.multiarray', '_reconstruct'],
    ['lightning.pytorch.callbacks.model_checkpoint', 'ModelCheckpoint'],
    ['builtins', 'set'],
  ])('lets harmless names pass: %s.%s', (module, name) => {
    expect(() => readPickle(join(P.global(module, name), '.'), 0, checkTorchGlobal)).not.toThrow();
  });

  it.each([
    ['builtins', 'setattr'],
    ['numpy._core', 'load'],
    ['numpy._core.multiarray', 'fromfile'],
    ['torch', 'float_power'],
    ['torch', 'load'],
    ['lightning.pytorch', 'os'],
  ])('and none that only looks like one: %s.%s', (module, name) => {
    expect(refusal(join(P.global(module, name), '.'), checkTorchGlobal).code).toBe('forbidden');
  });

  it('keeps hostile names from spoiling the message', () => {
    const error = refusal(
      join(P.text('a\n<b>\u0000'), P.text('x'.repeat(100_000)), 0x93, '.'),
      checkTorchGlobal,
    );
    expect(error.message.length).toBeLessThan(600);
    expect(error.message).not.toMatch(/[\n\0]/);
  });
});

describe('any bytes', () => {
  it('give a value or a CheckpointError', () => {
    // Mostly opcodes with arguments that fit, so that the machine gets somewhere.
    const argument = fc.uint8Array({ minLength: 0, maxLength: 9 });
    const opcode = fc.constantFrom(
      ...'(.012}]ud)tlaesbRcioQPKMJGIFLSVUTXBCpqrghj',
      '\x85',
      '\x86',
      '\x87',
      '\x81',
      '\x88',
      '\x8a',
      '\x8b',
      '\x8c',
      '\x8f',
      '\x90',
      '\x91',
      '\x92',
      '\x93',
      '\x94',
      '\x95',
    );
    const chunk = fc.oneof(
      { weight: 3, arbitrary: opcode.map((c) => join(c)) },
      {
        weight: 3,
        arbitrary: fc
          .constantFrom<Part>('(', 'N', ['K', 1], ']', '}', ')', P.text('a'), 'cm\nN\n', ['q', 0], ['h', 0])
          .map((p) => join(p)),
      },
      { weight: 1, arbitrary: argument },
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 40 }), (chunks) => {
        const bytes = join(...chunks, '.');
        try {
          readPickle(bytes, 0, anyGlobal);
          accepted++;
        } catch (error) {
          if (!(error instanceof CheckpointError)) throw error;
        }
      }),
      { numRuns: 20_000 },
    );
    // The generator would be worth nothing if everything were refused at the first byte.
    expect(accepted).toBeGreaterThan(100);
  }, 60_000);
});
