// Zips around one small model: honest ones in every form, and directories that lie.
import { describe, expect, it } from 'vitest';
import { toFloat32 } from './convert.ts';
import { openCheckpoint } from './open.ts';
import { bytesSource } from './source.ts';
import { countUp, floats, join, P, zipFile, type Part, type ZipItem, type ZipOptions } from './testing.ts';
import { CheckpointError, type Checkpoint, type CheckpointErrorCode } from './types.ts';

const open = (bytes: Uint8Array): Promise<Checkpoint> => openCheckpoint(bytesSource(bytes));

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
const w: [Part, Part] = [T('w'), floats('0', [2, 3])];

describe('lies in the zip', () => {
  const pickle: ZipItem = { name: 'archive/data.pkl', data: P.pickle(P.dict(w)) };
  const data: ZipItem = { name: 'archive/data/0', data: countUp(6) };
  const file = (items: ZipItem[] = [pickle, data], options: ZipOptions = {}): Uint8Array =>
    zipFile(items, options);

  it('reads the honest ones', async () => {
    const honest: [string, Uint8Array][] = [
      ['plain', file()],
      ['zip64 end', file([pickle, data], { zip64: true })],
      [
        'zip64 entries',
        file(
          [
            { ...pickle, zip64: true },
            { ...data, zip64: true },
          ],
          { zip64: true },
        ),
      ],
      ['comment', file([pickle, data], { comment: join('made by PK\x05\x06, really') })],
      ['the longest comment', file([pickle, data], { comment: new Uint8Array(65535).fill(80) })],
      ['other order', file([data, pickle])],
      ['no checksum', file([{ ...pickle, lie: { crc: 0 } }, data])],
      ['a longer entry', file([pickle, { ...data, data: countUp(7) }])],
      [
        'things we do not know',
        file([
          pickle,
          data,
          { name: 'archive/.data/x', data: countUp(1) },
          { name: 'archive/data/', data: countUp(0) },
        ]),
      ],
      ['byte order', file([pickle, data, { name: 'archive/byteorder', data: join('little') }])],
    ];
    for (const [name, bytes] of honest) {
      expect(await values(await open(bytes), 'w'), name).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  const bomb: ZipItem = { name: 'archive/data/0', data: new Uint8Array(20 * 2 ** 20), deflate: true };
  const lies: [string, CheckpointErrorCode, Uint8Array][] = [
    ['a name twice', 'corrupt', file([pickle, data, data])],
    ['two objects', 'corrupt', file([pickle, { ...pickle, name: 'other/data.pkl' }, data])],
    ['no object', 'not-a-checkpoint', file([data])],
    ['an absolute path', 'corrupt', file([pickle, data, { name: '/etc/x', data: countUp(1) }])],
    ['a path that climbs', 'corrupt', file([pickle, data, { name: 'archive/../x', data: countUp(1) }])],
    ['a Windows path', 'corrupt', file([pickle, data, { name: 'C:\\x', data: countUp(1) }])],
    ['an encrypted object', 'unsupported', file([{ ...pickle, lie: { flags: 1 } }, data])],
    ['encrypted data', 'unsupported', file([pickle, { ...data, lie: { flags: 1 } }])],
    ['an unknown method', 'unsupported', file([pickle, { ...data, lie: { method: 93 } }])],
    ['a method that the entry denies', 'corrupt', file([pickle, { ...data, lie: { method: 8 } }])],
    ['two lengths', 'corrupt', file([pickle, { ...data, lie: { size: 25 } }])],
    [
      'data that overlaps the directory',
      'corrupt',
      file([pickle, { ...data, lie: { size: 30, compressedSize: 30 } }]),
    ],
    [
      'data that overlaps the next entry',
      'corrupt',
      file([{ ...data, lie: { size: 40, compressedSize: 40 } }, pickle]),
    ],
    ['an entry at another one', 'corrupt', file([pickle, { ...data, lie: { offset: 0 } }])],
    ['an entry inside data', 'corrupt', file([pickle, { ...data, lie: { offset: 20 } }])],
    ['an entry past the end', 'corrupt', file([pickle, { ...data, lie: { offset: 0x7fffffff } }])],
    [
      'zip64 lengths beyond anything',
      'corrupt',
      file([pickle, { ...data, zip64: true, lie: { size: 2 ** 60, compressedSize: 2 ** 60 } }]),
    ],
    [
      'zip64 lengths that are missing',
      'corrupt',
      file([pickle, { ...data, lie: { size: 0xffffffff, compressedSize: 0xffffffff } }]),
    ],
    ['too many entries', 'corrupt', file([pickle, data], { count: 3 })],
    [
      'too few entries',
      'corrupt',
      file([pickle, data, { name: 'archive/x', data: countUp(1) }], { count: 2 }),
    ],
    ['2^40 entries', 'corrupt', file([pickle, data], { count: 2 ** 40, zip64: true })],
    ['a checksum that is wrong', 'corrupt', file([{ ...pickle, lie: { crc: 1 } }, data])],
    [
      'another byte order',
      'unsupported',
      file([pickle, data, { name: 'archive/byteorder', data: join('big') }]),
    ],
    [
      'an unknown byte order',
      'corrupt',
      file([pickle, data, { name: 'archive/byteorder', data: join('middle') }]),
    ],
    ['a bomb', 'unsupported', file([pickle, bomb])],
    [
      'an object that is a bomb',
      'unsupported',
      file([{ ...pickle, data: new Uint8Array(40 * 2 ** 20), deflate: true }, data]),
    ],
    ['something after the end', 'truncated', join(file(), 'x')],
    ['nothing but an end', 'not-a-checkpoint', file([])],
  ];

  it.each(lies)('%s', async (_, code, bytes) => {
    expect((await refusal(bytes)).code).toBe(code);
  });

  it('deflated data that unpacks to another length', async () => {
    const longer = await open(
      file([pickle, { ...data, data: countUp(7), deflate: true, lie: { size: 24 } }]),
    );
    await expect(longer.read('w')).rejects.toThrow(CheckpointError);
    const shorter = await open(
      file([pickle, { ...data, data: countUp(5), deflate: true, lie: { size: 24 } }]),
    );
    await expect(shorter.read('w')).rejects.toThrow(CheckpointError);
    // And the failure leaves the rest readable.
    expect(await values(shorter, 'w', 0, 5)).toEqual([0, 1, 2, 3, 4]);
  });
});
