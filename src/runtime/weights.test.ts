// Where onnxruntime finds stored weights. (Reading them takes a worker's FileReaderSync: the browser tests do.)
import { expect, it } from 'vitest';
import type { StoredTensor } from '../library/types.ts';
import { StoredWeights } from './weights.ts';

it('gives places in files of 32 MiB, however large the model is', () => {
  const [chunkBytes, count] = [2 ** 25, 208];
  // 6.5 GiB in float16; each tensor is the second half of its chunk.
  const tensors = Array.from({ length: count }, (_, chunk): StoredTensor => {
    const half = chunkBytes / 2;
    return {
      name: `t${chunk}`,
      shape: [4, half / 8],
      network: 'unet',
      chunk,
      offset: half,
      byteLength: half,
    };
  });
  const weights = new StoredWeights({ tensors }, []);
  const ref = { name: 't207', shape: [4, 2 ** 21], start: 0 };
  expect(weights.shapeOf('t207')).toEqual(ref.shape);
  expect(weights.place(ref, 'float16')).toEqual({ location: 'chunk-207', offset: 2 ** 24 });
  // Widened, and from its second row on.
  const rows = { ...ref, shape: [3, 2 ** 21], start: 2 ** 21 };
  expect(weights.place(rows, 'float32')).toEqual({ location: 'chunk-207', offset: 2 ** 25 + 2 ** 23 });
});
