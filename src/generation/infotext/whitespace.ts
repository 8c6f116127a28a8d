// What Python calls white space: the parameters text is stripped by `str.strip()`, which differs from JavaScript's `trim()`.

/** Characters for which Python's `str.isspace()` is true, as the inside of a character class. U+FEFF is not among them. */
export const PYTHON_SPACE =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const ONE_SPACE = new RegExp(`[${PYTHON_SPACE}]`);

/** Python's `str.strip()`. */
export function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ONE_SPACE.test(text[start]!)) start += 1;
  while (end > start && ONE_SPACE.test(text[end - 1]!)) end -= 1;
  return text.slice(start, end);
}
