// What networks are computed with, as the reckoning of memory asks for it. Tests only.
import type { Computing } from '../src/generation/run/run-memory.ts';
import { DEFAULT_KERNELS, type Kernels } from '../src/runtime/kernel-choice.ts';

/** A device of usual limits. */
export function computing(kernels: Kernels = 'onnxruntime', shaderF16 = true): Computing {
  return {
    shaderF16,
    maxBinding: 2 ** 31,
    ofKernels: null,
    kernels: { ...DEFAULT_KERNELS, setting: kernels },
  };
}
