import { expect, it } from 'vitest';
import { GpuMemory } from './gpu-memory.ts';

it('counts buffers from their making to their end, once', () => {
  const device = {
    createBuffer: ({ size }: { size: number }) => ({ size, destroy: () => undefined }),
  } as unknown as GPUDevice;
  const memory = new GpuMemory(device);
  const make = (size: number) => device.createBuffer({ size, usage: 0 });
  const [first, second] = [make(100), make(40)];
  expect(memory.live).toBe(140);
  first.destroy();
  first.destroy();
  expect(memory.live).toBe(40);
  expect(memory.takePeak()).toBe(140);
  expect(memory.takePeak()).toBe(40);
  second.destroy();
  expect(memory.live).toBe(0);
});
