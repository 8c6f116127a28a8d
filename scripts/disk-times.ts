// What the disk alone takes for reading and writing files of any size.
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

const PIECE = 16 << 20;

export function seconds(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

export function readAll(path: string): void {
  const buffer = Buffer.alloc(PIECE);
  const descriptor = openSync(path, 'r');
  while (readSync(descriptor, buffer) > 0);
  closeSync(descriptor);
}

/** Until the disk has it. */
export function writeAll(path: string, bytes: number): void {
  const buffer = Buffer.alloc(PIECE, 1);
  const descriptor = openSync(path, 'w');
  for (let left = bytes; left > 0; left -= PIECE) writeSync(descriptor, buffer, 0, Math.min(PIECE, left));
  fsyncSync(descriptor);
  closeSync(descriptor);
}
