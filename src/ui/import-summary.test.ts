import { describe, expect, it } from 'vitest';
import type { ImportProgress } from '../library/import-types.ts';
import { shareDone, summariseImports, type ImportKind, type ImportState } from './import-summary.ts';

const job = (kind: ImportKind, phase = 'done', progress: ImportProgress | null = null): ImportState => ({
  kind,
  phase,
  file: { name: `${kind}.ckpt` },
  progress,
});
const line = (jobs: readonly ImportState[]) =>
  summariseImports(jobs)
    .map(({ text }) => text)
    .join(', ');
const many = (kind: ImportKind, count: number) => Array.from({ length: count }, () => job(kind));

describe('what became of the files', () => {
  it.each([
    [[...many('imported', 5), ...many('unused', 2)], '5 of 7 imported, 2 not used yet'],
    [many('imported', 3), '3 imported'],
    [[...many('unused', 2), ...many('broken', 1)], '2 not used yet, 1 could not be imported'],
    [
      [...many('imported', 1), ...many('already-there', 2), ...many('broken', 1)],
      '1 of 4 imported, 2 already in your library, 1 could not be imported',
    ],
  ])('%#', (jobs, expected) => expect(line(jobs)).toBe(expected));

  it('keeps what is broken apart from what is not used yet', () => {
    const kinds = summariseImports([job('unused'), job('broken')]).map(({ kind }) => kind);
    expect(kinds).toEqual(['unused', 'broken']);
  });
});

describe('while they are under way', () => {
  const progress: ImportProgress = {
    stage: 'converting',
    done: 42,
    total: 100,
    rate: 1,
    remainingMs: 20_000,
  };

  it('names the file, its share and the time left', () => {
    const jobs = [...many('imported', 2), job('busy', 'running', progress), job('busy', 'waiting')];
    expect(line(jobs)).toBe('Importing 3 of 4: busy.ckpt, 42%, 20 s left');
    expect(shareDone(jobs)).toBeCloseTo(2.42 / 4);
  });

  it('leaves out what is not known', () => {
    expect(line([job('busy', 'running'), job('broken')])).toBe('Importing 2 of 2: busy.ckpt');
    expect(line([job('busy', 'waiting'), job('busy', 'waiting')])).toBe('Importing 1 of 2');
    expect(shareDone([job('busy', 'running', { ...progress, total: 0 })])).toBe(0);
  });
});
