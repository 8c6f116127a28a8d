// PyTorch files written here, opened through the front door: names, storages, and every lie we could think of.
import { describe, expect, it } from 'vitest';
import { toFloat32 } from './convert.ts';
import { openCheckpoint } from './open.ts';
import { bytesSource } from './source.ts';
import {
  countUp,
  floats,
  ORDERED_DICT,
  P,
  storage,
  tensor,
  torchLegacy,
  torchZip,
  type Part,
} from './testing.ts';
import { CheckpointError, type Checkpoint, type CheckpointErrorCode } from './types.ts';

const open = (bytes: Uint8Array): Promise<Checkpoint> => openCheckpoint(bytesSource(bytes));

async function names(object: Part, storages: Record<string, Uint8Array>): Promise<string[]> {
  return [...(await open(torchZip(object, storages))).tensors.keys()];
}

async function values(
  checkpoint: Checkpoint,
  name: string,
  start?: number,
  count?: number,
): Promise<number[]> {
  return [...toFloat32(await checkpoint.read(name, start, count), checkpoint.tensors.get(name)!.dtype)];
}

async function refusal(bytes: Uint8Array): Promise<CheckpointError> {
  const error: unknown = await open(bytes).then(
    () => expect.fail('it was accepted'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  return error as CheckpointError;
}

const T = (text: string): Part => P.text(text);
const one = { 0: countUp(6) };
const w: [Part, Part] = [T('w'), floats('0', [2, 3])];

describe('names', () => {
  it('takes a state_dict and nothing beside it', async () => {
    const object = P.dict(
      [T('optimizer'), P.dict([T('momentum'), floats('9', [4])])],
      [
        T('state_dict'),
        P.dict(w, [T('step'), P.int(3)], [T('state_dict'), P.dict([T('x'), floats('0', [2, 3])])]),
      ],
      [T('extra'), floats('0', [2, 3])],
    );
    expect(await names(object, one)).toEqual(['w']);
  });

  it('joins the path of a nested dictionary', async () => {
    const leaf = floats('0', [2, 3]);
    expect(await names(P.dict([T('params_ema'), P.dict([T('conv.weight'), leaf])]), one)).toEqual([
      'params_ema.conv.weight',
    ]);
    const pair = P.tuple(P.dict([T('linear.0.weight'), leaf]), P.dict([T('linear.0.weight'), leaf]));
    expect(await names(P.dict([P.int(768), pair], [T('step'), P.int(5)], [T('name'), T('hn')]), one)).toEqual(
      ['768.0.linear.0.weight', '768.1.linear.0.weight'],
    );
    expect(
      await names(P.dict([T('string_to_param'), P.dict([T('*'), leaf])], [T('name'), T('a')]), one),
    ).toEqual(['string_to_param.*']);
  });

  it('looks into ParameterDict, Parameter and both kinds of OrderedDict', async () => {
    const leaf = floats('0', [2, 3]);
    const parameter = P.call(P.global('torch._utils', '_rebuild_parameter'), leaf, P.true, ORDERED_DICT);
    const ordered: Part = [ORDERED_DICT, '(', T('*'), parameter, 'u'];
    const state = P.dict([T('training'), P.true], [T('_parameters'), ordered]);
    const module: Part = [P.global('torch.nn.modules.container', 'ParameterDict'), ')', 0x81, state, 'b'];
    expect(await names(P.dict([T('string_to_param'), module]), one)).toEqual(['string_to_param.*']);
    const python2 = P.call(
      P.global('collections', 'OrderedDict'),
      P.list(P.list(T('a'), leaf), P.list(T('b'), leaf)),
    );
    expect(await names(python2, one)).toEqual(['a', 'b']);
  });

  it('keeps the order of the file and the last of two equal keys', async () => {
    const object = P.dict(
      [T('z'), P.none],
      [T('b'), floats('0', [6])],
      [T('a'), floats('0', [6])],
      [T('z'), floats('0', [6])],
    );
    expect(await names(object, one)).toEqual(['z', 'b', 'a']);
  });

  it('refuses two tensors of one name', async () => {
    const leaf = floats('0', [2, 3]);
    const error = await refusal(torchZip(P.dict([T('a.b'), leaf], [T('a'), P.dict([T('b'), leaf])]), one));
    expect(error.code).toBe('corrupt');
    expect(error.message).toContain('"a.b"');
  });

  it('walks shared containers once, and cycles not at all', async () => {
    // Twenty dictionaries, each holding the next one under twenty names: 20^20 paths.
    let inner: Part = P.dict(w);
    for (let level = 0; level < 20; level++) {
      const pairs = Array.from(
        { length: 20 },
        (_, i) => [T(`k${i}`), [i === 0 ? [inner, 'q', level] : ['h', level]]] as const,
      );
      inner = P.dict(...pairs);
    }
    expect(await names(inner, one)).toHaveLength(1);
    const cycle: Part = ['}', 'q', 0, '(', T('self'), 'h', 0, ...w, 'u'];
    expect(await names(cycle, one)).toEqual(['w']);
  });
});

describe('data', () => {
  const views = P.dict(
    [T('whole'), tensor(storage('FloatStorage', '0', 12), 0, [3, 4], [4, 1])],
    [T('transposed'), tensor(storage('FloatStorage', '0', 12), 0, [4, 3], [1, 4])],
    [T('slice'), tensor(storage('FloatStorage', '0', 12), 5, [2, 2], [4, 1])],
    [T('expanded'), tensor(storage('FloatStorage', '0', 12), 2, [3, 2], [0, 1])],
    [T('scalar'), tensor(storage('FloatStorage', '0', 12), 11, [], [])],
    [T('empty'), tensor(storage('FloatStorage', '0', 12), 12, [0, 4], [4, 1])],
  );
  const wanted: Record<string, number[]> = {
    whole: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    transposed: [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11],
    slice: [5, 6, 9, 10],
    expanded: [2, 3, 2, 3, 2, 3],
    scalar: [11],
    empty: [],
  };

  it.each([
    ['zip', torchZip(views, { 0: countUp(12) })],
    ['deflated zip', torchZip(views, { 0: countUp(12) }, true)],
    ['legacy', torchLegacy(views, [['0', 12, countUp(12)]])],
  ])('reads views of a shared storage from a %s file', async (_, bytes) => {
    const checkpoint = await open(bytes);
    for (const [name, numbers] of Object.entries(wanted)) {
      expect(await values(checkpoint, name), name).toEqual(numbers);
      for (let start = 0; start < numbers.length; start++) {
        expect(await values(checkpoint, name, start, 1), name).toEqual([numbers[start]]);
        expect(await values(checkpoint, name, start), name).toEqual(numbers.slice(start));
      }
    }
    await expect(checkpoint.read('whole', 10, 3)).rejects.toThrow(CheckpointError);
    await expect(checkpoint.read('whole', -1)).rejects.toThrow(CheckpointError);
    await expect(checkpoint.read('whole', 0.5, 1)).rejects.toThrow(CheckpointError);
    await expect(checkpoint.read('nothing')).rejects.toThrow(CheckpointError);
  });

  it('reads only the bytes asked for, and nothing but the directory at opening', async () => {
    const bytes = torchZip(P.dict([T('big'), floats('0', [1000, 1000])]), { 0: countUp(1_000_000) });
    const inner = bytesSource(bytes);
    let read = 0;
    const checkpoint = await openCheckpoint({
      size: inner.size,
      read(offset, length) {
        read += length;
        return inner.read(offset, length);
      },
    });
    expect(read).toBeLessThan(70_000);
    read = 0;
    expect(await values(checkpoint, 'big', 654_321, 2)).toEqual([654_321, 654_322]);
    expect(read).toBe(8);
  });

  it('reads ranges of a deflated storage in any order, also at once', async () => {
    const random = Uint8Array.from({ length: 400_000 }, (_, i) => (i * 7919 + (i >> 3)) & 255);
    const object = P.dict([T('w'), tensor(storage('ByteStorage', '0', 400_000), 0, [400_000], [1])]);
    const checkpoint = await open(torchZip(object, { 0: random }, true));
    const starts = [390_000, 0, 100_000, 100_000, 250_000, 7];
    const pieces = await Promise.all(starts.map((start) => checkpoint.read('w', start, 9999)));
    pieces.forEach((piece, i) => {
      expect(Buffer.compare(piece, random.subarray(starts[i], starts[i]! + 9999))).toBe(0);
    });
  });

  it('reads a part of a storage that a legacy file shares', async () => {
    const part = storage('FloatStorage', '7', 12, P.tuple(T('8'), P.int(3), P.int(4)));
    const object = P.dict([T('w'), tensor(part, 1, [3], [1])]);
    expect(await values(await open(torchLegacy(object, [['7', 12, countUp(12)]])), 'w')).toEqual([4, 5, 6]);
    const beyond = P.dict([T('w'), tensor(part, 1, [4], [1])]);
    expect((await refusal(torchLegacy(beyond, [['7', 12, countUp(12)]]))).code).toBe('corrupt');
  });

  it('finds storages behind those that hold no weights', async () => {
    const object = P.dict(
      [T('state_dict'), P.dict(w)],
      [T('optimizer'), P.list(tensor(storage('DoubleStorage', '5', 2), 0, [2], [1]))],
    );
    const bytes = torchLegacy(object, [
      ['5', 2, new Uint8Array(16)],
      ['0', 6, countUp(6)],
    ]);
    const checkpoint = await open(bytes);
    expect(await values(checkpoint, 'w')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(checkpoint.tensors.get('w')!.position).toBe(bytes.length - 24);
  });

  it('reads a legacy description that is longer than the first look', async () => {
    const object = P.dict([T('note'), T('x'.repeat(3_000_000))], w);
    expect(await values(await open(torchLegacy(object, [['0', 6, countUp(6)]])), 'w')).toEqual([
      0, 1, 2, 3, 4, 5,
    ]);
  });

  it('reads tensors that lie in the pickle as a numpy array', async () => {
    const array = (order: string, fortran: Part, data: Part): Part => {
      const dtype: Part = [
        P.call(P.global('numpy', 'dtype'), T('f4'), P.false, P.true),
        P.tuple(P.int(3), T(order), P.none, P.none, P.none, P.int(-1), P.int(-1), P.int(0)),
        'b',
      ];
      const make = P.call(
        P.global('numpy.core.multiarray', '_reconstruct'),
        P.global('numpy', 'ndarray'),
        P.ints([0]),
        ['C', 1, 'b'],
      );
      const state = P.tuple(P.int(1), P.ints([2, 3]), dtype, fortran, data);
      const rebuild = P.global('torch._utils', '_rebuild_device_tensor_from_numpy');
      return P.dict([
        T('w'),
        P.call(rebuild, [make, state, 'b'], P.global('torch', 'float32'), T('mps:0'), P.false),
      ]);
    };
    const raw: Part = ['C', 24, countUp(6)];
    const latin = P.call(
      P.global('_codecs', 'encode'),
      T(Buffer.from(countUp(6)).toString('latin1')),
      T('latin1'),
    );
    expect(await values(await open(torchZip(array('<', P.false, raw), {})), 'w')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await values(await open(torchZip(array('<', P.false, latin), {})), 'w', 2, 3)).toEqual([2, 3, 4]);
    expect(await values(await open(torchZip(array('<', P.true, raw), {})), 'w')).toEqual([0, 2, 4, 1, 3, 5]);
    for (const wrong of [
      array('>', P.false, raw),
      array('<', P.none, raw),
      array('<', P.false, ['C', 20, countUp(5)]),
    ]) {
      expect((await refusal(torchZip(wrong, {}))).code).toBe('unsupported');
    }
  });
});

describe('forms of tensors', () => {
  const v3 = (
    from: Part,
    dtype: Part,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) =>
    P.call(
      P.global('torch._utils', '_rebuild_tensor_v3'),
      from,
      P.int(offset),
      P.ints(shape),
      P.ints(strides),
      P.false,
      ORDERED_DICT,
      dtype,
    );
  /** As torch writes it: the class lies in torch.storage. */
  const untyped = (key: string, bytes: number, ...view: Part[]): Part => [
    P.tuple(
      T('storage'),
      P.global('torch.storage', 'UntypedStorage'),
      T(key),
      T('cpu'),
      P.int(bytes),
      ...view,
    ),
    'Q',
  ];
  const E4M3 = P.global('torch', 'float8_e4m3fn');
  /** 1, 2, -0.5, 448 in E4M3; in E5M2 1, 2, -0.5. */
  const e4m3 = Uint8Array.of(0x38, 0x40, 0xb0, 0x7e);
  const e5m2 = Uint8Array.of(0x3c, 0x40, 0xb8);

  it('reads float8 over untyped storages', async () => {
    const shorts = new Uint8Array(Uint16Array.of(1, 2, 3, 65535).buffer);
    const storages = { 0: countUp(6), 1: e5m2, 2: shorts, 3: e4m3 };
    const zip = await open(
      torchZip(
        P.dict(
          [T('a'), v3(untyped('3', 4), E4M3, 0, [2, 2], [1, 2])],
          [T('b'), v3(untyped('1', 3), P.global('torch', 'float8_e5m2'), 1, [2], [1])],
          [T('c'), v3(untyped('2', 8), P.global('torch', 'uint16'), 1, [3], [1])],
          w,
        ),
        storages,
      ),
    );
    expect(zip.tensors.get('a')).toMatchObject({ dtype: 'F8_E4M3', shape: [2, 2] });
    expect(await values(zip, 'a')).toEqual([1, -0.5, 2, 448]);
    expect(await values(zip, 'b')).toEqual([2, -0.5]);
    expect(await values(zip, 'c')).toEqual([2, 3, 65535]);
    expect(await values(zip, 'w')).toEqual([0, 1, 2, 3, 4, 5]);

    const legacy = torchLegacy(P.dict([T('a'), v3(untyped('0', 4), E4M3, 0, [4], [1])]), [['0', 4, e4m3]]);
    expect(await values(await open(legacy), 'a')).toEqual([1, 2, -0.5, 448]);
  });

  it('refuses a view that leaves its untyped storage', async () => {
    const half = P.global('torch', 'float16');
    for (const [dtype, offset, shape] of [
      [E4M3, 1, [4]],
      [half, 0, [3]],
      [P.none, 0, [1]],
    ] as const) {
      const object = P.dict([T('a'), v3(untyped('0', 4), dtype, offset, shape, [1])]);
      expect((await refusal(torchZip(object, { 0: e4m3 }))).code).toBe('corrupt');
    }
  });

  it.each<[string, Part, readonly number[]]>([
    ['complex', tensor(storage('ComplexFloatStorage', '1', 2), 0, [2], [1]), [2]],
    ['quantized', tensor(storage('QInt8Storage', '1', 2), 0, [2], [1]), [2]],
    ['a number format', v3(untyped('1', 4), P.global('torch', 'float8_e8m0fnu'), 0, [4], [1]), [4]],
    ['sparse', P.call(P.global('torch._utils', '_rebuild_sparse_tensor'), P.none, P.tuple()), []],
    ['lazily', tensor(storage('FloatStorage', '0', 6), 0, [6], [1], P.dict([T('neg'), P.true])), [6]],
  ])('%s: one such tensor does not refuse the others', async (what, part, shape) => {
    const checkpoint = await open(torchZip(P.dict(w, [T('odd'), part]), one));
    expect([...checkpoint.tensors.keys()]).toEqual(['w']);
    expect(checkpoint.unreadable.get('odd')!.shape).toEqual(shape);
    expect(checkpoint.unreadable.get('odd')!.form).toContain(what.replace('a number', 'the number'));
    await expect(checkpoint.read('odd')).rejects.toThrow(CheckpointError);
    expect((await refusal(torchZip(P.dict([T('odd'), part]), one))).code).toBe('unsupported');
  });

  it('finds the storages behind those of unreadable numbers in a legacy file', async () => {
    const object = P.dict([T('c'), tensor(storage('ComplexFloatStorage', '1', 2), 0, [2], [1])], w);
    const file = torchLegacy(object, [
      ['1', 2, new Uint8Array(16)],
      ['0', 6, countUp(6)],
    ]);
    expect(await values(await open(file), 'w')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('looks into parameters and tensors brought over from a device', async () => {
    const wrapped = P.call(P.global('torch._utils', '_rebuild_parameter'), [
      P.call(P.global('torch._utils', '_rebuild_device_tensor_from_cpu_tensor'), floats('0', [2, 3])),
    ]);
    expect(await values(await open(torchZip(P.dict([T('w'), wrapped]), one)), 'w')).toHaveLength(6);
    const endless = Array.from({ length: 9 }).reduce<Part>(
      (inner) => P.call(P.global('torch._utils', '_rebuild_parameter'), inner),
      floats('0', [2, 3]),
    );
    expect((await refusal(torchZip(P.dict([T('w'), endless]), one))).code).toBe('corrupt');
  });
});

describe('lies in the description', () => {
  const F = (count: number): Part => storage('FloatStorage', '0', count);
  const lies: [string, CheckpointErrorCode, Part][] = [
    ['one element too many', 'corrupt', tensor(F(6), 0, [7], [1])],
    ['an offset past the end', 'corrupt', tensor(F(6), 6, [], [])],
    ['a stride past the end', 'corrupt', tensor(F(6), 0, [2, 2], [5, 1])],
    ['a negative stride', 'corrupt', tensor(F(6), 5, [2], [-1])],
    [
      'strides as a text',
      'corrupt',
      P.call(
        P.global('torch._utils', '_rebuild_tensor_v2'),
        F(6),
        P.int(0),
        P.ints([1]),
        T('1'),
        P.false,
        ORDERED_DICT,
      ),
    ],
    [
      'a size that is no integer',
      'corrupt',
      P.call(
        P.global('torch._utils', '_rebuild_tensor_v2'),
        F(6),
        P.int(0),
        P.tuple(['G', 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]),
        P.ints([1]),
        P.false,
        ORDERED_DICT,
      ),
    ],
    [
      'a size that is true',
      'corrupt',
      P.call(
        P.global('torch._utils', '_rebuild_tensor_v2'),
        F(6),
        P.int(0),
        P.tuple(P.true),
        P.ints([1]),
        P.false,
        ORDERED_DICT,
      ),
    ],
    ['no arguments', 'corrupt', P.call(P.global('torch._utils', '_rebuild_tensor_v2'))],
    ['a tensor in place of the storage', 'corrupt', tensor(tensor(F(6), 0, [6], [1]), 0, [6], [1])],
    ['billions of elements out of six', 'corrupt', tensor(F(6), 0, [65536, 65536], [0, 0])],
    [
      'too many dimensions',
      'corrupt',
      tensor(
        F(6),
        0,
        Array.from({ length: 100 }, () => 1),
        Array.from({ length: 100 }, () => 1),
      ),
    ],
    ['a longer storage than there is', 'truncated', tensor(F(7), 0, [6], [1])],
    ['a storage that is missing', 'corrupt', tensor(storage('FloatStorage', '1', 6), 0, [6], [1])],
    ['a negative storage length', 'corrupt', tensor(F(-1), 0, [0], [1])],
    ['a storage name that is a path', 'corrupt', tensor(storage('FloatStorage', '../0', 6), 0, [6], [1])],
    [
      'a storage class that is none',
      'corrupt',
      tensor([P.tuple(T('storage'), T('FloatStorage'), T('0'), T('cpu'), P.int(6)), 'Q'], 0, [6], [1]),
    ],
    ['a persistent id that is a text', 'corrupt', tensor([T('storage'), 'Q'], 0, [6], [1])],
    [
      'a module instead of a storage',
      'unsupported',
      tensor([P.tuple(T('module'), P.none), 'Q'], 0, [6], [1]),
    ],
    ['a lazily negated tensor', 'unsupported', tensor(F(6), 0, [6], [1], P.dict([T('neg'), P.true]))],
    ['an empty Parameter', 'corrupt', P.call(P.global('torch._utils', '_rebuild_parameter'))],
  ];

  it.each(lies)('%s', async (_, code, leaf) => {
    expect((await refusal(torchZip(P.dict([T('state_dict'), P.dict([T('w'), leaf])]), one))).code).toBe(code);
  });

  it('one storage described in two ways', async () => {
    const half = tensor(storage('HalfStorage', '0', 6), 0, [6], [1]);
    expect((await refusal(torchZip(P.dict(w, [T('h'), half]), one))).code).toBe('corrupt');
  });

  it.each([
    ['nothing', P.none],
    ['a number', P.int(3)],
    ['a tensor', floats('0', [6])],
    ['an empty dictionary', P.dict()],
    ['a list of tensors', P.list(floats('0', [6]))],
    ['a state_dict that is a list', P.dict([T('state_dict'), P.list(floats('0', [6]))])],
    ['a class', P.global('torch', 'FloatStorage')],
    ['a dictionary that holds only itself', ['}', 'q', 0, T('self'), 'h', 0, 's']],
  ])('%s instead of a checkpoint', async (_, object) => {
    expect((await refusal(torchZip(object, one))).code).toBe('not-a-checkpoint');
    expect((await refusal(torchLegacy(object, [['0', 6, countUp(6)]]))).code).toBe('not-a-checkpoint');
  });

  it('data that is not little-endian', async () => {
    const system = P.dict([T('little_endian'), P.false]);
    expect((await refusal(torchLegacy(P.dict(w), [['0', 6, countUp(6)]], system))).code).toBe('unsupported');
  });

  it('storages of a legacy file that contradict the description', async () => {
    const cases: [CheckpointErrorCode, [string, number, Uint8Array][]][] = [
      ['corrupt', [['0', 5, countUp(6)]]],
      ['corrupt', [['0', -6, countUp(6)]]],
      ['truncated', [['0', 6, countUp(5)]]],
      ['corrupt', [['1', 6, countUp(6)]]],
      ['corrupt', []],
      [
        'corrupt',
        [
          ['0', 6, countUp(6)],
          ['0', 6, countUp(6)],
        ],
      ],
    ];
    for (const [code, storages] of cases) {
      expect((await refusal(torchLegacy(P.dict(w), storages))).code, JSON.stringify(storages)).toBe(code);
    }
  });
});
