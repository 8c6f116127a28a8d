// Large uploads to the GPU in pieces of one size.
//
// onnxruntime-web uploads a tensor through one staging buffer as large as it. Chromium keeps the shared memory behind such
// buffers for the next, but finds room in it only for those that are no larger: a loaded model left 0.65 GB of it behind.
// Pieces of one size use each other's.
import { discard } from './discard.ts';

const PIECE = 8 << 20;
/** GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC: what a staging buffer is for. */
const STAGING = 0x2 | 0x4;

/** What onnxruntime does with a staging buffer, and no more. The content waits here until it is known whereto it goes. */
class StagingBuffer {
  readonly #content: ArrayBuffer;
  readonly #pieces: GPUBuffer[] = [];

  constructor(
    private readonly createBuffer: GPUDevice['createBuffer'],
    readonly size: number,
  ) {
    this.#content = new ArrayBuffer(size);
  }

  getMappedRange(): ArrayBuffer {
    return this.#content;
  }

  unmap(): void {
    // Only the pieces are ever mapped.
  }

  /** Fills the pieces of a range; `copy` gets each with its distance from the range's start. */
  forPieces(start: number, size: number, copy: (piece: GPUBuffer, distance: number) => void): void {
    for (let distance = 0; distance < size; distance += PIECE) {
      const bytes = new Uint8Array(this.#content, start + distance, Math.min(PIECE, size - distance));
      const piece = this.createBuffer({ size: bytes.length, usage: STAGING, mappedAtCreation: true });
      new Uint8Array(piece.getMappedRange()).set(bytes);
      piece.unmap();
      this.#pieces.push(piece);
      copy(piece, distance);
    }
  }

  destroy(): void {
    for (const piece of this.#pieces) piece.destroy();
    discard(this.#content);
  }
}

/** From now on, what is uploaded to the device through a large staging buffer goes in pieces. */
export function uploadInPieces(device: GPUDevice): void {
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const { size, usage, mappedAtCreation = false } = descriptor;
    if (!mappedAtCreation || usage !== STAGING || size <= PIECE) return createBuffer(descriptor);
    // It goes to copyBufferToBuffer below and nowhere else.
    return new StagingBuffer(createBuffer, size) as unknown as GPUBuffer;
  };

  const createCommandEncoder = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder(descriptor);
    const copy = encoder.copyBufferToBuffer.bind(encoder);
    const copyInPieces: CopyBuffer = (source, from, destination, to, size) => {
      if (source instanceof StagingBuffer) {
        source.forPieces(from, size, (piece, distance) =>
          copy(piece, 0, destination, to + distance, piece.size),
        );
      } else {
        copy(source, from, destination, to, size);
      }
    };
    encoder.copyBufferToBuffer = copyInPieces as GPUCommandEncoder['copyBufferToBuffer'];
    return encoder;
  };
}

/** The one of copyBufferToBuffer's forms that onnxruntime uses. */
type CopyBuffer = (
  source: GPUBuffer | StagingBuffer,
  from: number,
  destination: GPUBuffer,
  to: number,
  size: number,
) => undefined;
