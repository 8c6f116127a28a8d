// Memory that is given back at once.

/**
 * Frees the memory of a buffer now, by sending it to nobody. Left to the garbage collector, hundreds of megabytes of large
 * buffers lie about (Chromium: 0.8 GB above idle when 2 GB are read in pieces of 26 MB, 0.07 so). `ArrayBuffer.transfer`
 * makes that worse: Chromium's reader goes on holding the memory, but the collector no longer knows of it.
 */
export function discard(buffer: ArrayBuffer): void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(null, [buffer]);
  port1.close();
}
