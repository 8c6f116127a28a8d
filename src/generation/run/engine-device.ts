// What the engine computes on: the GPU, opened when it is first needed and again after a loss, or the processor.
import { openGpu, type Gpu } from '../../runtime/device.ts';
import { DeviceLostError } from '../../runtime/errors.ts';
import type { GpuMemory } from '../../runtime/gpu-memory.ts';
import type { Executor } from '../../runtime/executor.ts';
import type { DeviceReport } from '../../runtime/device-report.ts';
import { limitsOf, type DeviceLimits as KernelLimits } from '../../wgsl/tuning/candidates.ts';

/** Milliseconds. */
const LOSS_TOLD_WITHIN = 300;

export interface DeviceLimits extends Pick<DeviceReport, 'shaderF16' | 'maxBufferSize'> {
  /** Bytes of the largest buffer that a shader can read; 0 without a GPU. */
  readonly maxBinding: number;
  /** What a shader may take; null while no device is open. */
  readonly ofKernels: KernelLimits | null;
}

export class EngineDevice {
  /** Whether the processor computes, without WebGPU. */
  cpu = false;
  #gpu: Gpu | null = null;
  #lost: GPUDeviceLostInfo | null = null;
  /** Ends the work that runs. */
  #onLost: (error: DeviceLostError) => void = () => undefined;

  /** Of the GPU; null while none is open. */
  get memory(): GpuMemory | null {
    return this.cpu ? null : (this.#gpu?.memory ?? null);
  }

  /** Whether the GPU is gone, and all that was on it. */
  get lost(): boolean {
    return this.#lost !== null;
  }

  /** Opens the GPU where one is to compute. Rejects with NoWebGpuError where there is none. */
  async report(): Promise<DeviceReport> {
    return this.cpu ? cpuReport() : (await this.#open()).report;
  }

  async executor(): Promise<Executor> {
    if (this.cpu) return { backend: 'cpu' };
    return { backend: 'webgpu', device: (await this.#open()).device };
  }

  /** Of the GPU, whether it is opened or not, or of the processor; null where there is none. */
  async limits(cpu: boolean): Promise<DeviceLimits | null> {
    if (cpu) return { ...cpuReport(), maxBinding: 0, ofKernels: null };
    if (this.#gpu) {
      const { report, device } = this.#gpu;
      return { ...report, maxBinding: bindingOf(device.limits), ofKernels: limitsOf(device) };
    }
    const adapter = await (navigator as Partial<Navigator>).gpu?.requestAdapter();
    if (!adapter) return null;
    const { limits, features } = adapter;
    const shaderF16 = features.has('shader-f16');
    return {
      shaderF16,
      maxBufferSize: limits.maxBufferSize,
      maxBinding: bindingOf(limits),
      ofKernels: null,
    };
  }

  /** What was found of the GPU; null while none is open. */
  get opened(): DeviceReport | null {
    return this.#gpu?.report ?? null;
  }

  /** After a loss, once what was on the GPU is released: the next use opens it again. */
  forget(): void {
    this.#gpu = null;
    this.#lost = null;
  }

  /** Rejects as soon as the device is lost, whatever becomes of the calls that wait for it. */
  async unlessLost<T>(work: Promise<T>): Promise<T> {
    const lost = new Promise<never>((_, reject) => (this.#onLost = reject));
    try {
      return await Promise.race([work, lost]);
    } finally {
      this.#onLost = () => undefined;
    }
  }

  /** Why something failed: a lost device, where that is behind the error, else the error itself. */
  async explain(error: unknown): Promise<unknown> {
    // A call on a lost device may fail a moment before the loss is told.
    if (this.#gpu && !this.#lost) await Promise.race([this.#gpu.device.lost, delay(LOSS_TOLD_WITHIN)]);
    return this.#lost ? new DeviceLostError(this.#lost.message) : error;
  }

  async #open(): Promise<Gpu> {
    if (this.#gpu && !this.#lost) return this.#gpu;
    const gpu = await openGpu();
    this.#gpu = gpu;
    this.#lost = null;
    void gpu.device.lost.then((info) => {
      if (this.#gpu !== gpu) return;
      this.#lost = info;
      this.#onLost(new DeviceLostError(info.message));
    });
    return gpu;
  }
}

function bindingOf({ maxBufferSize, maxStorageBufferBindingSize }: GPUSupportedLimits): number {
  return Math.min(maxBufferSize, maxStorageBufferBindingSize);
}

export function cpuReport(): DeviceReport {
  return {
    backend: 'cpu',
    problem: null,
    adapter: 'CPU',
    shaderF16: false,
    subgroups: false,
    maxBufferSize: 0,
    software: true,
  };
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
