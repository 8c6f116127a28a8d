// The kernels that are worth trying for a step, the likeliest first, and the names that they are remembered by.
import { defaultKernel, dispatchesBy, type Kernel, type TunableStep } from '../dispatches.ts';
import type { Block } from '../kernels/blocks.ts';
import { productSize } from '../kernels/product.ts';
import type { Dialect } from '../kernels/shader.ts';
import { matrixUnitsOf, SUBGROUP_MATRIX_FEATURE, subgroupsOf } from '../kernels/subgroup-matrix.ts';
import {
  tile,
  workgroups,
  type Choice,
  type MatrixUnit,
  type ProductSize,
  type Tile,
} from '../kernels/tiles.ts';
import { QUAD } from '../quads.ts';
import type { AttentionStep, ProductStep } from '../steps.ts';

/** What a device lets a kernel take. */
export interface DeviceLimits {
  /** Threads of a workgroup. */
  readonly threads: number;
  /** Bytes that a workgroup shares. */
  readonly shared: number;
  readonly matrixUnits: readonly MatrixUnit[];
}

export function limitsOf({
  limits,
  features,
  adapterInfo,
}: Pick<GPUDevice, 'limits' | 'features' | 'adapterInfo'>): DeviceLimits {
  return {
    threads: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    shared: limits.maxComputeWorkgroupStorageSize,
    matrixUnits: features.has(SUBGROUP_MATRIX_FEATURE) ? matrixUnitsOf(adapterInfo) : [],
  };
}

/** In the order in which they did well on a card. */
const TILES: readonly Tile[] = [
  tile(64, 128, 16, 8, 8, true),
  tile(128, 128, 16, 16, 8, true),
  tile(64, 64, 16, 8, 4),
  tile(128, 64, 16, 8, 8, true),
  tile(64, 64, 16, 4, 8, true),
  tile(64, 64, 16, 8, 8),
  tile(128, 128, 16, 8, 8, true),
  tile(256, 64, 16, 16, 8),
  tile(64, 128, 16, 8, 8),
  tile(128, 64, 16, 8, 8),
  tile(64, 64, 8, 8, 8),
  tile(64, 64, 16, 4, 4),
  tile(128, 32, 16, 8, 4),
  tile(32, 128, 16, 4, 8),
  tile(32, 64, 16, 4, 8),
  tile(64, 32, 16, 4, 4),
  tile(32, 64, 32, 4, 4),
  tile(32, 32, 16, 4, 4),
  tile(32, 32, 32, 4, 4),
];
/** Deeper pieces, since the units are through with them sooner; many threads, since each subgroup holds sums. */
const MATRIX_TILES: readonly Tile[] = [
  tile(128, 128, 32, 8, 8, true),
  tile(128, 128, 32, 16, 8, true),
  tile(128, 64, 32, 8, 8, true),
  tile(64, 128, 32, 8, 8, true),
  tile(128, 64, 32, 8, 4, true),
  tile(64, 128, 32, 8, 4, true),
  tile(64, 64, 32, 4, 8, true),
  tile(64, 64, 32, 8, 8),
  tile(128, 128, 16, 8, 8, true),
  tile(32, 64, 32, 4, 4),
  tile(32, 32, 32, 4, 4),
];
const SPLITS = [2, 4, 8, 16];
/** Workgroups from which on a split gains nothing. */
const PLENTY = 512;
/** Rows of the sum that a part has at least. */
const SHORTEST_PART = 128;
/** How much more than the least a tile may compute beyond the result's edges. */
const WASTE = 1.3;

const block = (queries: number, keys: number, threadRows: number, whole: boolean): Block => ({
  ...{ queries, keys, threadRows, whole },
});

/** Keys in fours that divide a head's channels leave no thread idle: 20 and 40 for heads of 40, 80 and 160. */
const BLOCKS: readonly Block[] = [
  block(64, 32, 8, true),
  block(64, 32, 4, true),
  block(64, 40, 8, true),
  block(128, 20, 8, true),
  block(128, 32, 8, true),
  block(64, 64, 8, true),
  block(64, 64, 4, true),
  block(32, 32, 4, true),
  block(32, 80, 4, true),
  block(64, 80, 4, true),
  block(64, 64, 4, false),
  block(32, 64, 4, false),
  block(64, 32, 4, false),
  block(64, 16, 4, false),
  block(32, 128, 4, false),
  block(32, 32, 1, false),
  block(16, 64, 1, false),
  block(16, 32, 1, false),
];
/** Fours of results that a thread may hold. */
const MOST_RESULTS = 32;

