import { expect, it } from 'vitest';
import { explainStorageFailure, isMadeUp, StorageFullError } from './storage.ts';

const GIB = 2 ** 30;

it('does not believe what is the same whatever the disk has', () => {
  expect(isMadeUp(322_013_873, 11_059_432_113)).toBe(true);
  expect(isMadeUp(12_345, 12_345 + 3 * GIB)).toBe(true);
  expect(isMadeUp(322_013_873, 296_630_877_388)).toBe(false);
  expect(isMadeUp(12_345, 10 * GIB)).toBe(false);
  expect(isMadeUp(5e9, 4e9)).toBe(false);
});

it('says what failed from what failed', () => {
  const full = explainStorageFailure(
    new DOMException('', 'QuotaExceededError'),
    "0 MB of the model's 3 MB were stored",
  );
  expect(full).toBeInstanceOf(StorageFullError);
  expect(full.message).toMatch(/^The browser would not store more: 0 MB of the model's 3 MB were stored\./);
  expect(explainStorageFailure(new TypeError('unrelated'), '')).not.toBeInstanceOf(StorageFullError);
});
