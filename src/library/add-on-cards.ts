// What the library keeps of add-ons beside their files: the picture, the words and the folder that their cards show. Cards are
// hints: what cannot be read is made anew, and a model without one is used all the same.
import { isWeight, MAX_FACT, MAX_TRIGGERS, MAX_WEIGHT, NO_FACTS, type AddOnFacts } from '../add-ons/facts.ts';
import { fieldsOf } from './record-checks.ts';
import { cardStore } from './stores.ts';
import type { StoreKey } from './store.ts';

export interface AddOnCard extends AddOnFacts {
  /** Small; null for none. */
  readonly preview: Blob | null;
  /** As "styles/ink", of the folder that it was dropped with; the person may change it. Empty for none. */
  readonly folder: string;
  readonly favourite: boolean;
}

export const NO_CARD: AddOnCard = { ...NO_FACTS, preview: null, folder: '', favourite: false };

/** UTF-16 units, and the largest weight, of what a person may write. */
export const CARD_LIMITS = { text: MAX_FACT, folder: 300, weight: MAX_WEIGHT } as const;

/** A stored card, field by field: what makes no sense says nothing. */
export function parseCard(value: unknown): AddOnCard {
  const from = fieldsOf(value);
  const text = (key: string, most = MAX_FACT): string => {
    const told = from[key];
    return typeof told === 'string' ? told.slice(0, most) : '';
  };
  const { preview, triggers, weight } = from;
  const words: readonly unknown[] = Array.isArray(triggers) ? triggers : [];
  return {
    description: text('description'),
    activation: text('activation'),
    negative: text('negative'),
    notes: text('notes'),
    weight: isWeight(weight) ? weight : null,
    triggers: words.filter((word) => typeof word === 'string').slice(0, MAX_TRIGGERS),
    preview: preview instanceof Blob ? preview : null,
    folder: tidyFolder(text('folder')),
    favourite: from['favourite'] === true,
  };
}

/** "styles/ink": without empty parts and those that lead elsewhere. */
export function tidyFolder(folder: string): string {
  const parts = folder.slice(0, CARD_LIMITS.folder).split(/[/\\]/);
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}

/** By the SHA-256 of their models. */
export async function listCards(): Promise<ReadonlyMap<string, AddOnCard>> {
  const entries = await cardStore.entries();
  return new Map(
    entries.flatMap(([key, value]) => (typeof key === 'string' ? [[key, parseCard(value)] as const] : [])),
  );
}

/** Resolves with the card as it is then. */
export async function changeCard(sha256: string, change: (card: AddOnCard) => AddOnCard): Promise<AddOnCard> {
  const changed = await cardStore.change(sha256, (value) => change(parseCard(value)));
  return changed ?? NO_CARD;
}

export async function deleteCards(keys: readonly StoreKey[]): Promise<void> {
  await cardStore.delete(keys);
}
