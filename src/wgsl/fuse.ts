// Steps that only go on with what another step wrote become part of it, and what is joined is written where it will be joined:
// memory is then written and read once less. Looks at where things lie, not at what they mean; patterns.ts does that.
import type { Lowered } from './lower.ts';
import {
  accessOf,
  moved,
  readsOf,
  type Access,
  type ChainedStep,
  type Instruction,
  type Place,
  type PointwiseStep,
  type Step,
} from './steps.ts';
import { roundUp, QUAD } from './quads.ts';
import { memoryOrder, type Storage, type Tensor } from './tensor.ts';

export function fuse(lowered: Lowered): readonly Step[] {
  return joinInPlace(foldPointwise(lowered.steps));
}

/** Pointwise steps become the end of the step whose result they go on with, if nothing else reads that. */
function foldPointwise(steps: readonly Step[]): readonly Step[] {
  // Made null where it has become part of a later one.
  const result: (Step | null)[] = [];
  const madeAt = new Map<Storage, number>();
  const readers = countReaders(steps);
  for (const step of steps) {
    const [at, folded] = (step.kind === 'pointwise' && fold(step, result, madeAt, readers)) || [-1, step];
    if (at >= 0) result[at] = null;
    madeAt.set(folded.output.storage, result.length);
    result.push(folded);
  }
  return result.filter((step) => step !== null);
}

function countReaders(steps: readonly Step[]): Map<Storage, number> {
  const readers = new Map<Storage, number>();
  for (const step of steps)
    for (const storage of readsOf(step)) readers.set(storage, (readers.get(storage) ?? 0) + 1);
  return readers;
}

/** The step as the end of one before it, with the place of that. Of several inputs, the one that is made last goes on. */
function fold(
  step: PointwiseStep,
  steps: readonly (Step | null)[],
  madeAt: ReadonlyMap<Storage, number>,
  readers: ReadonlyMap<Storage, number>,
): [at: number, folded: Step] | null {
  // Whole numbers are told from others by where they lie.
  if ([...step.inputs, step.output].some(({ storage }) => storage.type === 'int32')) return null;
  const candidates = step.inputs
    .map(({ storage }, input) => ({ input, storage, at: madeAt.get(storage) ?? -1 }))
    .filter(({ at, storage }) => at >= 0 && readers.get(storage) === 1)
    .sort((a, b) => b.at - a.at);
  for (const { input, at } of candidates) {
    const before = steps[at];
    const turned = beginningWith(step, input);
    if (!before || !turned) continue;
    if (before.kind === 'general') continue;
    const folded = before.kind === 'pointwise' ? foldInto(before, turned) : extend(before, turned);
    if (folded) return [at, folded];
  }
  return null;
}

/** The same step, its code beginning with another of its inputs; null where that would be another result. */
function beginningWith(step: PointwiseStep, input: number): PointwiseStep | null {
  if (input === 0) return step;
  const [first, ...rest] = step.code;
  if (first?.kind !== 'binary' || first.fn === 'div' || first.operand !== input) return null;
  const inputs = step.inputs.slice();
  [inputs[0], inputs[input]] = [inputs[input]!, inputs[0]!];
  return { ...step, inputs, code: [first, ...rest] };
}

/** One pointwise step after another, where both go over the same axes. */
function foldInto(before: PointwiseStep, step: PointwiseStep): PointwiseStep | null {
  if (!sameView(before.output, step.inputs[0]!)) return null;
  const shift = before.inputs.length - 1;
  return {
    kind: 'pointwise',
    name: step.name,
    inputs: [...before.inputs, ...step.inputs.slice(1)],
    code: [...before.code, ...moveOperands(step.code, shift)],
    output: step.output,
  };
}

function sameView(a: Tensor, b: Tensor): boolean {
  return (
    a.storage === b.storage &&
    a.offset === b.offset &&
    a.shape.join() === b.shape.join() &&
    a.strides.every((stride, i) => stride === b.strides[i] || a.shape[i] === 1)
  );
}

function moveOperands(code: readonly Instruction[], by: number): Instruction[] {
  return code.map((one) => (one.kind === 'binary' ? { ...one, operand: one.operand + by } : one));
}

