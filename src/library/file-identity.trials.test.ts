// Two files of one size are two models, however much their samples agree; the whole hash is the one that A1111 computes.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../checkpoint/source.ts';
import { trialCheckpoint } from '../../tests/trial-checkpoint.ts';
import { readBase, trials } from '../../tests/trials-dir.ts';
import { fingerprintOf, knownFile, mayBe, type FileFacts } from './file-identity.ts';
import { hashFile } from './hashing-source.ts';

interface ImportExpected {
  readonly sha256_of_base: string;
  readonly sha256_of_patched: string;
  readonly models_after_importing_both: number;
}

const cases = trials<ImportExpected>('import');

async function asKnown(bytes: Uint8Array<ArrayBuffer>, file: FileFacts) {
  const fingerprint = await fingerprintOf(bytesSource(bytes));
  return { fingerprint, fileName: file.name, fileSize: file.size, fileModified: file.lastModified };
}

describe('import', () => {
  it.skipIf(cases.length > 0)('has no cases in this folder: nothing to test', () => undefined);

  it.each(cases)('$id', async (trial) => {
    const { expected } = trial;
    const base = readBase(trial.base ?? '');
    const patched = new Uint8Array(trialCheckpoint(trial));
    for (const [bytes, sha256] of [
      [base, expected.sha256_of_base],
      [patched, expected.sha256_of_patched],
    ] as const) {
      expect((await hashFile(bytesSource(bytes))).sha256).toBe(sha256);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }

    const first = { name: 'model.safetensors', size: base.length, lastModified: 1000 };
    const second = { name: 'model.safetensors', size: patched.length, lastModified: 2000 };
    for (const [known, bytes, knownBytes] of [
      [first, patched, base],
      [second, base, patched],
    ] as const) {
      const models = [await asKnown(knownBytes, known)];
      const file = known === first ? second : first;
      const fingerprint = await fingerprintOf(bytesSource(bytes));
      expect(knownFile(models, file, fingerprint)).toBeNull();
      // The very same file is known without reading it.
      expect(knownFile(models, known, models[0]!.fingerprint)).toBe(models[0]);
      expect(mayBe(models, known, models[0]!.fingerprint)).toEqual(models);
      // Two that agree in all of it: only their hash tells.
      expect(knownFile([...models, ...models], known, models[0]!.fingerprint)).toBeNull();
    }
  });
});
