import { expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.ts';

it('rounds sizes up, and uses a buffer again only after a submit', () => {
  const pool = new BufferPool();
  const first = pool.allocate(1000);
  expect(first).toBe(2048);
  pool.release(first);
  pool.allocate(2000);
  expect(pool.live).toBe(2 * 2048);
  pool.submit();
  pool.allocate(1500);
  expect(pool.live).toBe(2 * 2048);
});

it('submits every sixteen dispatches', () => {
  const pool = new BufferPool();
  for (let i = 0; i < 64; i++) {
    const size = pool.allocate(64);
    pool.dispatch();
    pool.release(size);
  }
  expect(pool.peak).toBe(17 * 64);
});

it('keeps as many of a size as it is allowed to, and none of the largest', () => {
  const pool = new BufferPool();
  const sizes = [40e6, 40e6, 40e6, 200e6].map((bytes) => pool.allocate(bytes));
  expect(pool.live).toBe(3 * 44_236_800 + 200_000_000);
  for (const size of sizes) pool.release(size);
  pool.submit();
  expect(pool.live).toBe(2 * 44_236_800);
  expect(pool.peak).toBe(3 * 44_236_800 + 200_000_000);
});