/** The step's chain goes on with what the pointwise step does, where all of it can be gone over as the step goes. */
function extend(before: ChainedStep, { inputs, code, output, name }: PointwiseStep): ChainedStep | null {
  const [main, ...others] = inputs;
  const order = memoryOrder(main!);
  const place = (tensor: Tensor) => accessOf(tensor, before.domain, order);
  const [read, written] = [place(main!), place(output)];
  if (!read || !written || written.column !== 1 || !sameAccess(read, before.output)) return null;
  const operands = others.map(place);
  if (!operands.every((operand) => operand !== null)) return null;
  // Bindings of a shader are few.
  if (before.chain.operands.length + operands.length > MOST_OPERANDS) return null;
  // An operand of the code is an input; of a chain, one after the first.
  const moved = moveOperands(code, before.chain.operands.length - 1);
  return {
    ...before,
    name: code.length > 0 ? `${before.name} + ${name}` : before.name,
    output: written,
    chain: { operands: [...before.chain.operands, ...operands], code: [...before.chain.code, ...moved] },
  };
}

/** A product has three bindings more and its result; WebGPU promises eight. */
const MOST_OPERANDS = 4;

function sameAccess(a: Access, b: Access): boolean {
  return a.storage === b.storage && a.offset === b.offset && a.sample === b.sample && a.row === b.row;
}

/**
 * Where a step only copies the whole of a storage into its place in a larger one, what wrote the storage writes there
 * at once, and all that read it read there.
 */
function joinInPlace(steps: readonly Step[]): readonly Step[] {
  let result = steps;
  for (const step of steps) {
    const home = step.kind === 'pointwise' ? homeOf(step) : null;
    if (!home) continue;
    const without = result.filter(
      (one) => one.output.storage !== step.output.storage || !isCopy(one, home.from),
    );
    const rehomed = without.map((one) => moved(one, (place) => rehome(place, home)));
    // Its larger one may itself have found a home meanwhile. And a shader cannot read and write one buffer through two bindings.
    if (without.length === result.length || rehomed.some((one) => readsOf(one).includes(one.output.storage)))
      continue;
    result = rehomed;
  }
  return result;
}

interface Home {
  readonly from: Storage;
  readonly to: Storage;
  readonly offset: number;
  /** Elements from a row to the next, in both. */
  readonly fromRow: number;
  readonly toRow: number;
}

function isCopy(step: Step, of: Storage): boolean {
  return step.kind === 'pointwise' && step.code.length === 0 && step.inputs[0]!.storage === of;
}

function homeOf({ inputs, code, output }: PointwiseStep): Home | null {
  const [input] = inputs;
  const { storage } = input!;
  if (code.length > 0 || storage.role.kind !== 'scratch' || output.storage.type !== storage.type) return null;
  if (output.storage.role.kind !== 'scratch') return null;
  // Indices are read one after the other.
  if (storage.type === 'int32') return null;
  const order = memoryOrder(input!);
  const columns = input!.shape[order.at(-1)!]!;
  const rows = input!.shape.reduce((product, size) => product * size, 1) / columns;
  const domain = { samples: 1, rows, columns };
  const [from, to] = [accessOf(input!, domain, order), accessOf(output, domain, order)];
  if (!from || !to || from.offset !== 0 || from.column !== 1 || to.column !== 1) return null;
  const whole = rows * roundUp(columns, QUAD);
  if (storage.elements !== whole || (rows > 1 && from.row !== roundUp(columns, QUAD))) return null;
  // Padding of a part would be written over its neighbour.
  if (columns % QUAD !== 0) return null;
  return {
    from: storage,
    to: to.storage,
    offset: to.offset,
    fromRow: columns,
    toRow: rows > 1 ? to.row : columns,
  };
}

function rehome<P extends Place>(place: P, { from, to, offset, fromRow, toRow }: Home): P {
  if (place.storage !== from) return place;
  // An element's row times the distance between rows, and its place in the row.
  const move = (distance: number) => Math.floor(distance / fromRow) * toRow + (distance % fromRow);
  const base = { ...place, storage: to, offset: offset + move(place.offset) };
  if ('shape' in base) return { ...base, strides: base.strides.map(move) };
  if ('batch' in base) return { ...base, batch: move(base.batch), row: move(base.row) };
  return { ...base, sample: move(base.sample), row: move(base.row) };
}
