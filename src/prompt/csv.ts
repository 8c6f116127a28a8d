// Reads and writes comma-separated values as Python's csv module does (dialect "excel"), spaces after commas skipped.
// Files with loose quotes come out as they do there: a quote inside of an unquoted field is text, text after a closing quote joins.

/** Longest field, as in Python. */
export const MAX_FIELD = 131_072;

/** Thrown for a file that is not CSV within these bounds. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
}

const UNQUOTED_END = /[,\r\n]/g;
const LINE_BREAKS = /[\r\n]*/y;

class CsvReader {
  private at = 0;

  constructor(private readonly text: string) {}

  get isDone(): boolean {
    return this.at >= this.text.length;
  }

  /** Fields of the next line; none for an empty line. */
  row(): string[] {
    if (this.skipLineBreak()) return [];
    const fields: string[] = [];
    for (;;) {
      fields.push(this.field());
      if (this.text[this.at] !== ',') break;
      this.at++;
    }
    this.skipLineBreak();
    return fields;
  }

  skipEmptyLines(): void {
    LINE_BREAKS.lastIndex = this.at;
    LINE_BREAKS.test(this.text);
    this.at = LINE_BREAKS.lastIndex;
  }

  private skipLineBreak(): boolean {
    const first = this.text[this.at];
    if (first !== '\r' && first !== '\n') return false;
    this.at += first === '\r' && this.text[this.at + 1] === '\n' ? 2 : 1;
    return true;
  }

  private field(): string {
    while (this.text[this.at] === ' ') this.at++;
    const parts: string[] = [];
    if (this.text[this.at] === '"') parts.push(this.quoted());
    UNQUOTED_END.lastIndex = this.at;
    const end = UNQUOTED_END.exec(this.text)?.index ?? this.text.length;
    parts.push(this.text.slice(this.at, end));
    this.at = end;
    const field = parts.join('');
    if (field.length > MAX_FIELD)
      throw new CsvError(`A field is longer than ${MAX_FIELD} characters. Is a quote missing?`);
    return field;
  }

  /** From an opening quote past the closing one, or to the end of the file where there is none. */
  private quoted(): string {
    const parts: string[] = [];
    for (let start = this.at + 1; ; start = this.at + 1) {
      const quote = this.text.indexOf('"', start);
      parts.push(this.text.slice(start, quote < 0 ? this.text.length : quote));
      this.at = quote < 0 ? this.text.length : quote + 1;
      if (this.text[this.at] !== '"') return parts.join('');
      parts.push('"');
    }
  }
}

/**
 * Rows of fields. An empty first line is a row without fields, as the header that Python's DictReader takes it for; later ones
 * are passed over. Throws CsvError for a field without end.
 */
export function parseCsv(text: string): string[][] {
  const reader = new CsvReader(text);
  const rows: string[][] = [];
  while (!reader.isDone) {
    rows.push(reader.row());
    reader.skipEmptyLines();
  }
  return rows;
}

/** Rows as text: CRLF after each, quotes where a field needs them. */
export function formatCsv(rows: readonly (readonly string[])[]): string {
  const quote = (field: string): string =>
    /[,"\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  return rows.map((row) => `${row.map(quote).join(',')}\r\n`).join('');
}
