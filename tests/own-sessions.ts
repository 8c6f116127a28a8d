// Sessions on our own kernels in Node, as a loaded model has them. Tests only.
import { vi } from 'vitest';
import { DEFAULT_KERNELS } from '../src/runtime/kernel-choice.ts';
import type { Sessions } from '../src/runtime/sessions.ts';

export async function ownSessions(device: GPUDevice): Promise<Sessions> {
  // onnxruntime is there for networks that our kernels do not compute; here are none.
  vi.stubGlobal('Worker', EventTarget);
  const { Sessions } = await import('../src/runtime/sessions.ts');
  const own = { ...DEFAULT_KERNELS, setting: 'own' } as const;
  return new Sessions({ backend: 'webgpu', device }, () => undefined, own);
}
