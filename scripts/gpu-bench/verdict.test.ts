import { expect, it } from 'vitest';
import { judge, tolerance } from './verdict.ts';

const floats = (...values: number[]) => Float32Array.from(values);

it('holds float16 against what PyTorch loses in it', () => {
  const expected = floats(1, -1, 1, -1);
  const off = floats(1.002, -1, 1, -1);
  expect(judge(off, expected, tolerance('float16', 'plain', 1e-3))).toEqual({
    error: expect.closeTo(1e-3, 5) as number,
    verdict: 'right',
  });
  expect(judge(off, expected, tolerance('float16', 'subgroups', 1e-4)).verdict).toBe('wrong');
  expect(judge(off, expected, tolerance('float32', 'plain', null)).verdict).toBe('wrong');
});

it('takes nothing that is not a number, or not all there, for right', () => {
  const expected = floats(1, 2);
  expect(judge(floats(1, NaN), expected, 1)).toEqual({ error: null, verdict: 'wrong' });
  expect(judge(floats(1, Infinity), expected, 1)).toEqual({ error: null, verdict: 'wrong' });
  expect(judge(floats(1), expected, 1).verdict).toBe('wrong');
  expect(judge(null, expected, 1).verdict).toBe('unchecked');
  expect(judge(expected, null, 1).verdict).toBe('unchecked');
});
