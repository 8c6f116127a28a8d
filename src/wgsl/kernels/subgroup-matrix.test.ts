// Products by subgroup matrices are WGSL as the browser's compiler (Tint, in Dawn) takes it: it looks at shaders on a device
// that computes nothing ("null"), which has every feature. Their numbers are for a card to tell: the tuner compares them first.
import { beforeAll, describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { dispatchesBy } from '../dispatches.ts';
import { candidatesOf } from '../tuning/candidates.ts';
import { shapesOf } from '../tuning/shapes.ts';
import { programOf, smallMap } from '../tuning/testing.ts';
import { matrixUnitsOf, SUBGROUP_MATRIX_FEATURE } from './subgroup-matrix.ts';

const DIALECT = { float16: 'native' } as const;

/** Of NVIDIA and AMD, Apple, and Intel. */
const UNITS = [
  { m: 16, n: 16, k: 16, lanes: 32 },
  { m: 8, n: 8, k: 8, lanes: 32 },
  { m: 8, n: 16, k: 16, lanes: 32 },
];

const gated = programOf(({ graph, input, weight }) => {
  const x = input(128, 52);
  const layer = (outputs: number) =>
    graph.gemm(x, weight(outputs, 52), weight(outputs), { transposed: true });
  return graph.mul(layer(128), graph.gelu(layer(128)));
});
const shapes = shapesOf([smallMap(), gated], DIALECT);

/** Held until the end: Dawn does not outlive it. */
const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);

describe('products by subgroup matrices', () => {
  let device: GPUDevice;
  beforeAll(async () => {
    const adapter = (await gpu.requestAdapter())!;
    device = await adapter.requestDevice({ requiredFeatures: ['shader-f16', SUBGROUP_MATRIX_FEATURE] });
  });

  it.each(UNITS)('of $m x $n x $k', async (unit) => {
    const limits = { threads: 256, shared: 65536, matrixUnits: [unit] };
    for (const { step } of shapes) {
      const byMatrices = candidatesOf(step, DIALECT, limits).filter((one) => 'matrix' in one);
      expect(byMatrices.length).toBeGreaterThan(0);
      for (const kernel of byMatrices) {
        for (const { code } of dispatchesBy(kernel, step, DIALECT)) {
          device.pushErrorScope('validation');
          device.createShaderModule({ code });
          expect((await device.popErrorScope())?.message).toBeUndefined();
        }
      }
    }
  });

  it('are made for units with sums in float32, where subgroups have one size', () => {
    const config = { componentType: 'f16', resultComponentType: 'f32', M: 16, N: 8, K: 16 };
    const info = { subgroupMinSize: 32, subgroupMaxSize: 32 } as GPUAdapterInfo;
    const narrow = { ...config, resultComponentType: 'f16' };
    const told = { ...info, subgroupMatrixConfigs: [config, narrow] } as GPUAdapterInfo;
    expect(matrixUnitsOf(told)).toEqual([{ m: 16, n: 8, k: 16, lanes: 32 }]);
    expect(matrixUnitsOf({ ...told, subgroupMinSize: 8 } as GPUAdapterInfo)).toEqual([]);
    expect(matrixUnitsOf(info)).toEqual([]);
  });
});
