// A list of tags as the extension a1111-sd-webui-tagcomplete reads it (name, category, count, "aliases"), and what of it completes a
// word: in the order of the file, which is by use. Found by the first two letters of every word of names and aliases, so that a
// list of 200,000 is not gone through for every letter typed.

export interface Tag {
  readonly name: string;
  /** Of Danbooru: 0 general, 1 artist, 3 copyright, 4 character, 5 meta; whatever the file says. */
  readonly category: string;
  /** How often it is used; empty where the file does not say. */
  readonly count: string;
  /** The alias that the word begins, where it does not begin anything of the name. */
  readonly alias: string | null;
}

/** Lines that are taken of a file, and UTF-16 units of it. */
export const MAX_TAGS = 200_000;
export const MAX_TAGS_LENGTH = 32 * 2 ** 20;
/** Letters from which on words are completed. */
export const MIN_LETTERS = 2;

/** Fields of a line: quotes may begin and end anywhere, and never go beyond the line. */
export function parseTagLine(line: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === '"' && quoted && line[i + 1] === '"') {
      field += char;
      i++;
    } else if (char === '"') quoted = !quoted;
    else if (char === ',' && !quoted) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  return [...fields, field];
}

/** Whether a text begins as such a list does, and not as styles.csv: a name, a small number, a number. */
export function isTagList(text: string): boolean {
  const lines = text.split(/\r?\n/, 20).filter((line) => line !== '');
  const fits = lines.filter((line) => {
    const [name = '', category = '', count = ''] = parseTagLine(line);
    return name !== '' && /^\d{1,3}$/.test(category) && /^\d*$/.test(count);
  });
  return fits.length > 0 && fits.length >= lines.length - 1;
}

export class TagIndex {
  readonly #names: string[] = [];
  readonly #categories: string[] = [];
  readonly #counts: string[] = [];
  readonly #aliases: string[] = [];
  /** Places in the list by the first two letters of a word, ascending. */
  readonly #byStart = new Map<string, number[]>();
  /** Tags that have been looked at since the list was made. */
  looked = 0;

  constructor(text: string) {
    for (const line of lines(text)) {
      if (this.size >= MAX_TAGS) break;
      const [name = '', category = '', count = '', aliases = ''] = parseTagLine(line);
      if (name.trim() === '') continue;
      const place = this.#names.push(name) - 1;
      this.#categories.push(category);
      this.#counts.push(count);
      this.#aliases.push(aliases);
      for (const start of startsIn(`${name},${aliases}`.toLowerCase())) {
        const places = this.#byStart.get(start);
        if (!places) this.#byStart.set(start, [place]);
        else if (places.at(-1) !== place) places.push(place);
      }
    }
  }

  get size(): number {
    return this.#names.length;
  }

  /** Those of which a word begins so; `most` of them. A word begins at the start, and after anything but a letter. */
  find(word: string, most: number): readonly Tag[] {
    const wanted = word.toLowerCase();
    const found: Tag[] = [];
    for (const place of this.#byStart.get(wanted.slice(0, MIN_LETTERS)) ?? []) {
      if (found.length >= most) break;
      this.looked += 1;
      const name = this.#names[place]!;
      const alias = beginsWord(name, wanted)
        ? null
        : this.#aliases[place]!.split(',').find((one) => beginsWord(one, wanted));
      if (alias === undefined) continue;
      found.push({ name, category: this.#categories[place]!, count: this.#counts[place]!, alias });
    }
    return found;
  }
}

/** Whether a word of `text` begins with `word`, in small letters. */
export function beginsWord(text: string, word: string): boolean {
  const small = text.toLowerCase();
  for (let at = small.indexOf(word); at >= 0; at = small.indexOf(word, at + 1)) {
    if (at === 0 || !isLetter(small.charCodeAt(at - 1))) return true;
  }
  return false;
}

function isLetter(code: number): boolean {
  return code >= 97 && code <= 122;
}

/** The first two characters of every word. */
function startsIn(text: string): string[] {
  const starts: string[] = [];
  for (let at = 0; at <= text.length - MIN_LETTERS; at++) {
    if (at === 0 || !isLetter(text.charCodeAt(at - 1))) starts.push(text.slice(at, at + MIN_LETTERS));
  }
  return starts;
}

function* lines(text: string): Generator<string> {
  for (let start = text.startsWith('\uFEFF') ? 1 : 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end);
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
    start = end < 0 ? text.length : end + 1;
  }
}
