// Everything that a key does, in one table: what the page listens for, what `?` lists, what the person may change. Their names
// are in strings/en/dialogs.ts.

/** Where a key counts. */
export type KeyContext = 'anywhere' | 'prompt' | 'gallery' | 'viewer' | 'canvas';

export interface Command {
  readonly id: string;
  readonly context: KeyContext;
  /** By default, in A1111's way where it has one. */
  readonly chord: string;
}

export const COMMANDS = [
  {
    id: 'generate',
    context: 'anywhere',
    chord: 'Ctrl+Enter',
  },
  { id: 'queue', context: 'anywhere', chord: 'Ctrl+Shift+Enter' },
  { id: 'interrupt', context: 'anywhere', chord: 'Escape' },
  { id: 'skip', context: 'anywhere', chord: 'Alt+Enter' },
  { id: 'find', context: 'anywhere', chord: 'Ctrl+K' },
  { id: 'keys', context: 'anywhere', chord: '?' },
  {
    id: 'heavier',
    context: 'prompt',
    chord: 'Ctrl+ArrowUp',
  },
  { id: 'lighter', context: 'prompt', chord: 'Ctrl+ArrowDown' },
  {
    id: 'earlier',
    context: 'prompt',
    chord: 'Alt+ArrowLeft',
  },
  { id: 'later', context: 'prompt', chord: 'Alt+ArrowRight' },
  { id: 'select-all', context: 'gallery', chord: 'Ctrl+A' },
  { id: 'undo-delete', context: 'gallery', chord: 'Ctrl+Z' },
  { id: 'previous', context: 'viewer', chord: 'ArrowLeft' },
  { id: 'next', context: 'viewer', chord: 'ArrowRight' },
  { id: 'save', context: 'viewer', chord: 'S' },
  { id: 'favourite', context: 'viewer', chord: 'F' },
  { id: 'delete', context: 'viewer', chord: 'Delete' },
  { id: 'zoom', context: 'viewer', chord: 'Z' },
  { id: 'actual-size', context: 'viewer', chord: '1' },
  { id: 'fit', context: 'viewer', chord: '0' },
  { id: 'canvas-brush', context: 'canvas', chord: 'B' },
  { id: 'canvas-eraser', context: 'canvas', chord: 'E' },
  { id: 'canvas-pick', context: 'canvas', chord: 'I' },
  { id: 'canvas-smaller', context: 'canvas', chord: '[' },
  { id: 'canvas-larger', context: 'canvas', chord: ']' },
  { id: 'canvas-undo', context: 'canvas', chord: 'Ctrl+Z' },
  { id: 'canvas-redo', context: 'canvas', chord: 'Ctrl+Shift+Z' },
  { id: 'canvas-invert', context: 'canvas', chord: 'X' },
  { id: 'canvas-clear', context: 'canvas', chord: 'Delete' },
  { id: 'canvas-nearer', context: 'canvas', chord: '+' },
  { id: 'canvas-farther', context: 'canvas', chord: '-' },
  { id: 'canvas-actual-size', context: 'canvas', chord: '1' },
  { id: 'canvas-fit', context: 'canvas', chord: '0' },
  { id: 'canvas-window', context: 'canvas', chord: 'F' },
] as const satisfies readonly Command[];

export type CommandId = (typeof COMMANDS)[number]['id'];

/** Chords that the person chose, by command. */
export type KeyMap = Readonly<Partial<Record<CommandId, string>>>;

export type Keys = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing'>;

const MODIFIERS: ReadonlySet<string> = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph']);
/** Of a key's name in a stored chord. */
const MAX_CHORD = 40;

/**
 * What is pressed, as "Ctrl+Shift+Enter"; null for a modifier alone, and while an input method composes, to which Enter
 * and Esc belong. Cmd counts as Ctrl. Shift is not said where it only makes the character ("?").
 */
export function chordOf(event: Keys): string | null {
  if (event.isComposing || MODIFIERS.has(event.key) || event.key === '') return null;
  const letter = event.key.length === 1;
  const key = letter ? event.key.toUpperCase() : event.key;
  const isWord = !letter || key !== key.toLowerCase();
  return [
    ...(event.ctrlKey || event.metaKey ? ['Ctrl'] : []),
    ...(event.altKey ? ['Alt'] : []),
    ...(event.shiftKey && isWord ? ['Shift'] : []),
    key,
  ].join('+');
}

/** The chord of a command, as the person has it. */
export function chordFor(id: CommandId, keys: KeyMap): string {
  return keys[id] ?? COMMANDS.find((command) => command.id === id)!.chord;
}

/** What a key press means there; null for nothing. */
export function commandOf(event: Keys, context: KeyContext, keys: KeyMap): CommandId | null {
  const chord = chordOf(event);
  if (chord === null) return null;
  return COMMANDS.find((one) => one.context === context && chordFor(one.id, keys) === chord)?.id ?? null;
}

/** Another command with the same chord in a place where both would count; null where there is none. */
export function conflictOf(id: CommandId, chord: string, keys: KeyMap): (typeof COMMANDS)[number] | null {
  const { context } = COMMANDS.find((command) => command.id === id)!;
  const meets = (other: KeyContext) => other === context || other === 'anywhere' || context === 'anywhere';
  return (
    COMMANDS.find((one) => one.id !== id && meets(one.context) && chordFor(one.id, keys) === chord) ?? null
  );
}

/** As shown: "Ctrl + ↑". */
export function spell(chord: string): string {
  const names: Readonly<Record<string, string>> = {
    ArrowUp: '↑',
    ArrowDown: '↓',
    ArrowLeft: '←',
    ArrowRight: '→',
    Escape: 'Esc',
    ' ': 'Space',
  };
  // The key itself may be a plus.
  const parts = chord.endsWith('++') ? [...chord.slice(0, -2).split('+'), '+'] : chord.split('+');
  return parts.map((part) => names[part] ?? part).join(' + ');
}

/** A stored map, whatever it is. */
export function parseKeyMap(stored: unknown): KeyMap {
  if (typeof stored !== 'object' || stored === null) return {};
  const from = stored as Readonly<Record<string, unknown>>;
  const entries = COMMANDS.flatMap(({ id, chord }): [CommandId, string][] => {
    const chosen = Object.hasOwn(from, id) ? from[id] : undefined;
    const valid = typeof chosen === 'string' && chosen !== '' && chosen.length <= MAX_CHORD;
    return valid && chosen !== chord ? [[id, chosen]] : [];
  });
  return Object.fromEntries(entries);
}
