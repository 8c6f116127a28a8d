// Uploads in pieces, on a real device (Dawn in Node; it runs with the float16 tests, which bring one).
import { beforeAll, describe, expect, it } from 'vitest';
import { openDawn } from '../../tests/ort-dawn.ts';
import { uploadInPieces } from './upload-pieces.ts';

/** GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST, before there is a GPUBufferUsage. */
const TARGET = 0x4 | 0x8;
const wanted = process.env['DARKROOM_FLOAT16'] === '1';

describe.skipIf(!wanted)('an upload through a staging buffer', () => {
  let device: GPUDevice;
  /** Sizes of the staging buffers since it was last emptied. */
  let staged: number[] = [];
  beforeAll(async () => {
    ({ device } = await openDawn());
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      if (descriptor.mappedAtCreation) staged.push(descriptor.size);
      return createBuffer(descriptor);
    };
    uploadInPieces(device);
  });

  it.each([
    { megabytes: 1, pieces: [1] },
    { megabytes: 8, pieces: [8] },
    { megabytes: 20, pieces: [8, 8, 4] },
  ])('of $megabytes MiB arrives whole, in pieces of $pieces MiB', async ({ megabytes, pieces }) => {
    const size = megabytes << 20;
    // Where every piece begins and ends: a word that tells its place.
    const words = Uint32Array.from({ length: size / 4 }, (_, at) => (at * 2654435761) >>> 0);
    const target = device.createBuffer({ size: size + 256, usage: TARGET });

    staged = [];
    upload(device, words, { from: 0, target, to: 256, size });
    expect(staged).toEqual(pieces.map((piece) => piece << 20));

    const result = await readBack(device, target, size + 256);
    expect(result.subarray(0, 64).every((word) => word === 0)).toBe(true);
    expect(Buffer.from(result.buffer, 256).equals(Buffer.from(words.buffer))).toBe(true);
    target.destroy();
  });

  it('can begin anywhere in it', async () => {
    const size = 17 << 20;
    const [from, length] = [4096, 16 << 20];
    const words = Uint32Array.from({ length: size / 4 }, (_, at) => at);
    const target = device.createBuffer({ size: length, usage: TARGET });
    upload(device, words, { from, target, to: 0, size: length });

    const result = await readBack(device, target, length);
    expect([result[0], result.at(-1)]).toEqual([from / 4, (from + length) / 4 - 1]);
    target.destroy();
  });
});

/** As onnxruntime does it: all words through one staging buffer, of which `size` bytes are copied on. */
function upload(
  device: GPUDevice,
  words: Uint32Array,
  { from, target, to, size }: { from: number; target: GPUBuffer; to: number; size: number },
): void {
  const staging = device.createBuffer({
    size: words.byteLength,
    usage: GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC,
    mappedAtCreation: true,
  });
  new Uint32Array(staging.getMappedRange()).set(words);
  staging.unmap();
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(staging, from, target, to, size);
  device.queue.submit([encoder.finish()]);
  staging.destroy();
}

async function readBack(device: GPUDevice, source: GPUBuffer, size: number): Promise<Uint32Array> {
  const buffer = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, buffer, 0, size);
  device.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  const words = new Uint32Array(buffer.getMappedRange().slice(0));
  buffer.destroy();
  return words;
}
