// What is told of an add-on besides its weights: by its own metadata, and by the texts that people keep beside it. All of it is
// hostile until it has been read: bounded, and without a word where it says nothing.

export interface AddOnFacts {
  readonly description: string;
  /** A1111's "Activation text": goes into the prompt with the add-on. */
  readonly activation: string;
  /** A1111's "Negative prompt": goes into the negative prompt with it. */
  readonly negative: string;
  /** A1111's "Preferred weight"; null for the setting's. */
  readonly weight: number | null;
  readonly notes: string;
  /** Words that it was trained with, the most used first. */
  readonly triggers: readonly string[];
}

export const NO_FACTS: AddOnFacts = {
  description: '',
  activation: '',
  negative: '',
  weight: null,
  notes: '',
  triggers: [],
};

/** UTF-16 units of a text that is kept, and of a file that is read. */
export const MAX_FACT = 10_000;
export const MAX_FACTS_FILE = 4 * 2 ** 20;
export const MAX_TRIGGERS = 24;
/** Characters of the picture in the metadata. */
const MAX_THUMBNAIL = 4 * 2 ** 20;
export const MAX_WEIGHT = 100;

/** Of kohya's scripts (`ss_...`) and Stability's ModelSpec (`modelspec....`). */
export function factsOfMetadata(metadata: ReadonlyMap<string, string>): Partial<AddOnFacts> {
  const phrase = textOf(metadata.get('modelspec.trigger_phrase'));
  const triggers = phrase === '' ? frequentTags(metadata.get('ss_tag_frequency')) : [phrase];
  return told({
    description: textOf(metadata.get('modelspec.description')),
    notes: textOf(metadata.get('ss_training_comment')),
    triggers,
  });
}

/** The picture that ModelSpec puts into metadata; null for none. */
export function thumbnailOf(metadata: ReadonlyMap<string, string>): Blob | null {
  const url = metadata.get('modelspec.thumbnail') ?? '';
  const found = /^data:(image\/(?:png|jpeg|webp|gif));base64,([A-Za-z0-9+/=\s]+)$/.exec(
    url.length > MAX_THUMBNAIL ? '' : url,
  );
  if (!found) return null;
  try {
    const bytes = Uint8Array.from(atob(found[2]!), (char) => char.charCodeAt(0));
    return new Blob([bytes], { type: found[1]! });
  } catch {
    return null;
  }
}

/** Tags of all folders of the training, by how often they were used. */
function frequentTags(json: string | undefined): readonly string[] {
  const counts = new Map<string, number>();
  for (const tags of Object.values(objectOf(parsed(json ?? '')))) {
    for (const [tag, count] of Object.entries(objectOf(tags)).slice(0, 10_000)) {
      const name = tag.trim().slice(0, 200);
      if (name !== '' && typeof count === 'number') counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }
  const byCount = [...counts].sort(([, a], [, b]) => b - a);
  return byCount.slice(0, MAX_TRIGGERS).map(([name]) => name);
}

/** Of `name.json`, which A1111 writes (modules/ui_extra_networks_user_metadata.py). Null for another one. */
export function factsOfUserMetadata(json: string): Partial<AddOnFacts> | null {
  const from = objectOf(parsed(json));
  const known = [
    'description',
    'activation text',
    'preferred weight',
    'negative text',
    'notes',
    'sd version',
  ];
  if (!known.some((key) => key in from)) return null;
  const weight = from['preferred weight'];
  return told({
    description: textOf(from['description']),
    activation: textOf(from['activation text']),
    negative: textOf(from['negative text']),
    // 0, which its slider begins with, stands for the setting's.
    weight: isWeight(weight) && weight !== 0 ? weight : null,
    notes: textOf(from['notes']),
  });
}

/** Of `name.civitai.info`, the site's own answer about a version of a model. Null for another one. */
export function factsOfCivitai(json: string): Partial<AddOnFacts> | null {
  const from = objectOf(parsed(json));
  if (!('trainedWords' in from) && !('modelId' in from)) return null;
  const words: readonly unknown[] = Array.isArray(from['trainedWords']) ? from['trainedWords'] : [];
  const triggers = words.map((word) => textOf(word)).filter((word) => word !== '');
  const description = textOf(from['description']) || textOf(objectOf(from['model'])['description']);
  return told({
    description: withoutMarkup(description),
    triggers: triggers.slice(0, MAX_TRIGGERS),
  });
}

export function isWeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= MAX_WEIGHT;
}

/** Without what says nothing, so that it takes nothing's place. */
function told(facts: Partial<AddOnFacts>): Partial<AddOnFacts> {
  const entries = Object.entries(facts).filter(
    ([, value]) => typeof value === 'number' || (value !== null && value.length > 0),
  );
  return Object.fromEntries(entries);
}

/** Civitai's descriptions are HTML: its words are enough. */
function withoutMarkup(html: string): string {
  const text = html.replaceAll(/<\/(?:p|li|h\d)>|<br\s*\/?>/gi, '\n').replaceAll(/<[^>]*>/g, '');
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' };
  return text.replaceAll(/&(amp|lt|gt|quot|nbsp);/g, (_, name: string) => entities[name]!).trim();
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_FACT).trim() : '';
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function parsed(json: string): unknown {
  if (json.length > MAX_FACTS_FILE) return null;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}
