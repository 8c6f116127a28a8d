// What networks tell while they are loaded and run.

export type NetworkEvent =
  /** Weights are being read, tiles decoded, or a picture enlarged: 0..1. Milliseconds until that is done, as far as known. */
  | {
      readonly type: 'loading';
      readonly what: string;
      readonly fraction: number;
      readonly remainingMs?: number | null;
    }
  | { readonly type: 'warning'; readonly message: string };
