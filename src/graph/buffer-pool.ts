// How onnxruntime 1.30 keeps GPU buffers, in its default way: sizes are rounded up to one of a few; a buffer that is let
// go of can be used again only after the next submit, which comes every sixteen dispatches; then a number of each size is
// kept for good and the others are freed. (core/providers/webgpu/buffer_manager.cc, webgpu_context.h)

/** Bytes, and how many free buffers of that size are kept. Larger ones get their own size and are not kept. */
const BUCKETS: readonly (readonly [size: number, kept: number])[] = [
  [64, 250],
  [128, 200],
  [256, 200],
  [512, 200],
  [2048, 230],
  [4096, 200],
  [8192, 50],
  [16384, 50],
  [32768, 50],
  [65536, 50],
  [131072, 50],
  [262144, 50],
  [524288, 50],
  [1048576, 50],
  [2097152, 30],
  [4194304, 20],
  [8388608, 10],
  [12582912, 10],
  [16777216, 10],
  [26214400, 15],
  [33554432, 22],
  [44236800, 2],
  [58982400, 6],
  [67108864, 6],
  [134217728, 6],
  [167772160, 6],
];
const KEPT: ReadonlyMap<number, number> = new Map(BUCKETS);
const DISPATCHES_A_SUBMIT = 16;
const ALIGNMENT = 16;

export class BufferPool {
  /** Free buffers, by size. */
  readonly #free = new Map<number, number>();
  #pending: number[] = [];
  #dispatches = 0;
  #live = 0;
  #peak = 0;

  /** Bytes of all buffers: in use, waiting and kept. */
  get live(): number {
    return this.#live;
  }

  /** The most there ever was. */
  get peak(): number {
    return this.#peak;
  }

  /** Returns the size that the buffer really has, for `release`. */
  allocate(bytes: number): number {
    const size = BUCKETS.find(([size]) => size >= bytes)?.[0] ?? Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const free = this.#free.get(size) ?? 0;
    if (free > 0) {
      this.#free.set(size, free - 1);
    } else {
      this.#live += size;
      this.#peak = Math.max(this.#peak, this.#live);
    }
    return size;
  }

  release(size: number): void {
    this.#pending.push(size);
  }

  /** A shader is asked for. */
  dispatch(): void {
    if (++this.#dispatches % DISPATCHES_A_SUBMIT === 0) this.submit();
  }

  /** ... as at the end of a run, too. */
  submit(): void {
    for (const size of this.#pending) {
      const free = this.#free.get(size) ?? 0;
      if (free < (KEPT.get(size) ?? 0)) this.#free.set(size, free + 1);
      else this.#live -= size;
    }
    this.#pending = [];
  }
}
