// Sidecars made to hold the reader up: refused or read, never more than that.
import { describe, expect, it } from 'vitest';
import { chaosFiles, readTrial } from '../../tests/trials-dir.ts';
import { parseSidecar, SidecarError } from './sidecar.ts';

const files = chaosFiles('sidecar');

describe('sidecars of the trials', () => {
  it.skipIf(files.length > 0)('are not in this folder: nothing to test', () => undefined);

  it.each(files)('$file is read, or refused with a word', ({ file }) => {
    const prototype = Object.getOwnPropertyNames(Object.prototype);
    const cost = process.cpuUsage();
    try {
      const sidecar = parseSidecar(readTrial(`chaos/${file}`));
      expect(Object.keys(sidecar)).toContain('prediction');
    } catch (error) {
      expect(error).toBeInstanceOf(SidecarError);
      expect((error as SidecarError).message).toMatch(/\.yaml/);
    }
    const { user } = process.cpuUsage(cost);
    console.log(`${file}: ${Math.round(user / 1000)} ms of processor time`);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototype);
  });
});
