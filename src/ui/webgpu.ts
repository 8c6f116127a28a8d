// Whether this page can reach a GPU, asked before anything heavy is loaded, and which browser or flag would help.
import { adapterName, isSoftware } from '../runtime/adapter.ts';
import { device as t } from './strings/device.ts';

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
  if (problem === 'insecure') return t.insecure;
  const browser = browserOf(userAgent);
  if (problem === 'absent') {
    const steps = [...t.enable[browser], ...(browser === 'chromium' ? [] : [t.orChrome])];
    return { ...t.absent, steps };
  }
  const steps = [
    ...t.noAdapter.steps,
    browser === 'chromium' ? t.chromeGpu : t.tryChrome,
    ...(browser === 'chromium' && linux ? [t.chromeLinux] : []),
  ];
  return { ...t.noAdapter, steps };
}

function browserOf(userAgent: string): Browser {
  // All browsers on iOS are Safari inside.
  if (/iPhone|iPad/.test(userAgent)) return 'safari';
  if (/Firefox\//.test(userAgent)) return 'firefox';
  return /Chrom(e|ium)\//.test(userAgent) ? 'chromium' : 'safari';
}

/** Whether a missing shader-f16 is Chrome's doing: on Linux it hides that of NVIDIA's cards (docs/performance/README.md). */
export function hidesNvidiaFloat16(adapter: string, userAgent: string): boolean {
  return /nvidia/i.test(adapter) && /Linux/.test(userAgent) && /Chrome\//.test(userAgent);
}
