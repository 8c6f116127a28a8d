// What is computed, on memory: each step reads tensors where they lie and writes one. A step other than `pointwise` may go on
// with each element before it is written (its chain), which saves writing and reading it in between.
import type { General } from './general.ts';
import type { Unary } from './operations.ts';
import { QUAD } from './quads.ts';
import { isAligned, memoryOrder, refit, type Storage, type Tensor } from './tensor.ts';

/** How a step goes over its result. */
export interface Domain {
  readonly samples: number;
  /** Of one sample. */
  readonly rows: number;
  readonly columns: number;
}

/** Where an element of a domain lies: offset + sample, row and column times these, in elements. */
export interface Access {
  readonly storage: Storage;
  readonly offset: number;
  readonly sample: number;
  readonly row: number;
  /** 1; or 0, where all columns have one number. */
  readonly column: 0 | 1;
}

export type Instruction =
  | { readonly kind: 'unary'; readonly how: Unary }
  | { readonly kind: 'binary'; readonly fn: 'add' | 'mul' | 'div'; readonly operand: number };

/** What becomes of each element. */
export interface Chain {
  readonly operands: readonly Access[];
  readonly code: readonly Instruction[];
}

export const NO_CHAIN: Chain = { operands: [], code: [] };

/** A matrix in memory, or one for each of a batch. */
export interface Matrix {
  readonly storage: Storage;
  readonly offset: number;
  readonly batch: number;
  readonly row: number;
}

/** How a convolution looks at an image: rows of its left factor are the pixels under the window. */
export interface Window {
  /** Of the image, in pixels. */
  readonly height: number;
  readonly width: number;
  readonly outWidth: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pads: readonly [number, number];
  readonly upsample: number;
}

interface Common {
  /** For people. */
  readonly name: string;
}

interface Chained extends Common {
  readonly domain: Domain;
  readonly output: Access;
  readonly chain: Chain;
}

/** Left factor times right factor, [rows, inputs] x [inputs, columns]. */
export interface ProductStep extends Chained {
  readonly kind: 'product';
  /** Pixels of an image where there is a window. */
  readonly left: Matrix;
  readonly window: Window | null;
  /** Rows are (tap, input), the inputs of each tap filled up to a multiple of four. */
  readonly right: Matrix;
  readonly inputs: number;
  /** Added to the columns. */
  readonly bias: Storage | null;
  /** Four columns of values and four of gates in turn: value * gelu(gate) comes out. */
  readonly paired: boolean;
  /** How many products, each with factors of its own. More than one: one a sample. */
  readonly batches: number;
}

/** softmax(q k^T scale) v for each head on its slice of the channels. */
export interface AttentionStep extends Chained {
  readonly kind: 'attention';
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly keys: number;
  readonly heads: number;
  readonly headSize: number;
  readonly scale: number;
  readonly causal: boolean;
}

/** Each sample's groups of columns, over all its rows. */
export interface GroupNormStep extends Chained {
  readonly kind: 'groupNorm';
  readonly x: Matrix;
  readonly scale: Storage;
  readonly shift: Storage;
  readonly groups: number;
  readonly epsilon: number;
}

/** Each row over its columns. `softmax`, `rmsNorm` and `mean`: without scale and shift. */
export interface RowNormStep extends Chained {
  readonly kind: 'layerNorm' | 'softmax' | 'rmsNorm' | 'mean';
  readonly x: Matrix;
  /** Columns of x; of `mean` a single one comes out. */
  readonly width: number;
  readonly scale: Storage | null;
  readonly shift: Storage | null;
  readonly epsilon: number;
}

/** Rows of a table. */
export interface GatherStep extends Chained {
  readonly kind: 'gather';
  readonly table: Matrix;
  /** How many rows it has: an index beyond reads the last one. */
  readonly tableRows: number;
  readonly indices: Storage;
}

