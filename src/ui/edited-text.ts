// A text field's contents with its selection, and how an edit of it is carried out so that Ctrl+Z takes it back.

export interface EditedText {
  readonly text: string;
  /** The selection, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** The smallest replacement that turns `before` into `after`: `text` in place of [start, end). */
export function replacement(before: string, after: string): { start: number; end: number; text: string } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let same = 0;
  while (same < shorter - start && before.at(-1 - same) === after.at(-1 - same)) same++;
  return { start, end: before.length - same, text: after.slice(start, after.length - same) };
}

/** Makes the field hold `edited`, as if it had been typed. */
export function applyEdit(field: HTMLTextAreaElement, edited: EditedText): void {
  const { start, end, text } = replacement(field.value, edited.text);
  if (start !== end || text !== '') {
    field.setSelectionRange(start, end);
    // Deprecated, and the only way into the browser's undo history. It fires `input` itself.
    const done =
      text === '' ? document.execCommand('delete') : document.execCommand('insertText', false, text);
    if (!done) {
      field.setRangeText(text, start, end);
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
  }
  field.setSelectionRange(edited.start, edited.end);
}
