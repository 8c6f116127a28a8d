// Lets a worker that computes hear what it is told meanwhile.
import type { Pause } from '../image/pause.ts';

/**
 * Resolves after one turn of the event loop: messages that have arrived are delivered before. Promises alone never give
 * one, and networks on the processor compute without a pause. `scheduler.yield` would come back before those messages;
 * a message to oneself queues behind them and takes some 0.02 ms.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** A turn now and then: not before so many milliseconds have passed since the last one. */
export function turns(every = 25): Pause {
  let last = performance.now();
  return () => {
    if (performance.now() - last < every) return undefined;
    return turn().then(() => void (last = performance.now()));
  };
}
