import { expect, it } from 'vitest';
import { candidatesOf } from './vulkan.ts';

it("tries the system's own choice, then NVIDIA's drivers, then others, then libraries that nothing describes", () => {
  const candidates = candidatesOf({
    descriptions: ['/usr/share/vulkan/icd.d/lvp_icd.json', '/etc/vulkan/icd.d/nvidia_icd.json'],
    libraries: ['/usr/lib64/libGLX_nvidia.so.0', '/usr/lib64/libEGL_nvidia.so.0'],
    folders: [],
    devices: [],
  });
  expect(candidates.map(({ description, library }) => description ?? library)).toEqual([
    null,
    '/etc/vulkan/icd.d/nvidia_icd.json',
    '/usr/share/vulkan/icd.d/lvp_icd.json',
    '/usr/lib64/libGLX_nvidia.so.0',
    '/usr/lib64/libEGL_nvidia.so.0',
  ]);
});