/** All different, the default first; none asks for more than the device has. */
export function candidatesOf(step: TunableStep, dialect: Dialect, limits: DeviceLimits): Kernel[] {
  return kernelsOf(step, limits).filter((kernel) => fits(kernel, step, dialect, limits));
}

/** The candidate of that name, or null where there is none. */
export function candidateCalled(
  name: string,
  step: TunableStep,
  dialect: Dialect,
  limits: DeviceLimits,
): Kernel | null {
  const kernel = kernelsOf(step, limits).find((one) => kernelName(one) === name);
  return kernel && fits(kernel, step, dialect, limits) ? kernel : null;
}

function fits(kernel: Kernel, step: TunableStep, dialect: Dialect, limits: DeviceLimits): boolean {
  return dispatchesBy(kernel, step, dialect).every(
    ({ threads, shared }) => threads <= limits.threads && shared <= limits.shared,
  );
}

function kernelsOf(step: TunableStep, limits: DeviceLimits): Kernel[] {
  const all: Kernel[] = [
    defaultKernel(step),
    ...(step.kind === 'attention'
      ? blocksFor(step).map((block) => ({ kind: 'attention' as const, ...block }))
      : productChoices(step, limits).map((choice) => ({ kind: 'product' as const, ...choice }))),
  ];
  const known = new Map(all.map((kernel) => [kernelName(kernel), kernel]));
  return [...known.values()];
}

/** Tells the kernels of a step apart. */
export function kernelName(kernel: Kernel): string {
  if (kernel.kind === 'attention') {
    const { queries, keys, threadRows, whole } = kernel;
    return `${queries}x${keys}/${threadRows}${whole ? ' whole' : ''}`;
  }
  const { tile, splits, matrix } = kernel;
  const { rows, columns, depth, threadRows, threadColumns, ahead } = tile;
  return [
    `${rows}x${columns}x${depth}/${threadRows}x${threadColumns}`,
    ...(splits > 1 ? [`in ${splits}`] : []),
    ...(matrix ? [`by ${matrix.m}x${matrix.n}x${matrix.k}`] : []),
    ...(ahead ? ['ahead'] : []),
  ].join(' ');
}

function productChoices(step: ProductStep, { matrixUnits }: DeviceLimits): Choice[] {
  const { paired, left, right } = step;
  const sizeFor = ({ depth }: Tile) => productSize(step, depth);
  const usable = TILES.filter(({ threadColumns }) => !paired || threadColumns % (2 * QUAD) === 0);
  const least = Math.min(...usable.map((one) => computed(sizeFor(one), one)));
  const tiles = usable.filter((one) => computed(sizeFor(one), one) <= WASTE * least);
  const maySplit = !paired && step.batches === 1;
  const withParts = (choice: Choice): Choice[] => {
    const { tile } = choice;
    const size = sizeFor(tile);
    if (!maySplit || workgroups(size, tile) >= PLENTY) return [];
    return SPLITS.filter((splits) => (size.steps * tile.depth) / splits >= SHORTEST_PART).map((splits) => ({
      ...choice,
      splits,
    }));
  };
  const whole = tiles.map((tile) => ({ tile, splits: 1 }));
  // A unit takes float16 as it lies in memory. (Where it is packed into integers there is none.)
  const float16 = left.storage.type === 'float16' && right.storage.type === 'float16';
  const byMatrices = matrixUnits.flatMap((matrix) =>
    !float16
      ? []
      : MATRIX_TILES.filter(
          (one) =>
            subgroupsOf(one, matrix) !== null &&
            (!paired || one.threadColumns % (2 * QUAD) === 0) &&
            computed(sizeFor(one), one) <= WASTE * least,
        ).map((tile) => ({ tile, splits: 1, matrix })),
  );
  return [...byMatrices, ...byMatrices.flatMap(withParts), ...whole, ...whole.flatMap(withParts)];
}

/** Elements of the result that workgroups compute, with those beyond its edges. */
function computed(size: ProductSize, tile: Tile): number {
  return workgroups(size, tile) * tile.rows * tile.columns;
}

function blocksFor({ headSize, domain }: AttentionStep): Block[] {
  const quads = Math.ceil(headSize / QUAD);
  return BLOCKS.filter(
    ({ queries, keys, threadRows }) =>
      threadRows * Math.ceil(quads / (keys / QUAD)) <= MOST_RESULTS &&
      queries <= Math.max(16, 2 * domain.rows),
  );
}
