// Makes the card of an add-on: from its metadata, and from the picture and texts that lay beside its file. For a worker.
import {
  factsOfCivitai,
  factsOfMetadata,
  factsOfUserMetadata,
  MAX_FACT,
  MAX_FACTS_FILE,
  thumbnailOf,
  type AddOnFacts,
} from '../add-ons/facts.ts';
import { openModelFile } from '../add-ons/open.ts';
import { changeCard, type AddOnCard } from './add-on-cards.ts';
import { keptFile } from './kept-file.ts';
import { getModel } from './models.ts';
import { shrinkPicture } from './thumbnails.ts';

/** Bytes of a picture that is unpacked. */
const MAX_PICTURE = 64 * 2 ** 20;

/** What a person is told of a file beside an add-on that says nothing. */
export interface Described {
  readonly card: AddOnCard;
  /** Names of files that could not be read. */
  readonly unread: readonly string[];
}

/**
 * What files say goes before what is there, and that before the metadata. `folder`: where the add-on lay; null where that is not
 * known. Rejects only where nothing can be stored.
 */
export async function describeAddOn(
  sha256: string,
  beside: readonly File[],
  folder: string | null,
): Promise<Described> {
  const unread: string[] = [];
  const facts: Partial<AddOnFacts>[] = [];
  let preview: Blob | null = null;
  for (const file of [...beside].sort((a, b) => rankOf(a.name) - rankOf(b.name))) {
    const told = await readBeside(file).catch(() => null);
    if (told === null) unread.push(file.name);
    else if (told instanceof Blob) preview ??= told;
    else facts.push(told);
  }
  const own = await readMetadata(sha256);
  const card = await changeCard(sha256, (before) => ({
    ...before,
    ...missingIn(before, own.facts),
    ...Object.assign({}, ...facts.toReversed()),
    preview: preview ?? before.preview ?? own.preview,
    folder: folder ?? before.folder,
  }));
  return { card, unread };
}

/** A picture of the person's for a card. Rejects with DOMException for what is none. */
export async function setPreview(sha256: string, picture: Blob): Promise<AddOnCard> {
  if (picture.size > MAX_PICTURE) throw new Error('The picture is too large. Choose one below 64 MB.');
  const preview = await shrinkPicture(picture);
  return changeCard(sha256, (card) => ({ ...card, preview }));
}

/** What A1111 looks at first comes first. */
function rankOf(name: string): number {
  if (/\.preview\.\w+$/i.test(name)) return 0;
  return /\.json$/i.test(name) ? 1 : /\.info$/i.test(name) ? 2 : 3;
}

/** A small picture, or what a text tells; null for what cannot be read. */
async function readBeside(file: File): Promise<Blob | Partial<AddOnFacts> | null> {
  if (!/\.(?:json|info|txt)$/i.test(file.name)) {
    return file.size > MAX_PICTURE ? null : shrinkPicture(file);
  }
  if (file.size > MAX_FACTS_FILE) return null;
  const text = await file.text();
  if (/\.json$/i.test(file.name)) return factsOfUserMetadata(text) ?? factsOfCivitai(text);
  if (/\.info$/i.test(file.name)) return factsOfCivitai(text);
  const notes = text.trim().slice(0, MAX_FACT);
  return notes === '' ? {} : { notes };
}

async function readMetadata(
  sha256: string,
): Promise<{ readonly facts: Partial<AddOnFacts>; readonly preview: Blob | null }> {
  try {
    const model = await getModel(sha256);
    if (!model) return { facts: {}, preview: null };
    const { metadata } = await openModelFile(await keptFile(model));
    const thumbnail = thumbnailOf(metadata);
    return {
      facts: factsOfMetadata(metadata),
      preview: thumbnail && (await shrinkPicture(thumbnail).catch(() => null)),
    };
  } catch {
    // Its file says what is wrong with it when it is used.
    return { facts: {}, preview: null };
  }
}

/** Of what is told, what the card does not have. */
function missingIn(card: AddOnCard, told: Partial<AddOnFacts>): Partial<AddOnFacts> {
  const has = (key: string): boolean => {
    const value = card[key as keyof AddOnFacts];
    return typeof value === 'number' || (value !== null && value.length > 0);
  };
  return Object.fromEntries(Object.entries(told).filter(([key]) => !has(key)));
}
