// The memory in which programs compute. All programs of a device share it, for they run one after the other, and none needs what
// another has left there: it is as large as the largest of them asks for, and goes with the last.

/** Bytes: of each arena, and of the buffer through which results are read back. */
export interface ArenaSizes {
  readonly arenas: readonly number[];
  readonly readback: number;
}

/** What programs take that run one after the other. */
export function largestOf(programs: Iterable<ArenaSizes>): ArenaSizes {
  const arenas: number[] = [];
  let readback = 0;
  for (const sizes of programs) {
    for (const [i, size] of sizes.arenas.entries()) arenas[i] = Math.max(arenas[i] ?? 0, size);
    readback = Math.max(readback, sizes.readback);
  }
  return { arenas, readback };
}

export function bytesOf({ arenas, readback }: ArenaSizes): number {
  return arenas.reduce((sum, size) => sum + size, readback);
}

export class Arenas {
  /** Programs that may run. */
  readonly #users = new Set<ArenaSizes>();
  #arenas: GPUBuffer[] = [];
  #readback: GPUBuffer | null = null;
  #version = 0;

  constructor(private readonly device: GPUDevice) {}

  add(user: ArenaSizes): void {
    this.#users.add(user);
  }

  /** Memory that the others do not need is given back. */
  remove(user: ArenaSizes): void {
    this.#users.delete(user);
    const needed = largestOf(this.#users);
    const tooLarge = (buffer: GPUBuffer | null, size = 0): boolean => (buffer?.size ?? 0) > size;
    if (
      this.#arenas.some((buffer, i) => tooLarge(buffer, needed.arenas[i])) ||
      tooLarge(this.#readback, needed.readback)
    )
      this.clear();
  }

  /** Makes what is missing for a user's run. The number is another one whenever buffers have been replaced. */
  fit({ arenas, readback }: ArenaSizes): number {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    for (const [i, size] of arenas.entries()) {
      if ((this.#arenas[i]?.size ?? 0) >= size) continue;
      this.#arenas[i]?.destroy();
      this.#arenas[i] = this.device.createBuffer({ label: `arena ${i}`, size, usage });
      this.#version++;
    }
    if ((this.#readback?.size ?? 0) < readback) {
      this.#readback?.destroy();
      this.#readback = this.device.createBuffer({
        size: readback,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      });
      this.#version++;
    }
    return this.#version;
  }

  arena(index: number): GPUBuffer {
    return this.#arenas[index]!;
  }

  get readback(): GPUBuffer {
    return this.#readback!;
  }

  /** Lets go of all buffers, also of those that could not be made. */
  clear(): void {
    for (const buffer of this.#arenas) buffer.destroy();
    this.#readback?.destroy();
    this.#arenas = [];
    this.#readback = null;
    this.#version++;
  }
}
