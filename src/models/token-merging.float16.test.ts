// Token merging in float16, on a WebGPU device with shader-f16: see networks.float16.test.ts.
import { describe, expect, it } from 'vitest';
import { BOTH, openBy } from '../../tests/both-kernels.ts';
import { readTensors } from '../../tests/goldens.ts';
import {
  compareMerging,
  mergingInputs,
  mergingNetwork,
  type MergingCase,
} from '../../tests/merged-tokens.ts';
import { openDawn } from '../../tests/ort-dawn.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { bytesSource } from '../checkpoint/source.ts';

const FOLDER = ['sdxl', 'runs'];
const wanted = process.env['DARKROOM_FLOAT16'] === '1' && listReference(...FOLDER).includes('small.json');

describe.skipIf(!wanted)('token merging in float16 on WebGPU', () => {
  it.each(BOTH)('merges what is merged in float32, by %s', async (whose) => {
    const { token_merging: cases } = readReferenceJson<{ token_merging: MergingCase[] }>(
      ...FOLDER,
      'small.json',
    );
    const expected = await readTensors(bytesSource(readReference(...FOLDER, 'small.safetensors.gz')));
    const dawn = await (device ??= openDawn());
    for (const one of cases) {
      const network = mergingNetwork(mergingInputs(one, expected).channels, 'float16');
      const none = () => Promise.reject(new Error('No weights.'));
      const session = await openBy(whose, dawn, network, none);
      const comparisons = await compareMerging(one, expected, 1e-3, session.run);
      await session.release();
      // Tokens that are alike in their first number may change places among those left.
      const unmerged = comparisons.filter(({ name }) => name.endsWith('.unmerged'));
      expect(unmerged).toHaveLength(1);
      expect(unmerged.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
    }
  });
});

let device: ReturnType<typeof openDawn> | undefined;
