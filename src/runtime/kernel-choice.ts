// Whose kernels compute a network on the GPU: onnxruntime's, or our own (src/wgsl/).

export type Kernels = 'onnxruntime' | 'own';

/** What the person set. "auto": for each network what was measured to be faster. */
export type KernelSetting = 'auto' | Kernels;

/** Whose kernels were measured to be faster on the device, by the names under which networks are loaded ("UNet"). */
export type MeasuredKernels = Readonly<Record<string, Kernels>>;

/** Names of the fastest of our kernels, by the shapes they compute (src/wgsl/tuning/). */
export type TunedKernels = ReadonlyMap<string, { readonly kernel: string }>;

/** How networks are told apart by whose kernels compute them, and which of ours do. */
export interface KernelChoice {
  readonly setting: KernelSetting;
  readonly measured: MeasuredKernels;
  /** Another object where there is something else in it. */
  readonly tuned: TunedKernels;
}

const UNTUNED: TunedKernels = new Map();

export const DEFAULT_KERNELS: KernelChoice = { setting: 'auto', measured: {}, tuned: UNTUNED };

/** Whose kernels compute the network called `what`. onnxruntime's where nothing was measured. */
export function kernelsFor({ setting, measured }: KernelChoice, what: string): Kernels {
  if (setting !== 'auto') return setting;
  return Object.hasOwn(measured, what) ? measured[what]! : 'onnxruntime';
}

/** A network that is loaded. */
export interface LoadedNetwork {
  readonly what: string;
  readonly kernels: Kernels;
  /** Why our own kernels do not compute it though they were chosen; null where they do, or were not. */
  readonly instead: string | null;
}
