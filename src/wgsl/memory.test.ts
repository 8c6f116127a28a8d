import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dispatch } from './kernels/shader.ts';
import { planMemory } from './memory.ts';
import { Storage, type StorageRole } from './tensor.ts';

const MB = 1 << 20;

function storage(bytes: number, role: StorageRole = { kind: 'scratch' }): Storage {
  return new Storage('float32', bytes / 4, role);
}

function dispatch(reads: readonly Storage[], writes: Storage): Dispatch {
  const bindings = [
    ...reads.map((one) => ({ storage: one, written: false })),
    { storage: writes, written: true },
  ];
  const nothing = { label: '', code: '', params: new Uint32Array(0), flops: 0, threads: 1, shared: 0 };
  return { ...nothing, bindings, grid: [1, 1, 1] };
}

describe('a memory plan', () => {
  it('of a chain takes two arenas, whatever its length', () => {
    const all = Array.from({ length: 10 }, () => storage(MB));
    const plan = planMemory(
      all.slice(1).map((one, i) => dispatch([all[i]!], one)),
      1 << 30,
    );
    expect(plan.arenas).toEqual([MB, MB]);
    expect(plan.least).toBe(2 * MB);
  });

  it('keeps inputs from the beginning and outputs to the end', () => {
    const [input, late] = [storage(MB, { kind: 'input', name: 'x' }), storage(MB)];
    const [output, end] = [
      storage(MB, { kind: 'output', name: 'y' }),
      storage(MB, { kind: 'output', name: 'z' }),
    ];
    const other = storage(MB, { kind: 'input', name: 'w' });
    const plan = planMemory(
      [dispatch([other], output), dispatch([other], late), dispatch([input, late], end)],
      1 << 30,
    );
    const placeOf = (one: Storage) => JSON.stringify(plan.blocks.get(one));
    // Both inputs are there before the first; the first output is still there at the end.
    expect(placeOf(input)).not.toBe(placeOf(output));
    expect(placeOf(input)).not.toBe(placeOf(late));
    expect(placeOf(output)).not.toBe(placeOf(end));
  });

  it('says what does not fit into a buffer', () => {
    expect(() => planMemory([dispatch([], storage(2 * MB))], MB)).toThrow(/2097152 bytes is larger/);
  });

  it('lets nothing lie on what is alive, nor beside what the same shader writes', () => {
    const program = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 40 }), reads: fc.array(fc.nat(), { maxLength: 3 }) }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(program, (steps) => {
        const made: Storage[] = [];
        const dispatches = steps.map(({ size, reads }) => {
          const read = made.length > 0 ? reads.map((i) => made[i % made.length]!) : [];
          const result = storage(size * 100);
          made.push(result);
          return dispatch(read, result);
        });
        const limit = 40 * 100 * 4;
        const { blocks, arenas, least } = planMemory(dispatches, limit);
        const life = (one: Storage) => {
          const used = dispatches.flatMap(({ bindings }, i) =>
            bindings.some(({ storage }) => storage === one) ? [i] : [],
          );
          return { from: used[0]!, to: used.at(-1)! };
        };
        for (const a of made) {
          for (const b of made) {
            if (a === b || blocks.get(a)!.arena !== blocks.get(b)!.arena) continue;
            const [p, q] = [blocks.get(a)!, blocks.get(b)!];
            const together = life(a).from <= life(b).to && life(b).from <= life(a).to;
            const overlap = p.offset < q.offset + b.bytes && q.offset < p.offset + a.bytes;
            expect(together && overlap).toBe(false);
          }
        }
        for (const { bindings } of dispatches) {
          const result = blocks.get(bindings.find(({ written }) => written)!.storage)!;
          for (const { storage, written } of bindings)
            if (!written) expect(blocks.get(storage)!.arena).not.toBe(result.arena);
        }
        for (const [one, { arena, offset }] of blocks) {
          expect(offset % 256).toBe(0);
          expect(offset + one.bytes).toBeLessThanOrEqual(arenas[arena]!);
        }
        expect(Math.max(...arenas)).toBeLessThanOrEqual(limit);
        expect(arenas.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(least);
      }),
    );
  });
});
