// Whether this page can reach a GPU, asked before anything heavy is loaded, and which browser or flag would help.
import { adapterName, isSoftware } from '../runtime/adapter.ts';

export type WebGpuProblem = 'insecure' | 'absent' | 'no-adapter';

export type FoundGpu =
  | { readonly problem: WebGpuProblem; readonly adapter: null }
  | {
      readonly problem: null;
      /** `software`: there is no graphics card behind it. */
      readonly adapter: { readonly name: string; readonly software: boolean };
    };

/** Asks the browser for a GPU without opening it. */
export async function findGpu(): Promise<FoundGpu> {
  const gpu = (navigator as Partial<Navigator>).gpu;
  if (!gpu) return { problem: globalThis.isSecureContext ? 'absent' : 'insecure', adapter: null };
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { problem: 'no-adapter', adapter: null };
    const { info } = adapter;
    return { problem: null, adapter: { name: adapterName(info), software: isSoftware(info) } };
  } catch {
    return { problem: 'no-adapter', adapter: null };
  }
}

export interface WebGpuAdvice {
  readonly title: string;
  /** What is the matter, in one sentence. */
  readonly summary: string;
  /** What to try, most promising first. */
  readonly steps: readonly string[];
}

type Browser = 'chromium' | 'firefox' | 'safari';

/** What to tell a person whose browser has no WebGPU for us. `userAgent` as in `navigator.userAgent`. */
export function webGpuAdvice(problem: WebGpuProblem, userAgent: string): WebGpuAdvice {
  const linux = /Linux/.test(userAgent) && !/Android/.test(userAgent);
  if (problem === 'insecure') {
    return {
      title: 'This address cannot use the GPU',
      summary: 'Browsers offer WebGPU only to pages they can trust: https:// addresses and localhost.',
      steps: ['Open Darkroom through https://, or run it on this computer and open http://localhost.'],
    };
  }
  const browser = browserOf(userAgent);
  if (problem === 'absent') {
    return {
      title: 'This browser has no WebGPU',
      summary: 'Darkroom draws on your graphics card through WebGPU, which this browser does not offer.',
      steps: [
        ...ENABLE[browser],
        ...(browser === 'chromium' ? [] : ['Or open this page in Chrome or Edge.']),
      ],
    };
  }
  return {
    title: 'No graphics card found',
    summary: 'The browser knows WebGPU but gives this page no GPU.',
    steps: [
      'Turn on hardware acceleration (“Use graphics acceleration when available”) in the browser’s settings and restart it.',
      'Update the graphics driver.',
      ...(browser === 'chromium'
        ? ['Open chrome://gpu to see why WebGPU is off.']
        : ['Try Chrome or Edge: they reach more graphics cards.']),
      ...(browser === 'chromium' && linux
        ? ['On Linux, turn on “Unsafe WebGPU Support” and “Vulkan” in chrome://flags.']
        : []),
    ],
  };
}

const ENABLE: Readonly<Record<Browser, readonly string[]>> = {
  chromium: [
    'Update the browser: Chrome and Edge have WebGPU since version 113 (on Android since 121).',
    'If it is current, turn on “Unsafe WebGPU Support” in chrome://flags and restart the browser.',
  ],
  firefox: [
    'Update Firefox: it has WebGPU on Windows since version 141 and on Macs with Apple silicon since 145.',
    'Elsewhere, set dom.webgpu.enabled to true in about:config and restart.',
  ],
  safari: [
    'Update to Safari 26 (macOS 26, iOS 26) or newer.',
    'On macOS 14 and 15, turn on WebGPU under Develop, Feature Flags.',
  ],
};

function browserOf(userAgent: string): Browser {
  // All browsers on iOS are Safari inside.
  if (/iPhone|iPad/.test(userAgent)) return 'safari';
  if (/Firefox\//.test(userAgent)) return 'firefox';
  return /Chrom(e|ium)\//.test(userAgent) ? 'chromium' : 'safari';
}
