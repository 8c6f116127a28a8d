// A network on a WebGPU device in Node by onnxruntime's kernels or by our own. Tests only.
import { expect } from 'vitest';
import type { Precision, WeightRef } from '../src/graph/types.ts';
import type { Network } from '../src/models/network.ts';
import { openDawnSession, type Dawn } from './ort-dawn.ts';
import { openOwnKernels } from './own-kernels.ts';

export const BOTH = ['onnxruntime', 'own'] as const;

export interface OpenedBy<I> {
  run(inputs: I, output: string): Promise<Float32Array>;
  release(): Promise<void>;
}

/** All of it on the device: onnxruntime leaves nothing to the processor, and ours has a kernel for everything. */
export async function openBy<I>(
  whose: (typeof BOTH)[number],
  dawn: Dawn,
  network: Network<I>,
  read: (ref: WeightRef, precision: Precision) => Promise<Uint8Array>,
): Promise<OpenedBy<I>> {
  if (whose === 'own') {
    const own = openOwnKernels(dawn.device, read, { float16: 'native' });
    return { run: own.open(network), release: async () => own.release() };
  }
  const session = await openDawnSession(dawn, network, read);
  expect(session.placement).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
  return session;
}
