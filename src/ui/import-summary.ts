// Many imports in one line: how far they are, or what became of them.
import type { ImportProgress } from '../library/import-types.ts';
import { formatPercent, formatTimeLeft } from './format.ts';
import { models as t } from './strings/models.ts';

/** What became of a file. `unused`: recognised, but this version has no use for it. `broken`: it cannot be read. */
export type ImportKind = 'busy' | 'imported' | 'already-there' | 'unused' | 'broken';

/** What the line tells of an import. */
export interface ImportState {
  readonly kind: ImportKind;
  readonly phase: string;
  readonly file: { readonly name: string };
  readonly progress: ImportProgress | null;
}

/** A piece of the line, and what it is about: pieces are coloured by it. */
export interface SummaryPart {
  readonly kind: ImportKind;
  readonly text: string;
}

/** "Importing 3 of 7: name, 42%, 20 s left", or "5 of 7 imported", "2 not used yet". */
export function summariseImports(jobs: readonly ImportState[]): readonly SummaryPart[] {
  const total = jobs.length;
  if (jobs.some(({ kind }) => kind === 'busy')) return [{ kind: 'busy', text: underWay(jobs, total) }];
  const count = (wanted: ImportKind): number => jobs.filter(({ kind }) => kind === wanted).length;
  const imported = count('imported');
  const parts: SummaryPart[] = [];
  if (imported > 0) {
    parts.push({
      kind: 'imported',
      text: t.countImported(imported, total),
    });
  }
  const others = [
    ['already-there', t.countAlreadyThere],
    ['unused', t.countUnused],
    ['broken', t.countBroken],
  ] as const;
  for (const [kind, tell] of others) {
    const number = count(kind);
    if (number > 0) parts.push({ kind, text: tell(number) });
  }
  return parts;
}

function underWay(jobs: readonly ImportState[], total: number): string {
  const done = jobs.filter(({ kind }) => kind !== 'busy').length;
  const current = jobs.find(({ kind, phase }) => kind === 'busy' && phase !== 'waiting');
  const place = t.importing(Math.min(done + 1, total), total);
  if (!current) return place;
  const { progress, file } = current;
  const parts: string[] = [file.name];
  if (progress && progress.total > 0) {
    parts.push(formatPercent(progress.done / progress.total), formatTimeLeft(progress.remainingMs));
  }
  return t.importingWhat(place, parts.filter((part) => part !== '').join(', '));
}

/** Share of all files that is done, 0 to 1; each counts the same. */
export function shareDone(jobs: readonly ImportState[]): number {
  if (jobs.length === 0) return 0;
  const shares = jobs.map(({ kind, progress }) => {
    if (kind !== 'busy') return 1;
    return progress && progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;
  });
  return shares.reduce((sum, share) => sum + share, 0) / jobs.length;
}
