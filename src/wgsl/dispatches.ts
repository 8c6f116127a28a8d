// Which shaders carry a step out, and the memory they need in between.
import { attention } from './kernels/attention.ts';
import { groupChunks, groupMoments, groupNorm, rowNorm } from './kernels/norms.ts';
import { gather, partsOf, pointwise, sumParts } from './kernels/pointwise.ts';
import { product, productSize } from './kernels/product.ts';
import type { Dialect, Dispatch } from './kernels/shader.ts';
import { chooseTile, MEDIUM } from './kernels/tiles.ts';
import type { GroupNormStep, ProductStep, Step } from './steps.ts';
import { QUAD, roundUp } from './quads.ts';
import { Storage } from './tensor.ts';

export function dispatchesOf(step: Step, dialect: Dialect): Dispatch[] {
  switch (step.kind) {
    case 'product':
      return productDispatches(step, dialect);
    case 'attention':
      return [attention(step, dialect)];
    case 'groupNorm':
      return groupNormDispatches(step, dialect);
    case 'layerNorm':
    case 'softmax':
      return [rowNorm(step, dialect)];
    case 'gather':
      return [gather(step, dialect)];
    case 'pointwise':
      return [pointwise(step, dialect)];
  }
}

function productDispatches(step: ProductStep, dialect: Dialect): Dispatch[] {
  // All tiles have the same depth.
  const choice = chooseTile(productSize(step, MEDIUM.depth));
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
