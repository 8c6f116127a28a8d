// What went wrong, for people: what happened, what to do next, and the details for a bug report.
import type { EngineFailure } from '../generation/types.ts';

export type FailureCode =
  | EngineFailure['code']
  /** A file with NaN or infinity in it, refused unless the person insists. */
  | 'non-finite-weights'
  /** A file that is not what its own checksums say, refused unless the person insists. */
  | 'checksum-mismatch'
  /** The worker itself ended or could not start. */
  | 'worker-died'
  /** A file we cannot read; the message says why. */
  | 'bad-file';

export class Failure extends Error {
  override readonly name = 'Failure';
  /** What to do; null where the message says it already. */
  readonly hint: string | null;

  /** `details`: for "Copy details". */
  constructor(
    readonly code: FailureCode,
    message: string,
    readonly details: string = message,
  ) {
    super(message);
    this.hint = HINTS[code] ?? null;
  }
}

const ENGINE_CODES: readonly EngineFailure['code'][] = [
  'no-webgpu',
  'device-lost',
  'out-of-memory',
  'not-finite',
  'model-missing',
  'model-unsupported',
  'bad-parameters',
  'storage-full',
  'internal',
];

// The engine's and the library's own errors say in their message what to do.
const HINTS: Partial<Record<FailureCode, string>> = {
  internal: 'Try again. If it happens again, reload the page: your prompt and settings are kept.',
  'worker-died': 'Try again: it is started afresh. Your prompt and settings are kept.',
};

/** Browsers refuse a write without a word. */
const NO_ROOM =
  'The browser has no room left for this page. Free some space on the disk, or delete models or pictures.';

/** Turns whatever a worker or the library rejected with into a Failure. Never throws. */
export function toFailure(error: unknown, fallback: FailureCode = 'internal'): Failure {
  if (error instanceof Failure) return error;
  const record = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
  const name = typeof record['name'] === 'string' ? record['name'] : '';
  const code = ENGINE_CODES.find((known) => known === record['code']) ?? CODES_OF_NAMES.get(name) ?? fallback;
  const message =
    (typeof record['message'] === 'string' && record['message'].trim()) ||
    (typeof error === 'string' && error.trim()) ||
    (code === 'storage-full' ? NO_ROOM : 'Something failed without saying why.');
  const stack = typeof record['stack'] === 'string' ? record['stack'] : '';
  return new Failure(code, message, stack || `${name || code}: ${message}`);
}

// Errors lose their class and fields on the way out of a worker; name and message stay.
const CODES_OF_NAMES: ReadonlyMap<string, FailureCode> = new Map([
  ['NonFiniteWeightsError', 'non-finite-weights'],
  ['ChecksumError', 'checksum-mismatch'],
  ['CheckpointError', 'bad-file'],
  ['UnsupportedModelError', 'model-unsupported'],
  ['StorageFullError', 'storage-full'],
  ['QuotaExceededError', 'storage-full'],
  ['NoWebGpuError', 'no-webgpu'],
  ['DeviceLostError', 'device-lost'],
  ['OutOfMemoryError', 'out-of-memory'],
  ['NotFiniteError', 'not-finite'],
  ['ModelMissingError', 'model-missing'],
  ['MissingWeightsError', 'model-missing'],
  ['BadParametersError', 'bad-parameters'],
  ['PromptTooLongError', 'bad-parameters'],
  ['WildcardError', 'bad-parameters'],
]);
