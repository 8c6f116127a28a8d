// What was measured on a card, as it is kept: the fastest kernel of each shape, and for each network our time and onnxruntime's.
// It is told apart by adapter, browser and kernels, and read back as anything may have written it.
import type { Tuned } from './tune.ts';

/** Raise it when kernels change so that another might be the fastest (or when ours may now beat onnxruntime's). */
export const KERNELS_VERSION = 2;

const FORMAT = 1;
const MOST_CARDS = 8;
const MOST_SHAPES = 1000;
const MOST_NETWORKS = 200;
const MOST_TEXT = 300;

/** Milliseconds of one run; null where that side does not compute the network. */
export interface NetworkTimes {
  readonly own: number | null;
  readonly onnxruntime: number | null;
  /** Whether both came to the same numbers, but for rounding. */
  readonly agree: boolean;
}

/** What was measured on one card. */
export interface CardRecord {
  /** See `cardKey`. */
  readonly card: string;
  /** Milliseconds since 1970. */
  readonly when: number;
  /** By Shape.key. */
  readonly shapes: ReadonlyMap<string, Tuned>;
  /** By the network's name. */
  readonly networks: ReadonlyMap<string, NetworkTimes>;
}

/** One that was measured elsewhere, or by another version, is another. */
export function cardKey(adapter: string, browser: string): string {
  return [`kernels ${KERNELS_VERSION}`, adapter, browser].join(' | ').slice(0, MOST_TEXT);
}

/** As it is stored: plain objects. */
export function storedCards(cards: readonly CardRecord[]): unknown {
  const kept = cards.toSorted((a, b) => b.when - a.when).slice(0, MOST_CARDS);
  return {
    format: FORMAT,
    cards: kept.map(({ card, when, shapes, networks }) => ({
      card,
      when,
      shapes: [...shapes].slice(0, MOST_SHAPES),
      networks: [...networks].slice(0, MOST_NETWORKS),
    })),
  };
}

/** `stored` with this card's record in the place of an earlier one. */
export function withCard(stored: unknown, record: CardRecord): unknown {
  return storedCards([...readCards(stored).filter(({ card }) => card !== record.card), record]);
}

/** `stored` without this card's record. */
export function withoutCard(stored: unknown, card: string): unknown {
  return storedCards(readCards(stored).filter((one) => one.card !== card));
}

export function findCard(stored: unknown, card: string): CardRecord | null {
  return readCards(stored).find((one) => one.card === card) ?? null;
}

/** What is not as it should be is left out. */
export function readCards(stored: unknown): CardRecord[] {
  const { format, cards } = fieldsOf(stored);
  if (format !== FORMAT || !Array.isArray(cards)) return [];
  return (cards as unknown[]).slice(0, MOST_CARDS).flatMap((value) => {
    const { card, when, shapes, networks } = fieldsOf(value);
    if (!isText(card) || !isTime(when)) return [];
    return [
      {
        card,
        when,
        shapes: new Map(pairsOf(shapes, MOST_SHAPES, readTuned)),
        networks: new Map(pairsOf(networks, MOST_NETWORKS, readTimes)),
      },
    ];
  });
}

function readTuned(value: unknown): Tuned | null {
  const { kernel, ms, defaultMs } = fieldsOf(value);
  return isText(kernel) && isTime(ms) && isTime(defaultMs) ? { kernel, ms, defaultMs } : null;
}

function readTimes(value: unknown): NetworkTimes | null {
  const { own, onnxruntime, agree } = fieldsOf(value);
  const isTimeOrNull = (time: unknown): time is number | null => time === null || isTime(time);
  return isTimeOrNull(own) && isTimeOrNull(onnxruntime) && typeof agree === 'boolean'
    ? { own, onnxruntime, agree }
    : null;
}

function pairsOf<T>(value: unknown, most: number, read: (value: unknown) => T | null): [string, T][] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).slice(0, most).flatMap((pair): [string, T][] => {
    if (!Array.isArray(pair)) return [];
    const [key, stored] = pair as unknown[];
    const found = read(stored);
    return isText(key) && found !== null ? [[key, found]] : [];
  });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MOST_TEXT;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 8.64e15;
}
