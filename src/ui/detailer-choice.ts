// The detailer as the controls have it: what is set stays while it is off.
import {
  DEFAULT_DETAILER,
  DEFAULT_DETAILER_TAB,
  FACES,
  type Detailer,
  type DetailerTab,
} from '../generation/request/detailer.ts';
import { record } from './passes-choice.ts';

/** ADetailer's "Max tabs" goes as far. */
export const MOST_TABS = 15;
/** What ADetailer calls choosing no detector. */
export const NO_DETECTOR = 'None';

export interface DetailerTabChoice extends DetailerTab {
  /** "Enable this tab". */
  readonly enabled: boolean;
}

export interface DetailerChoice extends Omit<Detailer, 'tabs'> {
  readonly on: boolean;
  /** At least one. */
  readonly tabs: readonly DetailerTabChoice[];
}

export const NEW_TAB: DetailerTabChoice = { ...DEFAULT_DETAILER_TAB, model: NO_DETECTOR, enabled: true };

/** As ADetailer's first one begins: with faces. */
export const FIRST_TAB: DetailerTabChoice = { ...NEW_TAB, model: FACES };

/** Null where it is off, or has nothing to do. */
export function detailerOf({ on, tabs, ...options }: DetailerChoice): Detailer | null {
  const active = tabs.flatMap(({ enabled, ...tab }) => (enabled && tab.model !== NO_DETECTOR ? [tab] : []));
  return on && active.length > 0 ? { ...options, tabs: active } : null;
}

/** Kinds of values that are null by default; all others are numbers. */
const KINDS: Readonly<Record<string, string>> = {
  size: 'object',
  sampler: 'string',
  scheduler: 'string',
  checkpoint: 'object',
};

/**
 * Out of anything: each field is taken that is of its kind, or else is ADetailer's default. Whether a request can be made of it is
 * checked before it runs.
 */
export function parseDetailer(stored: unknown): DetailerChoice {
  const from = record(stored);
  const list = Array.isArray(from['tabs']) ? from['tabs'].slice(0, MOST_TABS) : [];
  const tabs = list.map((tab) => taken(record(tab), NEW_TAB));
  return taken({ ...from, tabs }, { ...DEFAULT_DETAILER, on: false, tabs: [FIRST_TAB] });
}

function taken<T extends object>(from: Readonly<Record<string, unknown>>, standard: T): T {
  const read = Object.entries(standard).map(([key, usual]) => {
    const value = from[key];
    const kind = usual === null ? (KINDS[key] ?? 'number') : typeof usual;
    const fits = typeof value === kind && value !== null && (!Array.isArray(value) || value.length > 0);
    return [key, fits ? value : usual] as const;
  });
  return Object.fromEntries(read) as T;
}
