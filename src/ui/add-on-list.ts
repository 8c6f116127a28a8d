// The list of add-ons that is looked through: what each is found by is put together once, not for every letter typed.
import { NO_CARD, type AddOnCard } from '../library/add-on-cards.ts';
import { partOf } from '../library/embedding-choice.ts';
import type { StoredModel } from '../library/types.ts';

export type AddOnKind = 'lora' | 'embedding' | 'hypernetwork';
export type AddOnOrder = 'name' | 'newest' | 'folder';

export interface AddOnEntry {
  readonly model: StoredModel;
  readonly card: AddOnCard;
  /** What it is found by, in small letters. */
  readonly found: string;
}

export interface AddOnQuery {
  readonly kind: AddOnKind;
  /** Words that all have to be there. */
  readonly text: string;
  /** Null for all; a folder has those below it, too. */
  readonly folder: string | null;
  readonly favouritesOnly: boolean;
  /** Leaves out what was made for other models than this one; null: nothing. */
  readonly fitting: StoredModel | null;
  readonly order: AddOnOrder;
}

type Cards = ReadonlyMap<string, AddOnCard>;

export const NO_CARDS: Cards = new Map();

export function withCard(cards: Cards, sha256: string, card: AddOnCard): Cards {
  return new Map(cards).set(sha256, card);
}

/** Cards whose models are gone, by their SHA-256. */
export function withoutModel(
  cards: Cards,
  models: readonly Pick<StoredModel, 'sha256'>[],
): readonly string[] {
  const known = new Set(models.map(({ sha256 }) => sha256));
  return [...cards.keys()].filter((sha256) => !known.has(sha256));
}

/** `foundBy` tells what an add-on is found by; it is asked once for each. */
export function entriesOf(
  models: readonly StoredModel[],
  cards: Cards,
  foundBy: typeof foldedFacts = foldedFacts,
): readonly AddOnEntry[] {
  return models.map((model) => {
    const card = cards.get(model.sha256) ?? NO_CARD;
    return { model, card, found: foundBy(model, card) };
  });
}

/** Characters of a long text by which an add-on is found. */
const FOUND = 1000;

function foldedFacts({ name, fileName, detection }: StoredModel, card: AddOnCard): string {
  const { folder, activation, triggers, description, notes } = card;
  const told = [name, fileName, detection.label, detection.lora?.alias ?? '', folder, activation];
  return [...told, ...triggers, description.slice(0, FOUND), notes.slice(0, FOUND)].join('\n').toLowerCase();
}

export function searchAddOns(
  entries: readonly AddOnEntry[],
  { kind, text, folder, favouritesOnly, fitting, order }: AddOnQuery,
): readonly AddOnEntry[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const matching = entries.filter(
    ({ model, card, found }) =>
      model.detection.kind === kind &&
      (!favouritesOnly || card.favourite) &&
      (folder === null || isWithin(card.folder, folder)) &&
      (fitting === null || fits(model, fitting) !== false) &&
      words.every((word) => found.includes(word)),
  );
  return matching.sort(ORDERS[order]);
}

const BY_NAME = new Intl.Collator('en', { numeric: true });
const byName = (a: AddOnEntry, b: AddOnEntry): number => BY_NAME.compare(a.model.name, b.model.name);
const ORDERS: Readonly<Record<AddOnOrder, (a: AddOnEntry, b: AddOnEntry) => number>> = {
  name: byName,
  newest: (a, b) => b.model.importedAt - a.model.importedAt || byName(a, b),
  folder: (a, b) => BY_NAME.compare(a.card.folder, b.card.folder) || byName(a, b),
};

function isWithin(folder: string, wanted: string): boolean {
  return folder === wanted || folder.startsWith(`${wanted}/`);
}

/** Folders of a kind, those above them too; sorted. */
export function foldersOf(entries: readonly AddOnEntry[], kind: AddOnKind): readonly string[] {
  const folders = new Set<string>();
  for (const { model, card } of entries) {
    if (model.detection.kind !== kind || card.folder === '') continue;
    const parts = card.folder.split('/');
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'));
  }
  return [...folders].sort(BY_NAME.compare);
}

/** The family of models that an add-on is for; null where nothing tells. */
export function familyTold({ detection }: StoredModel): string | null {
  const { lora, embedding, hypernetwork } = detection;
  if (lora) return lora.family && { sd1: 'SD 1', sd2: 'SD 2', sdxl: 'SDXL' }[lora.family];
  const widths = [...(embedding?.widths ?? []), ...(hypernetwork?.widths ?? [])];
  if (embedding && widths.length === 2) return 'SDXL';
  if (embedding) return widths[0] === 768 ? 'SD 1' : widths[0] === 1024 ? 'SD 2' : null;
  if (widths.includes(768)) return 'SD 1';
  if (widths.includes(1024)) return 'SD 2';
  return widths.includes(2048) ? 'SDXL' : null;
}

/** Whether an add-on is for a checkpoint; null where that cannot be told. */
export function fits(model: StoredModel, checkpoint: StoredModel): boolean | null {
  const { lora, embedding, hypernetwork } = model.detection;
  const { kind, networks } = checkpoint.detection;
  if (lora) return lora.family && kind.startsWith(lora.family);
  if (!networks) return null;
  if (embedding) return partOf(embedding.widths, networks.textEncoders, 0) !== null;
  return hypernetwork ? hypernetwork.widths.includes(networks.unet.contextDim) : null;
}
