// Program versions in parameters texts ("v1.7.0-225-gabc", git describe) and their order: PEP 440, as the Python package
// `packaging` that A1111 compares them with. Local labels ("+abc") are read over: no version compared against has one.

export interface Version {
  readonly epoch: number;
  readonly release: readonly number[];
  /** Pre-release as a pair (a, b, rc = 0, 1, 2; number), or null. */
  readonly pre: readonly [phase: number, number: number] | null;
  readonly post: number | null;
  readonly dev: number | null;
}

// The grammar of PEP 440, appendix B, normalised spellings and "1.0-1" (an implicit post-release) included.
const PEP_440 = new RegExp(
  [
    '^\\s*v?(?:(?<epoch>[0-9]+)!)?(?<release>[0-9]+(?:\\.[0-9]+)*)',
    '(?:[-_.]?(?<phase>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<preNumber>[0-9]*))?',
    '(?:-(?<implicitPost>[0-9]+)|(?<post>[-_.]?(?:post|rev|r)[-_.]?(?<postNumber>[0-9]*)))?',
    '(?<dev>[-_.]?dev[-_.]?(?<devNumber>[0-9]*))?',
    '(?:\\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?\\s*$',
  ].join(''),
  'i',
);

/** Longest version that is looked at. */
const MAX_LENGTH = 200;

/** Null where the text is missing or is no version (forks write all kinds of things there). infotext_versions.py parse_version. */
export function parseVersion(text: unknown): Version | null {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return null;
  // "v1.7.0-225-gabc": what follows the second hyphen is not part of the version.
  const described = /^([^-]+-[^-]+)-/.exec(text);
  const groups = PEP_440.exec(described?.[1] ?? text)?.groups;
  if (!groups) return null;
  const number = (digits: string | undefined): number => Number(digits || 0);
  const phase = groups['phase']?.toLowerCase();
  return {
    epoch: number(groups['epoch']),
    release: groups['release']!.split('.').map(Number),
    pre: phase
      ? [phase.startsWith('a') ? 0 : phase.startsWith('b') ? 1 : 2, number(groups['preNumber'])]
      : null,
    post:
      groups['implicitPost'] !== undefined
        ? number(groups['implicitPost'])
        : groups['post'] !== undefined
          ? number(groups['postNumber'])
          : null,
    dev: groups['dev'] !== undefined ? number(groups['devNumber']) : null,
  };
}

/** Negative, zero or positive, as for Array.sort. */
export function compareVersions(a: Version, b: Version): number {
  const [left, right] = [sortKey(a), sortKey(b)];
  const length = Math.max(a.release.length, b.release.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (a.release[i] ?? 0) - (b.release[i] ?? 0);
    if (a.epoch === b.epoch && difference !== 0) return difference;
  }
  for (let i = 0; i < left.length; i += 1) {
    if (left[i]! !== right[i]!) return left[i]! < right[i]! ? -1 : 1;
  }
  return 0;
}

/** What decides beside the release: a bare development release comes before pre-releases, no pre-release after them all. */
function sortKey({ epoch, pre, post, dev }: Version): number[] {
  const phase = pre ? pre[0] : post === null && dev !== null ? -Infinity : Infinity;
  return [epoch, phase, pre?.[1] ?? 0, post ?? -Infinity, dev ?? Infinity];
}
