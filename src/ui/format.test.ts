import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatEstimate,
  formatPercent,
  formatRate,
  formatTimeLeft,
  shortHash,
} from './format.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [512, '512 bytes'],
    [999, '999 bytes'],
    [1000, '1.00 kB'],
    [9994, '9.99 kB'],
    [9996, '10.0 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_600, '1.00 MB'],
    [4_265_380_512, '4.27 GB'],
    [2.5e15, '2,500 TB'],
    [Number.NaN, '–'],
    [-1, '–'],
  ])('%d -> %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [1, '1 s'],
    [59_000, '59 s'],
    [59_001, '1 min'],
    [80_000, '1 min 20 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%d -> %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

it('gives a time that is only about right without its seconds', () => {
  expect(formatEstimate(95_200)).toBe('1 min 36 s');
  expect(formatEstimate(1_270_000)).toBe('21 min');
  expect(formatEstimate(7_515_000)).toBe('2 h 5 min');
});

it('says nothing about what is unknown', () => {
  expect(formatRate(0)).toBe('');
  expect(formatRate(4.2e8)).toBe('420 MB/s');
  expect(formatTimeLeft(null)).toBe('');
  expect(formatTimeLeft(1500)).toBe('2 s left');
});

it('clamps percentages', () => {
  expect(formatPercent(0.333)).toBe('33%');
  expect(formatPercent(7)).toBe('100%');
  expect(formatPercent(Number.NaN)).toBe('0%');
});

it('shortens hashes as A1111 does', () => {
  expect(shortHash('6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa')).toBe('6ce0161689');
});
