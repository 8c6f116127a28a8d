// Failures of the engine that a person can do something about. Comlink carries `name` and `message` across the worker.

export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
  constructor(reason: string) {
    super(
      `The GPU was reset or taken away from this page${reason ? ` (${reason})` : ''}. Pictures already made are kept. ` +
        'If it happens every time, make smaller pictures or close other programs that use the GPU.',
    );
  }
}

const SHORT_OF = {
  gpu: "The GPU's memory does not suffice for",
  wasm: 'The 4 GB of memory that a browser gives the processor do not suffice for',
} as const;

const ADVICE = {
  gpu: 'Close other tabs and programs that use the GPU, lower width, height or batch size, and try again.',
  wasm: 'Lower width, height or batch size, or take a smaller checkpoint.',
} as const;

export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
  /** `advice`: what needs less, in sentences. `where`: whose memory ran out; wasm's is the processor's. */
  constructor(
    readonly what: string,
    readonly bytes: number | null,
    advice?: string,
    readonly where: 'gpu' | 'wasm' = 'gpu',
  ) {
    const size = bytes === null ? '' : ` (${(bytes / 1e9).toFixed(2)} GB of weights)`;
    super(`${SHORT_OF[where]} ${what}${size}. ${advice ?? ADVICE[where]}`);
  }
}

/** The person interrupted before there was anything to keep. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  constructor() {
    super('Interrupted.');
  }
}

export class ModelMissingError extends Error {
  override readonly name = 'ModelMissingError';
}

export class BadParametersError extends Error {
  override readonly name = 'BadParametersError';
}
