import { expect, it } from 'vitest';
import { DEFAULT_KERNELS, kernelsFor, type MeasuredKernels } from './kernel-choice.ts';

const measured: MeasuredKernels = { UNet: 'own', VAE: 'onnxruntime' };
const NETWORKS = ['UNet', 'VAE', 'text encoder', 'constructor'];

it('takes what the person set', () => {
  for (const setting of ['own', 'onnxruntime'] as const)
    for (const what of NETWORKS)
      expect(kernelsFor({ ...DEFAULT_KERNELS, setting, measured }, what)).toBe(setting);
});

it('takes by itself what was measured to be faster, and onnxruntime where nothing was measured', () => {
  expect(NETWORKS.map((what) => kernelsFor({ ...DEFAULT_KERNELS, measured }, what))).toEqual([
    ...['own', 'onnxruntime', 'onnxruntime', 'onnxruntime'],
  ]);
});
