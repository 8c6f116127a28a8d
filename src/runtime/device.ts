// Finds the GPU and makes the one GPUDevice that all sessions share.
//
// The device is ours rather than onnxruntime's: it gets the adapter's full limits, it outlives the last session (which
// would destroy onnxruntime's own), and `subgroups` is asked for only where attention computes right with it.
import type { DeviceReport } from './device-report.ts';
import { adapterName, isSoftware } from './adapter.ts';
import { SUBGROUP_MATRIX_FEATURE } from '../wgsl/kernels/subgroup-matrix.ts';
import { sumInFloat32 } from './float32-sums.ts';
import { GpuMemory } from './gpu-memory.ts';
import { attentionIsRight } from './self-test.ts';
import { uploadInPieces } from './upload-pieces.ts';

export interface Gpu {
  readonly device: GPUDevice;
  readonly memory: GpuMemory;
  readonly report: DeviceReport;
}

/** Why there is no WebGPU, and what the person can do about it. */
export class NoWebGpuError extends Error {
  override readonly name = 'NoWebGpuError';
}

/** Rejects with NoWebGpuError. */
export async function openGpu(): Promise<Gpu> {
  const adapter = await findAdapter();
  const shaderF16 = adapter.features.has('shader-f16');
  const withSubgroups = mayUseSubgroups(adapter);

  if (withSubgroups) {
    const device = await requestDevice(adapter, shaderF16, true);
    if (await attentionIsRight(device, shaderF16 ? 'float16' : 'float32'))
      return gpuOf(adapter, device, shaderF16, true);
    device.destroy();
  }
  // An adapter gives out one device; the next one needs an adapter of its own.
  const fresh = withSubgroups ? await findAdapter() : adapter;
  const device = await requestDevice(fresh, shaderF16, false);
  return gpuOf(fresh, device, shaderF16, false);
}

function gpuOf(adapter: GPUAdapter, device: GPUDevice, shaderF16: boolean, subgroups: boolean): Gpu {
  return {
    device,
    memory: new GpuMemory(device),
    report: report(adapter, device, shaderF16, subgroups),
  };
}

async function findAdapter(): Promise<GPUAdapter> {
  const gpu = (navigator as Partial<Navigator>).gpu;
  if (!gpu) throw new NoWebGpuError(whyNoWebGpu());
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new NoWebGpuError(
      'The browser supports WebGPU but gives no GPU to this page. Update the graphics driver, check that "Use graphics ' +
        'acceleration when available" is on in the browser\'s settings, and see chrome://gpu for why it is blocked. ' +
        'On Linux, starting Chrome with --enable-unsafe-webgpu --enable-features=Vulkan often helps.',
    );
  }
  return adapter;
}

function whyNoWebGpu(): string {
  if (!globalThis.isSecureContext) {
    return 'WebGPU only works on https:// pages, on localhost, and in a file opened from disk. Open Darkroom that way.';
  }
  if (/firefox/i.test(navigator.userAgent)) {
    return 'This Firefox has no WebGPU. Use Firefox 141 or newer on Windows (145 on a Mac), set dom.webgpu.enabled in about:config, or use Chrome or Edge.';
  }
  return 'This browser has no WebGPU. Use a current Chrome or Edge (113 or newer), or Safari 26 or newer.';
}

/** 4 and 8 lanes are known to break onnxruntime's attention; above that the self-test decides. */
function mayUseSubgroups(adapter: GPUAdapter): boolean {
  return adapter.features.has('subgroups') && (adapter.info.subgroupMaxSize ?? 0) >= 16;
}

async function requestDevice(
  adapter: GPUAdapter,
  shaderF16: boolean,
  subgroups: boolean,
): Promise<GPUDevice> {
  const requiredFeatures: GPUFeatureName[] = [];
  if (shaderF16) requiredFeatures.push('shader-f16');
  if (subgroups) requiredFeatures.push('subgroups');
  // For the tuner of our own kernels: the card's clock, and its matrix units where the browser lets pages use them.
  for (const feature of ['timestamp-query', SUBGROUP_MATRIX_FEATURE] as const)
    if (adapter.features.has(feature)) requiredFeatures.push(feature);
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits: allLimits(adapter) });
  sumInFloat32(device);
  uploadInPieces(device);
  return device;
}

/** Everything the adapter can do: large models need buffers far over the defaults. */
function allLimits(adapter: GPUAdapter): Record<string, number> {
  const limits: Record<string, number> = {};
  // GPUSupportedLimits keeps its values as getters on the prototype.
  for (const name in adapter.limits) {
    const value: unknown = adapter.limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') limits[name] = value;
  }
  return limits;
}

function report(
  adapter: GPUAdapter,
  device: GPUDevice,
  shaderF16: boolean,
  subgroups: boolean,
): DeviceReport {
  return {
    backend: 'webgpu',
    problem: null,
    adapter: adapterName(adapter.info),
    shaderF16,
    subgroups,
    maxBufferSize: device.limits.maxBufferSize,
    software: isSoftware(adapter.info),
  };
}
