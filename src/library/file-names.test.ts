import { expect, it } from 'vitest';
import { zipFileName, pictureName } from './file-names.ts';

it('numbers pictures as A1111 does', () => {
  expect(pictureName(0, 1234)).toBe('00000-1234.png');
  expect(pictureName(99_999, 4294967295)).toBe('99999-4294967295.png');
  expect(pictureName(123_456, 7)).toBe('123456-7.png');
});

it('names the zip after the time it was made', () => {
  expect(zipFileName(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe('darkroom-20260102-030405.zip');
});
