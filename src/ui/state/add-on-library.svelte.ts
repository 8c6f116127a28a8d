// The add-ons of the library as cards: what is told of them, and putting them into the prompts. Loaded when first used.
import {
  changeCard,
  deleteCards,
  listCards,
  NO_CARD,
  tidyFolder,
  type AddOnCard,
} from '../../library/add-on-cards.ts';
import type { StoredModel } from '../../library/types.ts';
import { entriesOf, NO_CARDS, withCard, withoutModel, type AddOnEntry } from '../add-on-list.ts';
import { callOf, isAddOn, isCalledIn, withCall, withoutCall } from '../add-on-words.ts';
import { PromptHelpClient } from '../clients/prompt-help-client.ts';
import { toFailure } from '../failure.ts';
import { listed } from '../format.ts';
import { addons as t } from '../strings/addons.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { PromptCursor } from './prompt-cursor.ts';
import type { Settings } from './settings.svelte.ts';

/** What it needs of the page. */
export interface AddOnHost {
  readonly library: Library;
  readonly settings: Settings;
  readonly notices: Notices;
  readonly cursor: PromptCursor;
}

export class AddOnLibrary {
  #cards = $state.raw(NO_CARDS);
  readonly entries: readonly AddOnEntry[] = $derived.by(() =>
    entriesOf(this.host.library.models.filter(isAddOn), this.#cards),
  );
  #loading: Promise<void> | null = null;
  #making = false;

  constructor(
    private readonly host: AddOnHost,
    /** The worker, for the person's tags, too. */
    readonly help = new PromptHelpClient(),
  ) {}

  cardOf({ sha256 }: Pick<StoredModel, 'sha256'>): AddOnCard {
    return this.#cards.get(sha256) ?? NO_CARD;
  }

  /** Reads the cards, once; those of models that are gone go. */
  load(): Promise<void> {
    this.#loading ??= this.#read();
    this.#loading.catch(() => (this.#loading = null));
    return this.#loading;
  }

  async #read(): Promise<void> {
    this.#cards = await listCards();
    const gone = withoutModel(this.#cards, this.host.library.models);
    if (this.host.library.loaded && gone.length > 0) await deleteCards(gone);
  }

  /** Makes the cards of add-ons that have none yet, one after another, after `load`. */
  async makeCards(): Promise<void> {
    if (this.#making) return;
    this.#making = true;
    try {
      for (let model = this.#nextWithoutCard(); model; model = this.#nextWithoutCard()) {
        const { card } = await this.help.describe(model.sha256, [], null);
        this.#put(model.sha256, card);
      }
    } catch {
      // They have cards without words, until the list is opened again.
    } finally {
      this.#making = false;
    }
  }

  #nextWithoutCard(): StoredModel | undefined {
    return this.host.library.models.find((model) => isAddOn(model) && !this.#cards.has(model.sha256));
  }

  /** What lay beside an add-on's file goes onto its card. */
  async take(model: StoredModel, beside: readonly File[], folder: string | null): Promise<void> {
    await this.load();
    const { card, unread } = await this.help.describe(model.sha256, beside, folder);
    this.#put(model.sha256, card);
    if (unread.length > 0)
      this.host.notices.warn(t.notRead(model.name), t.notReadWhat(listed(unread.slice(0, 5))));
  }

  async change({ sha256 }: StoredModel, changes: Partial<AddOnCard>): Promise<void> {
    const tidy = changes.folder === undefined ? {} : { folder: tidyFolder(changes.folder) };
    this.#put(sha256, await changeCard(sha256, (card) => ({ ...card, ...changes, ...tidy })));
  }

  async setPreview({ sha256 }: StoredModel, picture: Blob): Promise<void> {
    this.#put(sha256, await this.help.setPreview(sha256, picture));
  }

  /** Puts it into the prompt at the cursor, with the words of its card; or takes it out of both prompts. */
  async toggle(model: StoredModel): Promise<void> {
    // Without the cards it is added as well, by its name alone.
    await this.load().catch((error: unknown) =>
      this.host.notices.warn(t.cardsNotRead, toFailure(error, 'storage-full').message),
    );
    const { settings, cursor } = this.host;
    const { prompt, negativePrompt } = settings.parameters;
    const { activation, negative, weight } = this.cardOf(model);
    const { multiplier, separator } = settings.prompts.extraNetworks;
    if (isCalledIn(prompt, model) || isCalledIn(negativePrompt, model)) {
      settings.change({
        prompt: withoutCall(prompt, model, activation, separator),
        negativePrompt: withoutWords(withoutCall(negativePrompt, model, activation, separator), negative),
      });
      return;
    }
    const field = cursor.field;
    const added = withCall(
      cursor.of(field, settings.parameters[field]),
      callOf(model, weight ?? multiplier),
      activation,
      separator,
    );
    settings.change({ [field]: added.text });
    cursor.move(field, added.cursor);
    if (negative !== '' && field === 'prompt' && !negativePrompt.includes(negative)) {
      settings.change({ negativePrompt: [negativePrompt, negative].filter(Boolean).join(', ') });
    }
  }

  isCalled(model: StoredModel): boolean {
    const { prompt, negativePrompt } = this.host.settings.parameters;
    return isCalledIn(prompt, model) || isCalledIn(negativePrompt, model);
  }

  #put(sha256: string, card: AddOnCard): void {
    this.#cards = withCard(this.#cards, sha256, card);
  }
}

/** A negative prompt without the words that came with an add-on, at its end or its start. */
function withoutWords(text: string, words: string): string {
  if (words === '') return text;
  if (text === words) return '';
  if (text.endsWith(`, ${words}`)) return text.slice(0, -words.length - 2);
  return text.startsWith(`${words}, `) ? text.slice(words.length + 2) : text;
}
