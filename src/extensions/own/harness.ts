// What an extension that a person brings runs in: the first script of its worker, which takes away everything but the language itself, and
// then stands between it and the program. This function goes there as text, so that it reads nothing outside itself.

/** From the program to the worker. */
export type ToExtension =
  | { readonly type: 'begin'; readonly pass: number; readonly values: object; readonly about: object }
  | { readonly type: 'end'; readonly pass: number }
  | {
      readonly type: 'call';
      readonly id: number;
      readonly pass: number;
      readonly hook: string;
      readonly given: unknown;
    };

/** ... and back. */
export type FromExtension =
  | { readonly type: 'answer'; readonly id: number; readonly given: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** What of a worker's global object the harness uses, before it takes it away. */
export interface WorkerScope {
  postMessage(message: FromExtension): void;
  onmessage: ((event: { readonly data: ToExtension }) => void) | null;
  register?: (start: unknown) => void;
}

/**
 * `kept`: names of the language's own and of what reaches nothing. `own`: the extension's code, whose text is `length` long: one that closes
 * the function around it early, so that some of it would stand beside the harness, is shorter, and nothing of it is run.
 */
export function harness(scope: WorkerScope, kept: readonly string[], length: number, own: () => void): void {
  if (own.toString().length !== length) throw 'Its braces are not in balance.';
  const post = scope.postMessage.bind(scope);
  const listen = (listener: WorkerScope['onmessage']): void => {
    scope.onmessage = listener;
  };
  type Hooks = Readonly<Record<string, unknown>>;
  type Start = (values: object, about: object) => Hooks | undefined;
  let start: Start | null = null;
  const passes = new Map<number, Hooks | { readonly failed: string }>();
  const messageOf = (error: unknown): string => {
    try {
      return String(error instanceof Error ? error.message : error).slice(0, 300);
    } catch {
      return 'It threw something that is no error.';
    }
  };
  const carryOut = async (call: Extract<ToExtension, { readonly type: 'call' }>): Promise<FromExtension> => {
    const { id, hook, given } = call;
    try {
      const hooks = passes.get(call.pass);
      if (!hooks) throw new Error('It did not register anything: register(function (values, pass) { ... }).');
      if ('failed' in hooks && typeof hooks.failed === 'string') throw new Error(hooks.failed);
      const own = (hooks as Hooks)[hook];
      // What it does nothing to stays as it is.
      if (own === undefined) return { type: 'answer', id, given: null };
      if (typeof own !== 'function') throw new Error(`Its "${hook}" is no function.`);
      return { type: 'answer', id, given: (await (own as (given: unknown) => unknown)(given)) ?? null };
    } catch (error) {
      return { type: 'failed', id, message: messageOf(error) };
    }
  };
  listen(({ data }) => {
    if (data.type === 'end') passes.delete(data.pass);
    else if (data.type === 'begin') {
      try {
        if (start) passes.set(data.pass, start(data.values, data.about) ?? {});
      } catch (error) {
        passes.set(data.pass, { failed: messageOf(error) });
      }
    } else {
      void carryOut(data).then((answer) => {
        try {
          post(answer);
        } catch (error) {
          post({ type: 'failed', id: data.id, message: messageOf(error) });
        }
      });
    }
  });
  const names = new Set(kept);
  for (let of: object | null = scope; of !== null; of = Object.getPrototypeOf(of) as object | null) {
    if (of === Object.prototype) break;
    for (const name of Object.getOwnPropertyNames(of)) {
      if (names.has(name)) continue;
      // What cannot be taken away cannot be reached, either: it is hidden behind a value of the same name.
      if (!Reflect.deleteProperty(of, name)) Reflect.defineProperty(of, name, { value: undefined });
    }
  }
  Object.defineProperty(scope, 'register', {
    value: (given: unknown) => {
      if (typeof given !== 'function') throw new TypeError('register() wants a function.');
      start = given as Start;
    },
  });
  own();
}

/** The language's own names, and a few of the platform's that reach nothing. */
export const KEPT_NAMES: readonly string[] = [
  ...[
    'Object',
    'Function',
    'Array',
    'Number',
    'Boolean',
    'String',
    'Symbol',
    'BigInt',
    'Math',
    'JSON',
    'Reflect',
  ],
  ...[
    'Proxy',
    'Promise',
    'Date',
    'RegExp',
    'Map',
    'Set',
    'WeakMap',
    'WeakSet',
    'WeakRef',
    'Iterator',
    'Intl',
  ],
  ...[
    'Error',
    'TypeError',
    'RangeError',
    'SyntaxError',
    'ReferenceError',
    'EvalError',
    'URIError',
    'AggregateError',
  ],
  ...['ArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array'],
  ...['Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
  ...['Infinity', 'NaN', 'undefined', 'globalThis', 'isFinite', 'isNaN', 'parseFloat', 'parseInt'],
  ...['decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'structuredClone'],
  // What carries the harness's own messages.
  ...['constructor', 'onmessage', 'addEventListener', 'dispatchEvent', 'removeEventListener', 'console'],
];

/** The worker's whole script. */
export function workerScript(code: string): string {
  const own = `function () {"use strict";\n${code}\n}`;
  return `(${harness.toString()})(self, ${JSON.stringify(KEPT_NAMES)}, ${own.length}, ${own});`;
}
