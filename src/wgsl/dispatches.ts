// Which shaders carry a step out, and the memory they need in between.
import { attention } from './kernels/attention.ts';
import { chooseBlock, type Block } from './kernels/blocks.ts';
import { general } from './kernels/general.ts';
import { groupChunks, groupMoments, groupNorm, rowNorm } from './kernels/norms.ts';
import { gather, partsOf, pointwise, sumParts } from './kernels/pointwise.ts';
import { product, productSize } from './kernels/product.ts';
import type { Dialect, Dispatch } from './kernels/shader.ts';
import { chooseTile, DEFAULT_DEPTH, type Choice } from './kernels/tiles.ts';
import type { AttentionStep, GroupNormStep, ProductStep, Step } from './steps.ts';
import { QUAD, roundUp } from './quads.ts';
import { Storage } from './tensor.ts';

/** A step for which there are several kernels. */
export type TunableStep = ProductStep | AttentionStep;

/** One of the kernels that compute such a step. */
export type Kernel = ({ readonly kind: 'product' } & Choice) | ({ readonly kind: 'attention' } & Block);

/** Which kernel computes a step, where another than the default does. */
export type ChooseKernel = (step: TunableStep) => Kernel | null;

const DEFAULTS: ChooseKernel = () => null;

export function isTunable(step: Step): step is TunableStep {
  return step.kind === 'product' || step.kind === 'attention';
}

export function dispatchesOf(step: Step, dialect: Dialect, choose: ChooseKernel = DEFAULTS): Dispatch[] {
  switch (step.kind) {
    case 'product':
    case 'attention':
      return dispatchesBy(choose(step) ?? defaultKernel(step), step, dialect);
    case 'groupNorm':
      return groupNormDispatches(step, dialect);
    case 'layerNorm':
    case 'softmax':
    case 'rmsNorm':
    case 'mean':
      return [rowNorm(step, dialect)];
    case 'gather':
      return [gather(step, dialect)];
    case 'general':
      return general(step, dialect);
    case 'pointwise':
      return [pointwise(step, dialect)];
  }
}

export function defaultKernel(step: TunableStep): Kernel {
  return step.kind === 'attention'
    ? { kind: 'attention', ...chooseBlock(step.headSize) }
    : { kind: 'product', ...chooseTile(productSize(step, DEFAULT_DEPTH)) };
}

export function dispatchesBy(kernel: Kernel, step: TunableStep, dialect: Dialect): Dispatch[] {
  if (kernel.kind === 'product' && step.kind === 'product') return productDispatches(step, kernel, dialect);
  if (kernel.kind === 'attention' && step.kind === 'attention') return [attention(step, kernel, dialect)];
  throw new Error(`A kernel of another kind: ${kernel.kind} for ${step.name}.`);
}

function productDispatches(step: ProductStep, choice: Choice, dialect: Dialect): Dispatch[] {
  const { splits } = choice;
  if (splits === 1) return [product(step, choice, dialect)];
  const { domain } = step;
  const elements = splits * domain.samples * domain.rows * roundUp(domain.columns, QUAD);
  const parts = new Storage('float32', elements, { kind: 'scratch' });
  return [product(partsOf(step, parts), choice, dialect), sumParts(step, parts, splits, dialect)];
}

function groupNormDispatches(step: GroupNormStep, dialect: Dialect): Dispatch[] {
  const { chunks } = groupChunks(step);
  const elements = roundUp(step.domain.samples * step.groups * chunks * 2, QUAD);
  const moments = new Storage('float32', elements, { kind: 'scratch' });
  return [groupMoments(step, moments, dialect), groupNorm(step, moments, dialect)];
}
