// Tells when memory ran out: of the GPU, which reports it apart from the call that needed it, or of wasm.
import { OutOfMemoryError } from './errors.ts';
import type { Executor } from './executor.ts';

/** What wasm says when its memory ends: in words, or as the bare address of an exception. */
function ranOut(error: unknown): boolean {
  if (typeof error === 'number') return true;
  return /bad_alloc|out of memory|allocation failed|enlarge memory|failed to allocate|\bAborted\(/i.test(
    String(error),
  );
}

/** WebGPU reports a failed allocation to an error scope, not to the call that made it. */
export async function watchingMemory<T>(
  executor: Executor,
  what: string,
  bytes: number | null,
  work: () => Promise<T>,
): Promise<T> {
  if (executor.backend === 'cpu') {
    try {
      return await work();
    } catch (error) {
      throw ranOut(error) ? new OutOfMemoryError(`the ${what}`, bytes, undefined, 'wasm') : error;
    }
  }
  executor.device.pushErrorScope('out-of-memory');
  let failure: unknown;
  let result: T | undefined;
  try {
    result = await work();
  } catch (error) {
    failure = error;
  }
  const outOfMemory = await executor.device.popErrorScope().catch(() => null);
  if (outOfMemory) throw new OutOfMemoryError(`the ${what}`, bytes);
  if (failure !== undefined) throw failure;
  return result as T;
}
