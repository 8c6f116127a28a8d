// For tests: a thread of Node's with the face of a browser's worker, for extensions to run in.
import { Worker as Thread } from 'node:worker_threads';
import type { WorkerLike } from '../src/extensions/own/worker.ts';

/** Threads that run. */
export const running: ReadonlySet<Thread> = new Set();

export function startThread(script: string): WorkerLike {
  const thread = new Thread(
    `const { parentPort, workerData } = require('node:worker_threads');
     const { runInThisContext } = require('node:vm');
     const scope = (globalThis.self = globalThis);
     scope.postMessage = (message) => parentPort.postMessage(message);
     parentPort.on('message', (data) => scope.onmessage && scope.onmessage({ data }));
     runInThisContext(workerData);`,
    { eval: true, workerData: script },
  );
  const threads = running as Set<Thread>;
  threads.add(thread);
  thread.on('exit', () => threads.delete(thread));
  return {
    postMessage: (message) => thread.postMessage(message),
    listen(onMessage, onError) {
      thread.on('message', onMessage);
      thread.on('error', (error: unknown) => onError(error instanceof Error ? error.message : String(error)));
    },
    terminate: () => void thread.terminate(),
  };
}
