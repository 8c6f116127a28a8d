// Where in GPU memory each storage lies. Storages whose lives do not overlap share memory, in a few large buffers ("arenas");
// what one shader reads and writes lies in different ones, since WebGPU does not let it read a buffer that it writes.
import type { Dispatch } from './kernels/shader.ts';
import { roundUp } from './quads.ts';
import { type Storage } from './tensor.ts';

/** What bindings must begin at a multiple of, on every device. */
const ALIGNMENT = 256;

export interface Block {
  readonly arena: number;
  /** In bytes. */
  readonly offset: number;
}

export interface MemoryPlan {
  readonly blocks: ReadonlyMap<Storage, Block>;
  /** Bytes of each arena. Exactly what is allocated. */
  readonly arenas: readonly number[];
  /** The most that is in use at once: no plan takes less. */
  readonly least: number;
}

interface Life {
  readonly storage: Storage;
  readonly size: number;
  /** Dispatches at which it is first and last used. */
  readonly from: number;
  readonly to: number;
  /** Never in one arena with these. */
  readonly apart: ReadonlySet<Storage>;
}

/** `limit`: bytes of the largest buffer. Throws a RangeError where a single tensor is larger. */
export function planMemory(dispatches: readonly Dispatch[], limit: number): MemoryPlan {
  const lives = livesOf(dispatches);
  const arenas: { size: number; readonly placed: (Life & { readonly offset: number })[] }[] = [];
  const blocks = new Map<Storage, Block>();
  // The largest first: what is small fits between.
  for (const life of lives.toSorted((a, b) => b.size - a.size || a.from - b.from)) {
    if (life.size > limit)
      throw new RangeError(`A tensor of ${life.size} bytes is larger than the device's buffers (${limit}).`);
    const places = arenas.flatMap(({ size, placed }, arena) => {
      if (placed.some(({ storage }) => life.apart.has(storage))) return [];
      const offset = gapFor(life, placed);
      const end = Math.max(size, offset + life.size);
      return end <= limit ? [{ arena, offset, end, growth: end - size }] : [];
    });
    const best = places.sort((a, b) => a.growth - b.growth || a.arena - b.arena)[0] ?? {
      ...{ arena: arenas.length, offset: 0, end: life.size, growth: life.size },
    };
    const arena = (arenas[best.arena] ??= { size: 0, placed: [] });
    arena.placed.push({ ...life, offset: best.offset });
    arena.size = best.end;
    blocks.set(life.storage, { arena: best.arena, offset: best.offset });
  }
  return { blocks, arenas: arenas.map(({ size }) => size), least: mostAtOnce(lives, dispatches.length) };
}

/** The lowest offset at which nothing lies while this is alive. */
function gapFor({ size, from, to }: Life, placed: readonly (Life & { readonly offset: number })[]): number {
  const beside = placed
    .filter((other) => other.from <= to && from <= other.to)
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of beside) {
    if (offset + size <= other.offset) break;
    offset = Math.max(offset, other.offset + other.size);
  }
  return offset;
}

/** Inputs live from before the first dispatch, outputs until after the last. Weights and constants have buffers of their own. */
function livesOf(dispatches: readonly Dispatch[]): Life[] {
  const spans = new Map<Storage, { from: number; to: number; readonly apart: Set<Storage> }>();
  for (const [index, { bindings }] of dispatches.entries()) {
    for (const { storage, written } of bindings) {
      const { kind } = storage.role;
      if (kind === 'weight' || kind === 'constant') continue;
      const span = spans.get(storage) ?? { from: kind === 'input' ? -1 : index, to: index, apart: new Set() };
      span.to = kind === 'output' ? dispatches.length : index;
      spans.set(storage, span);
      for (const other of bindings) if (other.written !== written) span.apart.add(other.storage);
    }
  }
  return [...spans].map(([storage, { from, to, apart }]) => {
    return { storage, size: roundUp(storage.bytes, ALIGNMENT), from, to, apart };
  });
}

function mostAtOnce(lives: readonly Life[], count: number): number {
  let most = 0;
  for (let at = -1; at <= count; at++) {
    const now = lives.reduce((sum, { from, to, size }) => (from <= at && at <= to ? sum + size : sum), 0);
    most = Math.max(most, now);
  }
  return most;
}
