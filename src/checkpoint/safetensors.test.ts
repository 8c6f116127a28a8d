import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from './open.ts';
import { blobSource, bytesSource } from './source.ts';
import { join } from './testing.ts';
import { CheckpointError } from './types.ts';

function safetensors(header: unknown, data: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
  return join(length, text, data);
}

const entry = (dtype: string, shape: unknown, from: number, to: number): object => ({
  dtype,
  shape,
  data_offsets: [from, to],
});
const data = Uint8Array.from({ length: 24 }, (_, i) => i);

async function refusal(bytes: Uint8Array): Promise<CheckpointError> {
  const error: unknown = await openCheckpoint(bytesSource(bytes)).then(
    () => expect.fail('it was accepted'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  return error as CheckpointError;
}

describe('safetensors', () => {
  const good = safetensors(
    { __metadata__: { a: 'b' }, y: entry('I16', [2, 4], 8, 24), x: entry('F32', [2], 0, 8) },
    data,
  );

  it('reads ranges of elements, from memory and from a Blob', async () => {
    for (const source of [bytesSource(good), blobSource(new Blob([good.slice()]))]) {
      const checkpoint = await openCheckpoint(source);
      expect(checkpoint.format).toBe('safetensors');
      expect([...checkpoint.metadata]).toEqual([['a', 'b']]);
      expect([...checkpoint.tensors.values()]).toEqual([
        { name: 'y', dtype: 'I16', shape: [2, 4], elementCount: 8, position: good.length - 16 },
        { name: 'x', dtype: 'F32', shape: [2], elementCount: 2, position: good.length - 24 },
      ]);
      expect([...(await checkpoint.read('y'))]).toEqual([...data.subarray(8)]);
      expect([...(await checkpoint.read('y', 3, 2))]).toEqual([14, 15, 16, 17]);
      expect(await checkpoint.read('y', 8)).toHaveLength(0);
      await expect(checkpoint.read('y', 7, 2)).rejects.toThrow(CheckpointError);
      await expect(checkpoint.read('y', 9)).rejects.toThrow(CheckpointError);
      await expect(checkpoint.read('z')).rejects.toThrow(/no tensor "z"/);
    }
  });

  it('is not taken for a pickle when its header length looks like one', async () => {
    // A header of 0x280 bytes begins the file with 80 02.
    const header = JSON.stringify({ x: entry('U8', [24], 0, 24) }).padEnd(0x280);
    const bytes = safetensors(header, data);
    expect([...bytes.subarray(0, 2)]).toEqual([0x80, 2]);
    expect((await openCheckpoint(bytesSource(bytes))).tensors.size).toBe(1);
  });

  it.each<[string, unknown]>([
    [
      'a rank of 100',
      {
        x: entry(
          'U8',
          Array.from({ length: 100 }, () => 1),
          0,
          24,
        ),
      },
    ],
    ['a size that is a text', { x: entry('U8', ['24'], 0, 24) }],
    [
      'a number format that does not fit its name',
      { x: entry('U8', [12], 0, 12), y: entry('F33', [3], 12, 24) },
    ],
    ['a name of an object member as dtype', { x: entry('constructor', [24], 0, 24) }],
    ['dimensions beyond 2^53', { x: entry('U8', [2 ** 30, 2 ** 30, 0], 0, 24) }],
    ['three offsets', { x: { dtype: 'U8', shape: [24], data_offsets: [0, 24, 24] } }],
    ['metadata that is a list', { __metadata__: [], x: entry('U8', [24], 0, 24) }],
    ['a gap at the start', { x: entry('U8', [20], 4, 24) }],
    ['two tensors on one place', { x: entry('U8', [24], 0, 24), y: entry('U8', [24], 0, 24) }],
    ['4-bit numbers', { x: entry('F4', [48], 0, 24) }],
    ['text after the object', `${JSON.stringify({ x: entry('U8', [24], 0, 24) })}{}`],
    ['a shape with a decimal point', '{"x":{"dtype":"U8","shape":[24.0],"data_offsets":[0,24]}}'],
    ['a key twice in an entry', '{"x":{"dtype":"U8","dtype":"U8","shape":[24],"data_offsets":[0,24]}}'],
    ['a byte order mark', '\ufeff{}'],
    ['a comment', '{/**/}'],
  ])('refuses %s', async (_, header) => {
    await refusal(safetensors(header, data));
  });

  it('lets tensors in other number formats lie, where they fit their names', async () => {
    const header = {
      x: entry('F16', [4], 0, 8),
      scale: entry('F8_E8M0', [4], 8, 12),
      packed: entry('F4', [3, 8], 12, 24),
    };
    const odd = await openCheckpoint(bytesSource(safetensors(header, data)));
    expect([...odd.tensors.keys()]).toEqual(['x']);
    expect(odd.unreadable.get('scale')).toEqual({ shape: [4], form: 'the number format "F8_E8M0"' });
    expect(odd.unreadable.get('packed')!.shape).toEqual([3, 8]);
    await expect(odd.read('scale')).rejects.toThrow(/no tensor "scale"/);
  });

  it('accepts padding, unknown keys and empty tensors anywhere', async () => {
    const header = {
      e: entry('F32', [0, 7], 24, 24),
      x: { ...entry('U8', [24], 0, 24), more: { deep: [1.5, null] } },
    };
    const checkpoint = await openCheckpoint(bytesSource(safetensors(`${JSON.stringify(header)}   `, data)));
    expect(await checkpoint.read('e')).toHaveLength(0);
    expect(await checkpoint.read('x')).toHaveLength(24);
  });
});

describe('what is no checkpoint', () => {
  it.each([
    ['a web page', '<!DOCTYPE html><html>', /web page/],
    ['a web page after blank lines', '\n\n  <html>', /web page/],
    ['a pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00', /LFS/],
    ['a picture', '\x89PNG\r\n\x1a\n0000000000000', /picture/],
    ['gzip', '\x1f\x8b\x08\0\0\0\0\0\0\0\0', /gzip/],
    ['GGUF', 'GGUF\x03\0\0\0\0\0\0\0\0\0', /GGUF/],
    ['nothing', '', /empty/],
    ['one byte', '{', /not a model/],
    ['noise', '$%&/()=?`*+~#', /not a model/],
  ])('%s is named', async (_, text, message) => {
    const error = await refusal(join(text));
    expect(error.code).toBe('not-a-checkpoint');
    expect(error.message).toMatch(message);
  });
});

describe('sources', () => {
  it('refuse ranges that leave them', async () => {
    for (const source of [bytesSource(data), blobSource(new Blob([data]))]) {
      expect([...(await source.read(22, 2))]).toEqual([22, 23]);
      expect(await source.read(24, 0)).toHaveLength(0);
      await expect(source.read(23, 2)).rejects.toThrow(CheckpointError);
      for (const [offset, length] of [
        [-1, 1],
        [0, -1],
        [0.5, 1],
        [NaN, 1],
        [0, Infinity],
      ] as const) {
        await expect(source.read(offset, length)).rejects.toThrow(RangeError);
      }
    }
  });

  it('say when a file changed after it was picked', async () => {
    const folder = mkdtempSync(joinPath(tmpdir(), 'source-'));
    try {
      const path = joinPath(folder, 'model.safetensors');
      writeFileSync(path, data);
      const source = blobSource(await openAsBlob(path));
      expect(await source.read(0, 4)).toHaveLength(4);
      writeFileSync(path, data.subarray(0, 9));
      await expect(source.read(0, 24)).rejects.toMatchObject({ name: 'CheckpointError', code: 'unreadable' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
