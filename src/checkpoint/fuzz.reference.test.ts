// The good reference files, damaged in every way that is cheap to make: a damaged file must be refused with a
// CheckpointError or give tensors of the lengths it promises, and nothing may be read or made that is larger than
// the file could hold.
import { describe, expect, it } from 'vitest';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { openCheckpoint } from './open.ts';
import { bytesSource } from './source.ts';
import { BYTES_PER_ELEMENT, CheckpointError, type ByteSource } from './types.ts';

const FOLDER = ['models', 'formats'];
const SMALL = 40_000;
/** Files up to this size are cut at every byte, larger ones at every byte of their ends and here and there between. */
const EVERY_BYTE = 700;
const FLIPS = 250;
/** An expanded tensor may be larger than its file; nothing else may. */
const MOST_BYTES = 8 * 2 ** 20;

const files = listReference(...FOLDER).includes('index.json')
  ? Object.entries(readReferenceJson<Record<string, { kind: string }>>(...FOLDER, 'index.json'))
      .filter(([name, { kind }]) => (kind === 'good' || kind === 'doubtful') && !name.endsWith('.gz'))
      .map(([name]) => name)
      .filter((name) => readReference(...FOLDER, name).length <= SMALL)
  : [];

/** mulberry32: a damaged file that fails is found again. */
function generator(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Opens and reads everything; returns whether it was accepted. */
async function survives(bytes: Uint8Array, what: string): Promise<boolean> {
  const inner = bytesSource(bytes);
  const source: ByteSource = {
    size: inner.size,
    read(offset, length) {
      expect(length, what).toBeLessThanOrEqual(Math.max(64, inner.size));
      return inner.read(offset, length);
    },
  };
  try {
    const checkpoint = await openCheckpoint(source);
    for (const info of checkpoint.tensors.values()) {
      const wanted = info.elementCount * BYTES_PER_ELEMENT[info.dtype];
      expect(wanted, what).toBeLessThanOrEqual(Math.max(MOST_BYTES, bytes.length));
      const data = await checkpoint.read(info.name);
      expect(data.length, what).toBe(wanted);
      expect(info.shape.reduce((a, b) => a * b, 1)).toBe(info.elementCount);
    }
    return true;
  } catch (error) {
    if (!(error instanceof CheckpointError)) {
      throw new Error(`${what}: ${String(error)}`, { cause: error });
    }
    return false;
  }
}

if (files.length === 0) it.skip('the reference data has no formats', () => undefined);

describe.each(files)('%s', (name) => {
  const bytes = readReference(...FOLDER, name);

  it('cut short', { timeout: 300_000 }, async () => {
    const step = bytes.length <= EVERY_BYTE ? 1 : Math.ceil(bytes.length / 150);
    for (let length = 0; length < bytes.length;) {
      const accepted = await survives(bytes.slice(0, length), `first ${length} bytes`);
      // A file without its last byte is never complete, whatever the format.
      expect(accepted, `first ${length} bytes`).toBe(false);
      length += length < 60 || length > bytes.length - 60 ? 1 : step;
    }
  });

  it('one to three bytes changed', { timeout: 300_000 }, async () => {
    const random = generator(name.length * 7919 + bytes.length);
    for (let run = 0; run < FLIPS; run++) {
      const damaged = bytes.slice();
      const places: string[] = [];
      for (let n = 1 + random(3); n > 0; n--) {
        const place = random(damaged.length);
        const value = random(3) === 0 ? [0, 0xff, 0x7f, 0x80][random(4)]! : random(256);
        damaged[place] = value;
        places.push(`${place}=${value}`);
      }
      await survives(damaged, places.join(' '));
    }
  });

  it('a piece missing, doubled or moved', { timeout: 300_000 }, async () => {
    const random = generator(bytes.length);
    for (let run = 0; run < FLIPS / 5; run++) {
      const from = random(bytes.length);
      const length = 1 + random(Math.min(64, bytes.length - from));
      const piece = bytes.subarray(from, from + length);
      const rest = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
      const at = random(rest.length + 1);
      const moved = Buffer.concat([rest.subarray(0, at), piece, rest.subarray(at)]);
      const doubled = Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(from)]);
      for (const damaged of [rest, moved, doubled]) {
        await survives(new Uint8Array(damaged), `${length} bytes from ${from} to ${at}`);
      }
    }
  });
});
