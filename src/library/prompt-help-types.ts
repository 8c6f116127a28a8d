// What the page and workers/prompt-help.ts say to each other.
import type { Tag } from '../prompt/tag-index.ts';
import type { AddOnCard } from './add-on-cards.ts';
import type { Described } from './describe-add-on.ts';

export interface PromptHelpApi {
  /** Makes or completes the card of an add-on. */
  describe(sha256: string, beside: readonly File[], folder: string | null): Promise<Described>;
  /** A YAML collection of wildcards as it is kept: as JSON. Rejects with WildcardError. */
  collectionOfYaml(name: string, yaml: string): Promise<string>;
  setPreview(sha256: string, picture: Blob): Promise<AddOnCard>;
  /** Keeps a list of tags in the place of the one before; empty for none. Resolves with how many there are. */
  keepTags(text: string): Promise<number>;
  /** Tags for the first of these words that begins any; -1 and none where no word does. */
  findTags(
    words: readonly string[],
    most: number,
  ): Promise<{ readonly word: number; readonly tags: readonly Tag[] }>;
}
