// For tests: a thread of Node's with the face of a browser's Worker, so that the clients run over a real worker.
import { Worker as Thread } from 'node:worker_threads';
// @ts-expect-error comlink ships no types for this entrance.
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

type Listener = (event: {
  readonly message: string;
  readonly filename: string;
  readonly lineno: number;
}) => void;

/** `methods`: the body of an object literal of CommonJS source, exposed through comlink in the thread. */
export function threadWorker(methods: string): Worker {
  const thread = new Thread(
    `const { expose } = require('comlink');
     const { parentPort } = require('node:worker_threads');
     const nodeEndpoint = require('comlink/dist/umd/node-adapter.js');
     const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
     expose({ ${methods} }, nodeEndpoint(parentPort));`,
    { eval: true },
  );
  const endpoint = nodeEndpoint(thread) as Pick<Worker, 'postMessage'> & {
    addEventListener(type: string, listener: unknown): void;
    removeEventListener(type: string, listener: unknown): void;
  };
  // An error without a listener would end the test run.
  thread.on('error', () => undefined);
  const worker = {
    postMessage: endpoint.postMessage.bind(endpoint),
    addEventListener(type: string, listener: unknown) {
      if (type === 'message') endpoint.addEventListener(type, listener);
      if (type === 'error') {
        thread.on('error', (error: Error) =>
          (listener as Listener)({ message: error.message, filename: 'thread', lineno: 0 }),
        );
      }
    },
    removeEventListener: endpoint.removeEventListener.bind(endpoint),
    terminate: () => void thread.terminate(),
  };
  return worker as unknown as Worker;
}
