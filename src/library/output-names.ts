// How files of a folder that pictures are saved to are called: A1111's save_image (modules/images.py), but for its writing.
import { nameByPattern, sanitizePart, type NamedPicture } from './file-name-pattern.ts';
import { DEFAULT_PATTERN } from './saved-as.ts';
import { PLAIN_DIRECTORY, type SavedTo } from './saved-to.ts';

/** One picture that is to be named. Its `basename` is before the number: "grid". */
export interface Naming {
  readonly named: NamedPicture;
  /** A1111: short_filename. The number alone. */
  readonly short?: boolean;
  /** Not made from a prompt: it goes into no dated folder. */
  readonly noPrompt?: boolean;
  readonly grid?: boolean;
  /** Behind the name: "-before-highres-fix". */
  readonly suffix?: string;
  /** The name itself, in place of one made by number and pattern. */
  readonly forced?: string;
}

/** Numbers that are tried where other programs write into the same folder. */
const MAX_TRIES = 500;

/** Folders in one another below the one for pictures of its kind; none where it is saved there itself. */
export async function directoriesOf({ named, grid, noPrompt }: Naming, to: SavedTo): Promise<string[]> {
  const wanted = grid ? to.gridSaveToDirs : to.saveToDirs && !noPrompt;
  if (!wanted) return [];
  const path = await nameByPattern(to.directoryPattern || PLAIN_DIRECTORY, named);
  // What is written between the fields may be anything; none of it leads out of the folder.
  return path
    .split(/[\\/]/)
    .map((part) => sanitizePart(part, false))
    .filter((part) => part !== '' && !/^\.+$/.test(part));
}

/** Without its ending. `names`: of all that lies in its folder. `pattern`: of images, empty for A1111's default. */
export async function stemIn(
  names: readonly string[],
  naming: Naming,
  pattern: string,
  to: SavedTo,
  extension: string,
): Promise<string> {
  if (naming.forced !== undefined) return safe(naming.forced) || '_';
  const { named, suffix = '' } = naming;
  const { basename } = named;
  const field = to.saveToDirs ? DEFAULT_PATTERN : '[seed]-[prompt_spaces]';
  const told = naming.short || named.seed === null ? '' : await nameByPattern(pattern || field, named);
  const decoration = safe(told) + suffix;
  const numbered = to.addNumber || decoration === '';
  if (!numbered) return decoration;
  const taken = new Set(names.map((name) => name.toLowerCase()));
  const first = nextSequenceNumber(names, basename);
  let stem = '';
  for (let i = 0; i < MAX_TRIES; i += 1) {
    const number =
      basename === ''
        ? String(first + i).padStart(5, '0')
        : `${basename}-${String(first + i).padStart(4, '0')}`;
    stem = number + (decoration === '' ? '' : `-${decoration}`);
    if (!taken.has(`${stem}.${extension}`.toLowerCase())) break;
  }
  return stem;
}

/** One more than the largest number that a name begins with, behind "basename-" where there is one. */
export function nextSequenceNumber(names: readonly string[], basename: string): number {
  const before = basename === '' ? '' : `${basename}-`;
  let largest = -1;
  for (const name of names) {
    if (!name.startsWith(before)) continue;
    const rest = name.slice(before.length);
    const dot = rest.lastIndexOf('.');
    const [first = ''] = (dot > 0 ? rest.slice(0, dot) : rest).split('-');
    // As Python reads a whole number.
    if (!/^\s*\+?\d+(?:_\d+)*\s*$/.test(first)) continue;
    const number = Number(first.replace(/[_\s+]/g, ''));
    if (Number.isSafeInteger(number)) largest = Math.max(largest, number);
  }
  return largest + 1;
}

/** A name, or "name-1" and so on where the person wants nothing replaced. */
export function freeName(names: readonly string[], stem: string, extension: string, to: SavedTo): string {
  const taken = new Set(names.map((name) => name.toLowerCase()));
  const plain = `${stem}.${extension}`;
  if (to.existing === 'Replace') return plain;
  let name = plain;
  for (let n = 1; taken.has(name.toLowerCase()); n += 1) name = `${stem}-${n}.${extension}`;
  return name;
}

/** One part of a path; file systems refuse the rest. */
function safe(name: string): string {
  return name.replace(/[\\/]/g, '_').replace(/[ .]+$/, '');
}
