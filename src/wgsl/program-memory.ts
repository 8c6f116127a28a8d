// What a program takes of the GPU's memory, to the byte, before any of it is made.
import type { Dispatch } from './kernels/shader.ts';
import type { Program } from './program.ts';
import { roundUp } from './quads.ts';
import type { ArenaSizes } from './device/arenas.ts';

/** What uniform bindings must begin at a multiple of, on every device. */
const UNIFORM_ALIGNMENT = 256;
/** No buffer is smaller. */
const SMALLEST = 16;

/** Bytes. */
export interface ProgramMemory {
  /** That it shares with other programs. */
  readonly shared: ArenaSizes;
  /** Of its constants and uniforms, which are its own. */
  readonly own: number;
  /** Of each weight, by what tells it from others: programs of a model share them. */
  readonly weights: ReadonlyMap<string, number>;
}

export function memoryOf(program: Program): ProgramMemory {
  const { memory, outputs, constants, dispatches, weights } = program;
  const readback = [...outputs.values()].reduce((sum, { storage }) => sum + storage.bytes, 0);
  const own = constants.reduce((sum, { bytes }) => sum + constantBytes(bytes), uniformsOf(dispatches).bytes);
  return {
    shared: { arenas: memory.arenas, readback },
    own,
    weights: new Map(
      weights.flatMap(({ role, bytes }) =>
        role.kind === 'weight' ? [[role.packed.key, bytes] as const] : [],
      ),
    ),
  };
}

export function constantBytes(bytes: number): number {
  return Math.max(SMALLEST, bytes);
}

/** Where each dispatch's uniforms lie in the one buffer of all. */
export function uniformsOf(dispatches: readonly Dispatch[]): {
  readonly at: readonly number[];
  readonly bytes: number;
} {
  const at: number[] = [];
  let bytes = 0;
  for (const { params } of dispatches) {
    at.push(bytes);
    bytes += roundUp(params.byteLength, UNIFORM_ALIGNMENT);
  }
  return { at, bytes };
}