/** Element by element; all inputs have the output's shape, and may lie in any way. */
export interface PointwiseStep extends Common {
  readonly kind: 'pointwise';
  /** The first is what the code begins with. */
  readonly inputs: readonly Tensor[];
  readonly code: readonly Instruction[];
  readonly output: Tensor;
}

/** An operator that reads its inputs where they lie, in any way. */
export interface GeneralStep extends Common {
  readonly kind: 'general';
  readonly what: General;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

export type ChainedStep = ProductStep | AttentionStep | GroupNormStep | RowNormStep | GatherStep;
export type Step = ChainedStep | PointwiseStep | GeneralStep;

/** Every storage that a step reads. */
export function readsOf(step: Step): Storage[] {
  if (step.kind === 'pointwise' || step.kind === 'general') return step.inputs.map(({ storage }) => storage);
  const chained = step.chain.operands.map(({ storage }) => storage);
  const own = (): (Storage | null)[] => {
    switch (step.kind) {
      case 'product':
        return [step.left.storage, step.right.storage, step.bias];
      case 'attention':
        return [step.q.storage, step.k.storage, step.v.storage];
      case 'groupNorm':
      case 'layerNorm':
      case 'softmax':
      case 'rmsNorm':
      case 'mean':
        return [step.x.storage, step.scale, step.shift];
      case 'gather':
        return [step.table.storage, step.indices];
    }
  };
  return [...own().filter((storage) => storage !== null), ...chained];
}

/** A step with all that it reads and writes moved: `move` gives every place anew. */
export function moved(step: Step, move: <P extends Place>(place: P) => P): Step {
  if (step.kind === 'pointwise' || step.kind === 'general')
    return { ...step, inputs: step.inputs.map(move), output: move(step.output) };
  const chain = { ...step.chain, operands: step.chain.operands.map(move) };
  const common = { chain, output: move(step.output) };
  switch (step.kind) {
    case 'product':
      return { ...step, ...common, left: move(step.left), right: move(step.right) };
    case 'attention':
      return { ...step, ...common, q: move(step.q), k: move(step.k), v: move(step.v) };
    case 'groupNorm':
    case 'layerNorm':
    case 'softmax':
    case 'rmsNorm':
    case 'mean':
      return { ...step, ...common, x: move(step.x) };
    case 'gather':
      return { ...step, ...common, table: move(step.table) };
  }
}

export type Place = Access | Matrix | Tensor;

/**
 * How a tensor is gone over by a domain, its axes taken in the given order (outermost first); null where its elements do not
 * lie so that four columns are read at once.
 */
export function accessOf(tensor: Tensor, domain: Domain, order = memoryOrder(tensor)): Access | null {
  const { storage, shape, strides, offset } = tensor;
  const loops = order.map((axis) => ({ size: shape[axis]!, stride: strides[axis]! }));
  const fitted = refit(loops, [domain.samples, domain.rows, domain.columns]);
  if (!fitted) return null;
  const [sample = 0, row = 0, step = 0] = fitted;
  const column = domain.columns === 1 && order.length > 0 ? 1 : step;
  if (column === 0) return { storage, offset, sample, row, column };
  if (column !== 1 || ![offset, sample, row].every((distance) => distance % QUAD === 0)) return null;
  // The host writes rows without padding.
  if (storage.role.kind === 'input' && domain.columns % QUAD !== 0) return null;
  return { storage, offset, sample, row, column };
}

/** A tensor's two last axes as a matrix, those before as its batch; null where it cannot be read four columns at once. */
export function matrixOf(tensor: Tensor): Matrix | null {
  const rank = tensor.shape.length;
  if (rank < 2 || rank > 3 || !isAligned(tensor, rank - 1)) return null;
  const [storage, offset] = [tensor.storage, tensor.offset];
  return { storage, offset, batch: rank === 3 ? tensor.strides[0]! : 0, row: tensor.strides[rank - 2]! };
}
