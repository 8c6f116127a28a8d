/** Where networks run. */
export type Executor =
  { readonly backend: 'webgpu'; readonly device: GPUDevice } | { readonly backend: 'cpu' };

/** Whose kernels compute: onnxruntime's, or ours (src/wgsl/) where they can. */
export type Kernels = 'onnxruntime' | 'own';
