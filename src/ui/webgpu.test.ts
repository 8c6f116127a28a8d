import { describe, expect, it } from 'vitest';
import { hidesNvidiaFloat16, webGpuAdvice } from './webgpu.ts';

const CHROME_LINUX =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const CHROME_ANDROID =
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15';
const CHROME_IOS =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1';

const said = (...args: Parameters<typeof webGpuAdvice>) => webGpuAdvice(...args).steps.join(' ');

describe('webGpuAdvice', () => {
  it('names the way of each browser', () => {
    expect(said('absent', CHROME_LINUX)).toMatch(/chrome:\/\/flags/);
    expect(said('absent', FIREFOX)).toMatch(/dom\.webgpu\.enabled.*Chrome or Edge/);
    expect(said('absent', SAFARI)).toMatch(/Safari 26/);
    expect(said('absent', CHROME_IOS)).toMatch(/iOS 26/);
  });

  it('mentions the Linux flags on Linux only', () => {
    expect(said('no-adapter', CHROME_LINUX)).toMatch(/Vulkan/);
    expect(said('no-adapter', CHROME_ANDROID)).not.toMatch(/Vulkan/);
    expect(said('no-adapter', FIREFOX)).not.toMatch(/chrome:/);
  });

  it('blames the address, not the browser, on plain http', () => {
    expect(webGpuAdvice('insecure', CHROME_LINUX).summary).toMatch(/https/);
  });
});

it('knows where a missing shader-f16 is the browser’s doing', () => {
  expect(hidesNvidiaFloat16('nvidia ampere', CHROME_LINUX)).toBe(true);
  expect(hidesNvidiaFloat16('intel gen-12', CHROME_LINUX)).toBe(false);
  expect(hidesNvidiaFloat16('nvidia ampere', FIREFOX)).toBe(false);
});
