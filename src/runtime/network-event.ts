// What networks tell while they are loaded and run.

export type NetworkEvent =
  /** Weights are being read, or tiles decoded: 0..1. */
  | { readonly type: 'loading'; readonly what: string; readonly fraction: number }
  | { readonly type: 'warning'; readonly message: string };
