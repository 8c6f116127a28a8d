// Alt+Left and Alt+Right in a prompt: the comma-separated items at the cursor or selection change places with their neighbour.
// The behaviour of A1111 1.10.1 (javascript/edit-order.js).
import type { EditedText } from './edited-text.ts';

/** The text with the items moved and selected; null where they stand at the edge already. */
export function editOrder({ text, start, end }: EditedText, direction: 'left' | 'right'): EditedText | null {
  const items = text.split(',');
  const first = commas(text.slice(0, start));
  const last = commas(text.slice(0, end));
  const to = direction === 'left' ? first - 1 : first + 1;
  if (to < 0 || to + last - first >= items.length) return null;
  const moved = items.splice(first, last - first + 1);
  items.splice(to, 0, ...moved);
  const before = items.slice(0, to).join(',');
  const selectionStart = to === 0 ? 0 : before.length + 1;
  return {
    text: items.join(','),
    start: selectionStart,
    end: selectionStart + moved.join(',').length,
  };
}

function commas(text: string): number {
  return text.split(',').length - 1;
}
