import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readGif } from './gif.ts';
import { readImageMetadata } from './metadata.ts';
import { GIF, mutants, PICTURE_TEXT } from './testing.ts';

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];
const HEADER = [...utf8('GIF89a'), 3, 0, 2, 0, 0, 0, 0];
const IMAGE = [0x2c, 0, 0, 0, 0, 5, 0, 2, 0, 0];
const comment = (...blocks: readonly string[]): number[] => [
  0x21,
  0xfe,
  ...blocks.flatMap((block) => [utf8(block).length, ...utf8(block)]),
  0,
];
const gif = (...parts: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([...HEADER, ...parts.flat()]);
const parametersOf = async (file: Uint8Array): Promise<string | null> =>
  (await readImageMetadata(file)).parameters;

test('the comment is the parameters text', async () => {
  expect(await readImageMetadata(GIF)).toMatchObject({ format: 'gif', parameters: PICTURE_TEXT });
});

test('blocks are one text, comments are lines; those behind the first picture do not count', async () => {
  const control = [0x21, 0xf9, 4, 0, 0, 0, 0, 0];
  const file = gif(comment('a ', 'cat'), control, comment('Steps: 20'), IMAGE, comment('later'));
  expect(await parametersOf(file)).toBe('a cat\nSteps: 20');
  expect(await parametersOf(gif(IMAGE))).toBeNull();
  expect(await parametersOf(gif(comment(), IMAGE))).toBeNull();
});

test('a picture larger than its screen makes the screen larger', () => {
  expect(readGif(gif(IMAGE)).size).toEqual({ width: 5, height: 2 });
});

test('no damage makes it throw, or read beyond the file', () => {
  fc.assert(
    fc.property(mutants(GIF), (bad) => {
      if (bad.length < 13) return;
      expect(readGif(bad).comment?.length ?? 0).toBeLessThan(bad.length);
    }),
    { numRuns: 2000, seed: 13 },
  );
});
