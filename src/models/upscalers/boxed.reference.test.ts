// The upscaler of the box against TensorFlow.js, which read the original files (tests/reference/box/README.md).
import { describe, expect, it } from 'vitest';
import { boxedFile } from '../../../tests/boxed-files.ts';
import { readTensors } from '../../../tests/goldens.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { listReference, readReference } from '../../../tests/reference-dir.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { openNetwork } from '../../../tests/reference-networks.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { BOXED_UPSCALERS } from '../../library/box.ts';
import { architectureOf } from './architectures.ts';

const TOLERANCE = 5e-5;

describe.skipIf(!listReference('box').includes('upscaler.safetensors.gz'))('the box', () => {
  it.each(BOXED_UPSCALERS)('computes as $name does', async ({ file }) => {
    const expected = await readTensors(bytesSource(readReference('box', 'upscaler.safetensors.gz')));
    const { detection, catalog, readWeight } = await openNetwork(boxedFile(file));
    const { kind, scale } = detection.upscaler!;
    const session = await openNodeSession(architectureOf(kind).network(catalog, 'float32'), readWeight);
    const { data, dims } = expected.get('x')!;
    const [height, width] = dims.slice(-2) as [number, number];
    const { enlarged } = await session.run({ image: data, height, width });
    await session.release();
    expect(enlarged!.dims).toEqual([1, 3, scale * height, scale * width]);
    expect(relativeError(enlarged!.data, expected.get('out')!.data)).toBeLessThan(TOLERANCE);
  });
});
