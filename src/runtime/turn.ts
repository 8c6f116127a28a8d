// Lets a worker that computes hear what it is told meanwhile.

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
