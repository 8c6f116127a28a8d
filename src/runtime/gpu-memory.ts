// How much of a device's memory is in use: the bytes of its buffers. WebGPU itself does not tell.

/** Bytes. */
export interface GpuMemoryUse {
  /** Now. */
  readonly live: number;
  /** The most since it was last asked. */
  readonly peak: number;
}

export class GpuMemory {
  #live = 0;
  #peak = 0;

  /** Counts every buffer that is made on the device from now on, until it is destroyed. */
  constructor(device: GPUDevice) {
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      let size = buffer.size;
      this.#live += size;
      this.#peak = Math.max(this.#peak, this.#live);
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        this.#live -= size;
        size = 0;
        return destroy();
      };
      return buffer;
    };
  }

  /** Bytes now. */
  get live(): number {
    return this.#live;
  }

  /** The most since it was last asked. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = this.#live;
    return peak;
  }
}
