// A network's tensors as a file has them, seen under their ldm names: what the layout modules make and the rest reads.
import type { NamedTensors } from './renamed-keys.ts';

/** One tensor of the ldm layout and what it is made of; the fields are those of WeightPlanEntry. */
export interface MappedTensor {
  readonly sources: readonly string[];
  readonly transpose: boolean;
  /** Shape of the sources put together, as the file has it (a linear layer stays two-dimensional here). */
  readonly shape: readonly number[];
}

/** Tensors of one network by their ldm name without the network's prefix ("time_embed.0.weight"). */
export type MappedTensors = ReadonlyMap<string, MappedTensor>;

/** Where a diffusers tensor goes: the ldm name, and for a part of one its place along axis 0. */
export interface LdmPlace {
  readonly name: string;
  readonly part?: { readonly index: number; readonly of: number };
  readonly transpose?: boolean;
}

/** Expected names and shapes of a network in the ldm layout, without its prefix. */
export type TensorSpec = Map<string, readonly number[]>;

/** Names of `tensors` that start with `prefix`, without it. */
export function namesUnder(tensors: NamedTensors, prefix: string): string[] {
  const names: string[] = [];
  for (const name of tensors.keys()) if (name.startsWith(prefix)) names.push(name.slice(prefix.length));
  return names;
}

/** The tensors under `prefix`, which are named as ldm names them already. */
export function mapPlain(tensors: NamedTensors, prefix: string): Map<string, MappedTensor> {
  const mapped = new Map<string, MappedTensor>();
  for (const name of namesUnder(tensors, prefix)) {
    const { source, shape } = tensors.get(prefix + name)!;
    mapped.set(name, { sources: [source], transpose: false, shape });
  }
  return mapped;
}

/**
 * The tensors under `prefix`, renamed by `place`; names it returns null for are left out. Parts of one ldm tensor are put
 * together in their order; an incomplete set is left out, so that the whole is reported as missing.
 */
export function mapRenamed(
  tensors: NamedTensors,
  prefix: string,
  place: (name: string) => LdmPlace | null,
): Map<string, MappedTensor> {
  const mapped = new Map<string, MappedTensor>();
  const parts = new Map<string, (MappedTensor | undefined)[]>();
  for (const name of namesUnder(tensors, prefix)) {
    const to = place(name);
    if (!to) continue;
    const { source, shape } = tensors.get(prefix + name)!;
    if (to.part) {
      const list = parts.get(to.name) ?? new Array<MappedTensor | undefined>(to.part.of).fill(undefined);
      list[to.part.index] = { sources: [source], transpose: false, shape };
      parts.set(to.name, list);
    } else {
      const transpose = to.transpose ?? false;
      mapped.set(to.name, { sources: [source], transpose, shape: transpose ? [...shape].reverse() : shape });
    }
  }
  for (const [name, list] of parts) {
    const there = list.filter((part) => part !== undefined);
    const shape = concatenatedShape(there.map((part) => part.shape));
    const sources = there.flatMap((part) => part.sources);
    if (there.length === list.length && shape) mapped.set(name, { sources, transpose: false, shape });
  }
  return mapped;
}

/** Shape after concatenation along axis 0, or null when the other axes differ. */
function concatenatedShape(shapes: readonly (readonly number[])[]): number[] | null {
  const first = shapes[0];
  if (!first || first.length === 0) return null;
  const rest = first.slice(1);
  let rows = 0;
  for (const shape of shapes) {
    if (shape.length !== first.length || rest.some((size, axis) => shape[axis + 1] !== size)) return null;
    rows += shape[0]!;
  }
  return [rows, ...rest];
}

/** How many consecutive indices from 0 `has` accepts. */
export function countFrom(has: (index: number) => boolean): number {
  let count = 0;
  while (has(count)) count++;
  return count;
}

/**
 * One more than the largest N of the names `prefix + N + "."`; gaps count, so that they are reported as missing. 0 for
 * none. Throws LayoutError for numbers beyond the count of tensors, which no real file has.
 */
export function countNumbered(tensors: MappedTensors, prefix: string): number {
  let count = 0;
  for (const name of tensors.keys()) {
    if (!name.startsWith(prefix)) continue;
    const digits = /^\d+(?=\.)/.exec(name.slice(prefix.length))?.[0];
    if (digits !== undefined) count = Math.max(count, Number(digits) + 1);
  }
  if (count > tensors.size) throw new LayoutError(`"${prefix}${count - 1}" is numbered beyond reason`);
  return count;
}

/** Whether any name starts with `prefix`. */
export function hasUnder(tensors: MappedTensors, prefix: string): boolean {
  for (const name of tensors.keys()) if (name.startsWith(prefix)) return true;
  return false;
}

/** The sizes of `name`, when it is there with `rank` axes, none of them empty; otherwise LayoutError. */
export function sizesOf(tensors: MappedTensors, name: string, rank: number): readonly number[] {
  const shape = tensors.get(name)?.shape;
  if (!shape) throw new LayoutError(`the tensor "${name}" is missing`);
  if (shape.length !== rank || shape.some((size) => size < 1)) {
    throw new LayoutError(`the tensor "${name}" has the shape [${shape.join(', ')}]`);
  }
  return shape;
}

/** A network whose sizes cannot be read off its tensors. The message completes "... cannot be used: ". */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
}

/** Differences between what a network needs and what is there, a few of them by name; empty when it is complete. */
export function checkConsistent(tensors: MappedTensors, spec: TensorSpec, prefix: string): string[] {
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const [name, shape] of spec) {
    const found = tensors.get(name);
    if (!found) missing.push(prefix + name);
    else if (!sameButForOnes(found.shape, shape)) {
      misshapen.push(`${prefix}${name} is [${found.shape.join(', ')}] and should be [${shape.join(', ')}]`);
    }
  }
  const problems: string[] = [];
  if (missing.length > 0)
    problems.push(`${count(missing, 'tensor is', 'tensors are')} missing: ${few(missing)}`);
  if (misshapen.length > 0) {
    problems.push(`${count(misshapen, 'tensor has', 'tensors have')} the wrong shape: ${few(misshapen)}`);
  }
  return problems;
}

/** Equal besides trailing axes of size 1: a linear layer and a 1x1 convolution hold the same elements in the same order. */
function sameButForOnes(a: readonly number[], b: readonly number[]): boolean {
  const length = Math.max(a.length, b.length);
  for (let axis = 0; axis < length; axis++) if ((a[axis] ?? 1) !== (b[axis] ?? 1)) return false;
  return true;
}

function count(names: readonly string[], one: string, many: string): string {
  return `${names.length} ${names.length === 1 ? one : many}`;
}

/** The first three names, and how many more there are. */
export function few(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
