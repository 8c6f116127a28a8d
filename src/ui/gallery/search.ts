// Finding pictures: words of a search field, and the filters beside it.
//
//   lighthouse "at dusk"    both are in the prompt, or in the name of the model or the sampler, or are the seed
//   -fog                    and this is not
//   negative:blurry         prompt:, negative:, model:, sampler: and seed: look in one place
import { isDamaged, type ImageRecord, type ListedImage } from '../../library/image-record.ts';
import { factsOf, fold } from './image-facts.ts';

const PLACES = ['prompt', 'negative', 'model', 'sampler', 'seed'] as const;
type Place = (typeof PLACES)[number];

export interface SearchTerm {
  /** Null: anywhere but in the negative prompt, which says what a picture does not show. */
  readonly place: Place | null;
  /** Folded. */
  readonly text: string;
  readonly excluded: boolean;
}

export interface GalleryQuery {
  readonly text: string;
  /** As `ImageFacts` have them; empty: all. */
  readonly model: string;
  readonly sampler: string;
  readonly favouritesOnly: boolean;
  readonly order: 'newest' | 'oldest';
}

export const EVERYTHING: GalleryQuery = {
  text: '',
  model: '',
  sampler: '',
  favouritesOnly: false,
  order: 'newest',
};

/** Characters and words of a search that are looked at. */
const MAX_LENGTH = 1000;
const TERM = /(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/giu;

/** Any text is a search; an unknown `place:` is part of the word. */
export function parseSearch(text: string): SearchTerm[] {
  const terms: SearchTerm[] = [];
  for (const [whole, minus, prefix, quoted, bare] of text.slice(0, MAX_LENGTH).matchAll(TERM)) {
    const place = PLACES.find((name) => name === prefix?.toLowerCase()) ?? null;
    const word = quoted ?? bare ?? '';
    const plain = prefix !== undefined && place === null;
    const folded = fold(plain ? whole.slice(minus?.length ?? 0) : word).trim();
    // What is still being typed finds nothing yet, and hides nothing.
    const begun = folded === '-' || PLACES.some((name) => folded === `${name}:`);
    if (folded !== '' && !begun) terms.push({ place, text: folded, excluded: minus === '-' });
  }
  return terms;
}

/** `images`: newest first, damaged ones last. Damaged ones tell nothing, so only a search for everything finds them. */
export function searchImages(images: readonly ListedImage[], query: GalleryQuery): ListedImage[] {
  const terms = parseSearch(query.text);
  const everything =
    terms.length === 0 && query.model === '' && query.sampler === '' && !query.favouritesOnly;
  const found = images.filter((image) => {
    if (isDamaged(image)) return everything;
    if (query.favouritesOnly && !image.favourite) return false;
    const { model, sampler } = factsOf(image);
    return (
      (query.model === '' || query.model === model) &&
      (query.sampler === '' || query.sampler === sampler) &&
      terms.every((term) => holds(image, term) !== term.excluded)
    );
  });
  return query.order === 'newest' ? found : found.reverse();
}

function holds(image: ImageRecord, { place, text }: SearchTerm): boolean {
  const { folded } = factsOf(image);
  switch (place) {
    case 'seed':
      return String(image.seed) === text;
    case null:
      return (
        folded.prompt.includes(text) ||
        folded.model.includes(text) ||
        folded.sampler.includes(text) ||
        String(image.seed) === text
      );
    default:
      return folded[place].includes(text);
  }
}

/** What the filters offer: every value there is, by name. */
export function choicesIn(images: readonly ListedImage[]): { models: string[]; samplers: string[] } {
  const models = new Set<string>();
  const samplers = new Set<string>();
  for (const image of images) {
    if (isDamaged(image)) continue;
    const { model, sampler } = factsOf(image);
    if (model !== '') models.add(model);
    if (sampler !== '') samplers.add(sampler);
  }
  const sorted = (names: Set<string>) => [...names].sort((a, b) => a.localeCompare(b));
  return { models: sorted(models), samplers: sorted(samplers) };
}
