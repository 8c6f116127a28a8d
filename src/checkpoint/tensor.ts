// Small checks that every container's reader needs: shapes, element ranges, names in messages.
import { CheckpointError, type TensorInfo, type UnreadableTensor } from './types.ts';

/** More dimensions than any framework allows: nobody has such a tensor. */
const MAX_RANK = 64;

/** Product of the dimensions (safe non-negative integers), 1 for a scalar; null where it leaves the safe range. */
export function shapeProduct(shape: readonly number[]): number | null {
  if (shape.length > MAX_RANK) return null;
  let product = 1;
  for (const size of shape) {
    product *= size;
    if (!Number.isSafeInteger(product)) return null;
  }
  // Room for eight bytes an element.
  return Number.isSafeInteger(product * 8) ? product : null;
}

/** Looks a tensor up and checks an element range of it. Throws CheckpointError. */
export function elementRange<T extends TensorInfo>(
  tensors: ReadonlyMap<string, T>,
  name: string,
  start = 0,
  count?: number,
): { info: T; start: number; count: number } {
  const info = tensors.get(name);
  if (info === undefined) {
    throw new CheckpointError('corrupt', `The file has no tensor ${quote(name)}.`);
  }
  const wanted = count ?? info.elementCount - start;
  const ok = Number.isSafeInteger(start) && Number.isSafeInteger(wanted) && start >= 0 && wanted >= 0;
  if (!ok || start + wanted > info.elementCount) {
    throw new CheckpointError(
      'corrupt',
      `Tensor ${quote(name)} has ${info.elementCount} elements; ${wanted} from ${start} were asked for.`,
    );
  }
  return { info, start, count: wanted };
}

/** Throws CheckpointError where a file holds nothing but tensors that cannot be read. */
export function requireReadable(
  tensors: ReadonlyMap<string, TensorInfo>,
  unreadable: ReadonlyMap<string, UnreadableTensor>,
): void {
  const [first] = unreadable;
  if (tensors.size > 0 || first === undefined) return;
  const [name, { form }] = first;
  throw new CheckpointError(
    'unsupported',
    `No tensor of the file can be read: ${quote(name)}, for one, has ${form}.`,
  );
}

/** A name from the file, safe and short enough for a message. */
export function quote(name: string): string {
  const short = name.length > 120 ? `${name.slice(0, 117)}...` : name;
  return JSON.stringify(short);
}
