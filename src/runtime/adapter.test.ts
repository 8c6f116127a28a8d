import { expect, it } from 'vitest';
import { adapterName, isSoftware } from './adapter.ts';

it.each([
  { vendor: 'google', architecture: 'swiftshader' },
  { description: 'SwiftShader Device (Subzero)' },
  { description: 'llvmpipe (LLVM 19.1.7, 256 bits)' },
  { vendor: 'mesa', device: 'lavapipe' },
  { vendor: 'microsoft', description: 'Microsoft Basic Render Driver' },
  { vendor: 'microsoft', architecture: 'warp' },
  { vendor: 'intel', architecture: 'gen-12lp', isFallbackAdapter: true },
])('knows software: %o', (info) => expect(isSoftware(info)).toBe(true));

it.each([
  { vendor: 'nvidia', architecture: 'ampere', isFallbackAdapter: false },
  { vendor: 'amd', architecture: 'rdna-3', description: 'AMD Radeon RX 7800 XT' },
  { vendor: 'apple', architecture: 'metal-3' },
  { vendor: 'intel', architecture: 'xe-lpg' },
  {},
])('knows a card, or nothing against one: %o', (info) => expect(isSoftware(info)).toBe(false));

it('names an adapter by what it says', () => {
  expect(adapterName({ description: 'Card', vendor: 'v' })).toBe('Card');
  expect(adapterName({ vendor: 'nvidia', architecture: 'ampere' })).toBe('nvidia ampere');
  expect(adapterName({})).toBe('unknown GPU');
});
