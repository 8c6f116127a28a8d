// Compiled shaders of a device, each once: networks and sizes share them.
import type { Dispatch } from '../kernels/shader.ts';

export class Pipelines {
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(readonly device: GPUDevice) {}

  /** Rejects where the device does not accept the shader, which is a fault of ours. */
  get({ code, label }: Pick<Dispatch, 'code' | 'label'>): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(code);
    if (!pipeline) {
      const module = this.device.createShaderModule({ code, label });
      pipeline = this.device.createComputePipelineAsync({
        label,
        layout: 'auto',
        compute: { module, entryPoint: 'main' },
      });
      this.#pipelines.set(code, pipeline);
    }
    return pipeline;
  }
}
