// Pictures that hold no embedding, or a broken one. Sound ones: generation/recipes/embeddings.reference.test.ts.
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../checkpoint/source.ts';
import { encodePng } from '../image/png.ts';
import { openModelFile } from './open.ts';

const SIDE = 16;

async function picture(data: (i: number) => number, texts: Record<string, string> = {}): Promise<Uint8Array> {
  const bytes = new Uint8Array(3 * SIDE * SIDE).map((_, i) => data(i));
  return encodePng({ width: SIDE, height: SIDE, channels: 3, data: bytes }, texts);
}

const open = async (bytes: Uint8Array) => openModelFile(bytesSource(bytes));
const embedded = (json: unknown): Promise<Uint8Array> =>
  picture((i) => i % 251, { 'sd-ti-embedding': btoa(JSON.stringify(json)) });

describe('a picture', () => {
  it.each([
    ['of one colour', () => 200],
    ['black', () => 0],
    [
      'with dark columns',
      (i: number) => (Math.floor(i / 3) % SIDE === 8 || Math.floor(i / 3) % SIDE === 9 ? 16 : 7),
    ],
    ['of noise', (i: number) => (i * 7919) % 256],
  ])('%s is no embedding, and says what it is', async (_, data) => {
    await expect(open(await picture(data))).rejects.toThrow(/picture \(PNG\) without an embedding/);
  });

  it('that cannot be read is called what it is, wherever it ends', async () => {
    const bytes = await picture((i) => i % 251);
    for (const end of [8, 12, 30, bytes.length / 2, bytes.length - 20])
      await expect(open(bytes.slice(0, end)), String(end)).rejects.toThrow(/picture \(PNG\)/);
    const noise = Uint8Array.from(bytes, (byte, i) => (i < 8 ? byte : 120));
    await expect(open(noise)).rejects.toThrow(/picture \(PNG\) that cannot be read/);
  });

  it.each([
    ['no JSON', btoa('nothing')],
    ['no base64', '!'],
    ['no vectors', btoa('{}')],
    [
      'two tensors',
      btoa(JSON.stringify({ string_to_param: { a: { TORCHTENSOR: [[1]] }, b: { TORCHTENSOR: [[1]] } } })),
    ],
    ['a nest', btoa('['.repeat(100_000))],
  ])('with %s where one should be is damaged', async (_, text) => {
    await expect(open(await picture((i) => i % 251, { 'sd-ti-embedding': text }))).rejects.toThrow(/damaged/);
  });

  it.each([[[[1, 2], [3]]], [[['1']]], [[]], [[[]]], [[[null]]]])(
    'with %j for vectors is damaged',
    async (rows) => {
      const json = { string_to_param: { '*': { TORCHTENSOR: rows } } };
      await expect(open(await embedded(json))).rejects.toThrow(/damaged/);
    },
  );

  it('with vectors is read', async () => {
    const json = {
      string_to_param: {
        '*': {
          TORCHTENSOR: [
            [1, 2],
            [3, 4],
          ],
        },
      },
    };
    const { tensors } = await open(await embedded(json));
    expect([...tensors.values()].map(({ shape }) => shape)).toEqual([[2, 2]]);
  });

  it('that is cut off is refused', async () => {
    const whole = await picture((i) => i % 251);
    await expect(open(whole.subarray(0, whole.length / 2))).rejects.toThrow(/cut off|damaged/);
  });
});
