// What the engine found to compute on.

/** Where the networks run. */
export type Backend = 'webgpu' | 'cpu';

/** As it was at start-up. */
export interface DeviceReport {
  readonly backend: Backend | null;
  /** Why there is no WebGPU, said to a person, with what to do; null when there is. */
  readonly problem: string | null;
  readonly adapter: string;
  readonly shaderF16: boolean;
  readonly subgroups: boolean;
  /** Bytes. */
  readonly maxBufferSize: number;
  /** Rendered in software (SwiftShader, lavapipe): slow. */
  readonly software: boolean;
}
