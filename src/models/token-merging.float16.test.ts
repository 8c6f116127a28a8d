// Token merging in float16, on a WebGPU device with shader-f16: see networks.float16.test.ts.
import { describe, expect, it } from 'vitest';
import { readTensors } from '../../tests/goldens.ts';
import {
  compareMerging,
  mergingInputs,
  mergingNetwork,
  type MergingCase,
} from '../../tests/merged-tokens.ts';
import { openDawn, openDawnSession } from '../../tests/ort-dawn.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { bytesSource } from '../checkpoint/source.ts';

const FOLDER = ['sdxl', 'runs'];
const wanted = process.env['DARKROOM_FLOAT16'] === '1' && listReference(...FOLDER).includes('small.json');

describe.skipIf(!wanted)('token merging in float16 on WebGPU', () => {
  it('merges what is merged in float32', async () => {
    const { token_merging: cases } = readReferenceJson<{ token_merging: MergingCase[] }>(
      ...FOLDER,
      'small.json',
    );
    const expected = await readTensors(bytesSource(readReference(...FOLDER, 'small.safetensors.gz')));
    const dawn = await openDawn();
    for (const one of cases) {
      const network = mergingNetwork(mergingInputs(one, expected).channels, 'float16');
      const session = await openDawnSession(dawn, network, () => Promise.reject(new Error('No weights.')));
      const comparisons = await compareMerging(one, expected, 1e-3, session.run);
      await session.release();
      expect(session.placement).toMatch(/All nodes placed on \[WebGpuExecutionProvider\]/);
      // Tokens that are alike in their first number may change places among those left.
      const unmerged = comparisons.filter(({ name }) => name.endsWith('.unmerged'));
      expect(unmerged).toHaveLength(1);
      expect(unmerged.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
    }
  });
});
