// Gives the memory of bytes that nobody needs any more back at once, instead of when the engine collects its garbage: of
// buffers of megabytes it lets hundreds of megabytes come together first.

/** Leads nowhere. */
let drain: MessagePort | null = null;

/** The bytes, and all others of their buffer, are gone afterwards. */
export function release(bytes: Uint8Array): void {
  const { buffer } = bytes;
  // What is gone already has no length.
  if (buffer.byteLength === 0 || !(buffer instanceof ArrayBuffer)) return;
  // Detached by `transfer(0)`, what a browser has read stays until the wrapper that it came in is collected.
  drain ??= drainPort();
  drain.postMessage(null, [buffer]);
}

function drainPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}
