// What went wrong, for people: what happened, what to do next, and the details for a bug report. This is the one place
// where errors become words: what JavaScript or the browser says in its own words goes into the details alone.
import type { EngineFailure } from '../generation/run/engine-api.ts';
import { failures as t } from './strings/failures.ts';

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
    const hint = HINTS[code];
    this.hint = hint === undefined ? null : t.hints[hint];
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
const HINTS: Partial<Record<FailureCode, keyof typeof t.hints>> = {
  internal: 'internal',
  'worker-died': 'workerDied',
};

/** Texts of the table. */
type Message = {
  [K in keyof typeof t]: (typeof t)[K] extends string ? K : never;
}[keyof typeof t];

/** What is said of an error that was not meant for people, by what was under way. */
const UNEXPECTED: Partial<Record<FailureCode, Message>> = {
  // Browsers refuse a write without a word.
  'storage-full': 'storageFull',
  'bad-file': 'badFile',
  'device-lost': 'deviceLost',
  'out-of-memory': 'outOfMemory',
};

/** The same, where the browser's kind of error tells more. */
const BY_NAME: ReadonlyMap<string, Message> = new Map<string, Message>([
  ['NotReadableError', 'notReadable'],
  ['NotFoundError', 'notFound'],
  ['SecurityError', 'security'],
  ['NetworkError', 'network'],
]);

/** Turns whatever a worker or the library rejected with into a Failure. Never throws. */
export function toFailure(error: unknown, fallback: FailureCode = 'internal'): Failure {
  if (error instanceof Failure) return error;
  const { name, message, code: own } = fieldsOf(error);
  const known = ENGINE_CODES.find((code) => code === own) ?? CODES_OF_NAMES.get(name);
  const code = known ?? fallback;
  const ours = known !== undefined && known !== 'internal' && !NOT_OURS.has(name);
  const said = message !== '' && (ours || isForPeople(name, message)) ? message : null;
  const words = said ?? t[BY_NAME.get(name) ?? UNEXPECTED[code] ?? 'unexpected'];
  return new Failure(code, words, detailsOf(error));
}

/** What went wrong in one or two sentences, for a place in the page of its own. Never throws. */
export function wordsOf(error: unknown, fallback?: FailureCode): string {
  return toFailure(error, fallback).message;
}

/** Where an error comes from, for a report. Never throws. */
export function detailsOf(error: unknown): string {
  if (error instanceof Failure) return error.details;
  const { name, message, stack } = fieldsOf(error);
  const first = [name, message].filter((part) => part !== '').join(': ') || t.noDetails;
  return stack.includes(message) ? stack || first : `${first}\n${stack}`;
}

function fieldsOf(error: unknown) {
  if (typeof error === 'string') return { name: '', message: error.trim(), stack: '', code: null };
  const text = (key: string): string => {
    try {
      const value = (error as Record<string, unknown>)[key];
      return typeof value === 'string' ? value.trim() : '';
    } catch {
      // Not even an object, or one that refuses to be looked at.
      return '';
    }
  };
  return { name: text('name'), message: text('message'), stack: text('stack'), code: text('code') };
}

/** Our own errors are written for people; those of the language, the browser and onnxruntime are not. */
function isForPeople(name: string, message: string): boolean {
  return !NOT_OURS.has(name) && !MACHINE_WORDS.test(message);
}

const NOT_OURS: ReadonlySet<string> = new Set([
  // The language and WebAssembly.
  ...[
    'AggregateError',
    'EvalError',
    'InternalError',
    'RangeError',
    'ReferenceError',
    'SyntaxError',
    'TypeError',
  ],
  ...['URIError', 'CompileError', 'LinkError', 'RuntimeError', 'SuppressedError'],
  // The browser: names of DOMException (https://webidl.spec.whatwg.org/#idl-DOMException-error-names).
  ...[
    'AbortError',
    'ConstraintError',
    'DataCloneError',
    'DataError',
    'EncodingError',
    'HierarchyRequestError',
  ],
  ...[
    'InUseAttributeError',
    'IndexSizeError',
    'InvalidAccessError',
    'InvalidCharacterError',
    'InvalidNodeTypeError',
  ],
  ...[
    'InvalidModificationError',
    'InvalidStateError',
    'NamespaceError',
    'NetworkError',
    'NoModificationAllowedError',
  ],
  ...[
    'NotAllowedError',
    'NotFoundError',
    'NotReadableError',
    'NotSupportedError',
    'OperationError',
    'OptOutError',
  ],
  ...['QuotaExceededError', 'ReadOnlyError', 'SecurityError', 'TimeoutError', 'TransactionInactiveError'],
  ...['TypeMismatchError', 'URLMismatchError', 'UnknownError', 'VersionError', 'WrongDocumentError'],
  ...['GPUError', 'GPUInternalError', 'GPUOutOfMemoryError', 'GPUPipelineError', 'GPUValidationError'],
]);

/** Of errors without a name of their own: wordings of engines, of the browser's interfaces, of onnxruntime. */
const MACHINE_WORDS =
  /\bundefined\b|\bis not (?:a function|a constructor|an object|defined|iterable|extensible)|\bCannot (?:read|set|access|destructure|convert|assign|define|delete|redefine|create)\b|can't (?:access|convert|define)|Failed to (?:execute|construct|fetch|read the|set the)|\[object |ERROR_CODE|onnxruntime|OrtRun|Aborted\(|svelte\.dev|each_key_duplicate/i;

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
  ['TemplateError', 'bad-parameters'],
  ['PlotError', 'bad-parameters'],
  ['CsvError', 'bad-parameters'],
]);
