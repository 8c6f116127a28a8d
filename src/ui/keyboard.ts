// A1111's keys that work anywhere on the page.
export type Shortcut = 'generate' | 'queue' | 'interrupt' | 'skip';

export type Keys = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing'>;

/** Ctrl+Enter (Cmd+Enter) generates, with Shift when the queue is done; Alt+Enter skips, Esc interrupts. */
export function shortcutOf(event: Keys): Shortcut | null {
  // Enter and Esc belong to the input method while it composes.
  if (event.isComposing) return null;
  const control = event.ctrlKey || event.metaKey;
  if (event.shiftKey) return event.key === 'Enter' && control && !event.altKey ? 'queue' : null;
  if (event.key === 'Enter' && control && !event.altKey) return 'generate';
  if (event.key === 'Enter' && event.altKey && !control) return 'skip';
  if (event.key === 'Escape' && !control && !event.altKey) return 'interrupt';
  return null;
}
