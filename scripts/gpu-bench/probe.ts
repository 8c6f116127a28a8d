// What WebGPU device Dawn finds, printed as JSON: a child process, since some drivers crash rather than fail.
import { create, globals } from 'webgpu';
import { FLOAT16_FLAG } from '../../tests/ort-dawn.ts';
import { matrixUnitsOf } from '../../src/wgsl/kernels/subgroup-matrix.ts';
import { printProbe } from './probe-result.ts';
import type { DeviceFacts } from './types.ts';

/** Prints the facts once, and again with what is experimental where that can be asked for. Prints nothing without a device. */
export async function probe(): Promise<void> {
  Object.assign(globalThis, globals);
  const plain = await facts([]);
  if (!plain) return;
  printProbe(plain);
  const unsafe = await facts([`${FLOAT16_FLAG},allow_unsafe_apis`]);
  const known = new Set(plain.features);
  if (unsafe)
    printProbe({
      ...plain,
      experimental: unsafe.features.filter((feature) => !known.has(feature)),
      matrixUnits: unsafe.matrixUnits,
    });
}

async function facts(flags: string[]): Promise<DeviceFacts | null> {
  const adapter = await create(flags).requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
  const limits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value: unknown = adapter.limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') limits[name] = value;
  }
  return {
    // "NVIDIA H100: 580.10 ..." is the card and its driver.
    name: device || description.split(':')[0]! || vendor || 'unknown device',
    ...{ vendor, architecture, driver: description },
    software: /swiftshader|llvmpipe|lavapipe/i.test(`${vendor} ${architecture} ${device} ${description}`),
    features: [...adapter.features].map(String).sort(),
    experimental: [],
    subgroupSizes: subgroupMaxSize === undefined ? null : [subgroupMinSize ?? 0, subgroupMaxSize],
    limits,
    matrixUnits: matrixUnitsOf(adapter.info),
  };
}
