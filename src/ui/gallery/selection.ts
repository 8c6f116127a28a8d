// Which pictures are selected, as file managers have it: a click with Ctrl adds or takes one, with Shift everything from the
// one clicked before; a further click with Shift moves the end of that range.

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins. */
  readonly anchor: string | null;
  /** What was selected before the range from the anchor. */
  readonly base: ReadonlySet<string>;
}

export const NOTHING: Selection = { ids: new Set(), anchor: null, base: new Set() };

export function toggle(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id, base: ids };
}

/** `order`: the ids as they are shown. Without an anchor in it, the range is this one picture. */
export function extendTo(selection: Selection, order: readonly string[], id: string): Selection {
  const end = order.indexOf(id);
  if (end < 0) return selection;
  const anchored = selection.anchor === null ? -1 : order.indexOf(selection.anchor);
  const start = anchored < 0 ? end : anchored;
  const range = order.slice(Math.min(start, end), Math.max(start, end) + 1);
  return { ...selection, anchor: order[start] ?? id, ids: new Set([...selection.base, ...range]) };
}

export function selectAll(order: readonly string[]): Selection {
  const ids = new Set(order);
  return { ids, anchor: order[0] ?? null, base: ids };
}

/** Without what is not shown any more: nobody deletes what they do not see. */
export function prune(selection: Selection, order: readonly string[]): Selection {
  if (selection.ids.size === 0) return NOTHING;
  const shown = new Set(order);
  const keep = (ids: ReadonlySet<string>) => new Set([...ids].filter((id) => shown.has(id)));
  return { ids: keep(selection.ids), anchor: selection.anchor, base: keep(selection.base) };
}
