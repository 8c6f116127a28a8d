// Gives the memory of bytes that nobody needs any more back at once, instead of when the engine collects its garbage: of
// buffers of megabytes it lets hundreds of megabytes come together first.

/** The bytes, and all others of their buffer, are gone afterwards. Does nothing in browsers of before 2024. */
export function release(bytes: Uint8Array): void {
  const { buffer } = bytes as {
    readonly buffer: { readonly byteLength: number; transfer?: (length: number) => unknown };
  };
  // What is gone already has no length.
  if (buffer.byteLength > 0) buffer.transfer?.(0);
}
