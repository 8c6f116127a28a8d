// Everything that a key does, in one table: what the page listens for, what `?` lists, what the person may change.

/** Where a key counts. */
export type KeyContext = 'anywhere' | 'prompt' | 'gallery' | 'viewer';

export interface Command {
  readonly id: string;
  readonly context: KeyContext;
  readonly label: string;
  /** By default, in A1111's way where it has one. */
  readonly chord: string;
}

export const COMMANDS = [
  {
    id: 'generate',
    context: 'anywhere',
    label: 'Generate; while generating, start over',
    chord: 'Ctrl+Enter',
  },
  { id: 'queue', context: 'anywhere', label: 'Add to the queue', chord: 'Ctrl+Shift+Enter' },
  { id: 'interrupt', context: 'anywhere', label: 'Interrupt, keeping what is there', chord: 'Escape' },
  { id: 'skip', context: 'anywhere', label: 'Skip to the next batch', chord: 'Alt+Enter' },
  { id: 'find', context: 'anywhere', label: 'Find anything', chord: 'Ctrl+K' },
  { id: 'keys', context: 'anywhere', label: 'Show the keys', chord: '?' },
  {
    id: 'heavier',
    context: 'prompt',
    label: 'More weight for the word or the selection',
    chord: 'Ctrl+ArrowUp',
  },
  { id: 'lighter', context: 'prompt', label: 'Less weight', chord: 'Ctrl+ArrowDown' },
  {
    id: 'earlier',
    context: 'prompt',
    label: 'Move what stands between two commas forward',
    chord: 'Alt+ArrowLeft',
  },
  { id: 'later', context: 'prompt', label: 'Move it back', chord: 'Alt+ArrowRight' },
  { id: 'select-all', context: 'gallery', label: 'Select all pictures', chord: 'Ctrl+A' },
  { id: 'undo-delete', context: 'gallery', label: 'Bring back what was deleted', chord: 'Ctrl+Z' },
  { id: 'previous', context: 'viewer', label: 'Previous picture', chord: 'ArrowLeft' },
  { id: 'next', context: 'viewer', label: 'Next picture', chord: 'ArrowRight' },
  { id: 'save', context: 'viewer', label: 'Download the picture', chord: 'S' },
  { id: 'favourite', context: 'viewer', label: 'Mark as a favourite', chord: 'F' },
  { id: 'delete', context: 'viewer', label: 'Delete the picture', chord: 'Delete' },
  { id: 'zoom', context: 'viewer', label: 'Enlarge, or fit again', chord: 'Z' },
  { id: 'actual-size', context: 'viewer', label: 'Show pixels one to one', chord: '1' },
  { id: 'fit', context: 'viewer', label: 'Fit to the window', chord: '0' },
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
export function conflictOf(id: CommandId, chord: string, keys: KeyMap): Command | null {
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
