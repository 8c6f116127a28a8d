// Texts of 2022 name their checkpoint by a hash of 8 digits: it is computed as A1111 does, and finds the model.
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../checkpoint/source.ts';
import { oldHashOf } from '../library/file-identity.ts';
import { hashFile } from '../library/hashing-source.ts';
import { trialCheckpoint } from '../../tests/trial-checkpoint.ts';
import { trials } from '../../tests/trials-dir.ts';
import { findByHash } from './model-facts.ts';
import { readParameters } from './read-parameters.ts';

interface HashExpected {
  readonly old_hash: string;
  /** Name of the tiny model; null: none. */
  readonly found: string | null;
}

const cases = trials<HashExpected>('model hash');

describe('model hash', () => {
  it.skipIf(cases.length > 0)('has no cases in this folder: nothing to test', () => undefined);

  it.each(cases)('$id', async (trial) => {
    const { old_hash: expected, found } = trial.expected;
    const bytes = trialCheckpoint(trial);
    const { sha256 } = await hashFile(bytesSource(bytes));
    const oldHash = await oldHashOf(bytesSource(bytes));
    expect(oldHash).toBe(expected);
    const model = { name: trial.base ?? '', sha256, oldHash };
    const other = { name: 'other', sha256: '0'.repeat(64), oldHash: '00000000' };
    const { modelHash, modelName } = readParameters(trial.text ?? '');
    const names = findByHash([other, model], modelHash, modelName).map(({ name }) => name);
    expect(names).toEqual(found === null ? [] : [found]);
    // Models of earlier versions do not know theirs.
    expect(findByHash([{ name: model.name, sha256 }], modelHash, modelName)).toEqual([]);
  });
});
