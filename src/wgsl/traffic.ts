// How many bytes a step's kernels read and write, every operand once: what a card's memory must deliver at least.
import { groupChunks } from './kernels/norms.ts';
import { packedSize } from './weights.ts';
import type { Step } from './steps.ts';
import { BYTES, type Storage, type Tensor } from './tensor.ts';

export function trafficOf(step: Step): number {
  if (step.kind === 'pointwise' || step.kind === 'general')
    return [...step.inputs, step.output].reduce((sum, one) => sum + seen(one), 0);
  const { samples, rows, columns } = step.domain;
  const result = samples * rows * columns;
  const of = (storage: Storage, elements: number) => elements * BYTES[storage.type];
  const chained = step.chain.operands.reduce(
    (sum, { storage, sample, row, column }) => {
      return (
        sum +
        of(
          storage,
          (sample > 0 ? samples : 1) *
            (row > 0 ? rows * (sample > 0 ? 1 : samples) : 1) *
            (column ? columns : 1),
        )
      );
    },
    of(step.output.storage, result),
  );
  switch (step.kind) {
    case 'product': {
      const { left, right, inputs, window, paired, batches } = step;
      const pixels = window ? samples * window.height * window.width : samples * rows;
      const taps = window ? window.kernel[0] * window.kernel[1] : 1;
      const factor = of(right.storage, batches * taps * inputs * columns * (paired ? 2 : 1));
      return chained + of(left.storage, pixels * inputs) + factor + weightBytes(step.bias);
    }
    case 'attention': {
      const keys = samples * step.keys * columns;
      return chained + of(step.q.storage, result) + of(step.k.storage, keys) + of(step.v.storage, keys);
    }
    case 'groupNorm': {
      const moments = 4 * 2 * 2 * samples * step.groups * groupChunks(step).chunks;
      return (
        chained + 2 * of(step.x.storage, result) + moments + weightBytes(step.scale) + weightBytes(step.shift)
      );
    }
    case 'layerNorm':
    case 'softmax':
    case 'rmsNorm':
    case 'mean':
      return (
        chained + of(step.x.storage, rows * step.width) + weightBytes(step.scale) + weightBytes(step.shift)
      );
    case 'gather':
      return chained + of(step.table.storage, result) + 4 * samples * rows;
  }
}

/** Elements that are repeated count once. */
function seen({ storage, shape, strides }: Tensor): number {
  return shape.reduce((count, size, i) => (strides[i] === 0 ? count : count * size), 1) * BYTES[storage.type];
}

function weightBytes(storage: Storage | null): number {
  if (storage?.role.kind !== 'weight') return 0;
  return packedSize(storage.role.packed).columns * BYTES[storage.type];
}
