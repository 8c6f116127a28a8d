import type { KernelChoice } from './kernel-choice.ts';

/** Where networks run. */
export type Executor =
  { readonly backend: 'webgpu'; readonly device: GPUDevice } | { readonly backend: 'cpu' };

/** What computes. */
export interface Device {
  readonly executor: Executor;
  readonly shaderF16: boolean;
  readonly kernels: KernelChoice;
}
