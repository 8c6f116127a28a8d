// What the gallery's tab shows: the search, the selection, which picture is open, which are compared.
import { isDamaged, isSound, type ImageRecord, type ListedImage } from '../../library/image-record.ts';
import type { App } from '../state/app.svelte.ts';
import { choicesIn, EVERYTHING, searchImages, type GalleryQuery } from './search.ts';
import { extendTo, NOTHING, prune, selectAll, toggle, type Selection } from './selection.ts';
import { gallery as t } from '../strings/gallery.ts';

/** More would be too small to compare, and heavy: each is a whole picture. */
export const MAX_COMPARED = 8;

export class GalleryView {
  readonly #app: App;
  query = $state<{ -readonly [K in keyof GalleryQuery]: GalleryQuery[K] }>({ ...EVERYTHING });
  #selection = $state.raw<Selection>(NOTHING);
  /** Being deleted: a key that is held down deletes none twice. */
  #doomed: readonly string[] = [];
  #focused = $state<string | null>(null);

  readonly choices = $derived.by(() => choicesIn(this.#app.library.images));
  readonly found: readonly ListedImage[] = $derived.by(() =>
    searchImages(this.#app.library.images, this.query),
  );
  readonly order: readonly string[] = $derived(this.found.map(({ id }) => id));
  /** What is not shown is not selected: nobody deletes what they do not see. In the order shown. */
  readonly selected: readonly ListedImage[] = $derived(
    this.#selection.ids.size === 0 ? [] : this.found.filter(({ id }) => this.#selection.ids.has(id)),
  );

  constructor(app: App) {
    this.#app = app;
  }

  /** Id of the picture in the lightbox: it stands in the address. */
  get opened(): string | null {
    const { tab, item } = this.#app.navigation.address;
    return tab === 'gallery' ? item : null;
  }

  set opened(id: string | null) {
    const { navigation } = this.#app;
    if (id === null) navigation.close();
    else if (this.opened === null) navigation.open(id, 'gallery');
    else navigation.turn(id);
  }

  /** What is compared, which stands in the address as well; null where nothing is. */
  get compared(): readonly ImageRecord[] | null {
    const { tab, item } = this.#app.navigation.address;
    if (tab !== 'compare' || item === null) return null;
    const ids = item.split(',').slice(0, MAX_COMPARED);
    const { images } = this.#app.library;
    const found = ids.flatMap((id) => images.find((image) => image.id === id) ?? []).filter(isSound);
    return found.length < 2 ? null : found;
  }

  closeComparison(): void {
    this.#app.navigation.close();
  }

  /** Place of the tile that the keyboard is at. */
  get focusedIndex(): number {
    const index = this.#focused === null ? -1 : this.order.indexOf(this.#focused);
    return index < 0 ? 0 : index;
  }

  get searching(): boolean {
    const { text, model, sampler, favouritesOnly } = this.query;
    return text.trim() !== '' || model !== '' || sampler !== '' || favouritesOnly;
  }

  /** Why the selected ones cannot be compared; null where they can. */
  get comparable(): string | null {
    const { selected } = this;
    if (selected.some(isDamaged)) return t.damagedNotCompared;
    if (selected.length < 2) return t.tooFewToCompare;
    return selected.length > MAX_COMPARED ? t.tooManyToCompare(MAX_COMPARED) : null;
  }

  /** All of them, of those that are sound. */
  get allFavourite(): boolean {
    return this.selected.every((image) => isDamaged(image) || image.favourite);
  }

  isSelected(id: string): boolean {
    return this.#selection.ids.has(id);
  }

  focus(index: number): void {
    this.#focused = this.order[index] ?? null;
  }

  toggle(id: string): void {
    this.#focused = id;
    this.#selection = toggle(prune(this.#selection, this.order), id);
  }

  extendTo(id: string): void {
    this.#focused = id;
    this.#selection = extendTo(prune(this.#selection, this.order), this.order, id);
  }

  selectAll(): void {
    this.#selection = selectAll(this.order);
  }

  selectNone(): void {
    this.#selection = NOTHING;
  }

  clearSearch(): void {
    this.query = { ...EVERYTHING, order: this.query.order };
  }

  compare(): void {
    if (this.comparable !== null) return;
    const ids = this.selected.filter(isSound).map(({ id }) => id);
    this.#app.navigation.open(ids.join(','), 'compare');
  }

  /** The lightbox goes on to what takes the deleted picture's place. */
  async delete(images: readonly ListedImage[]): Promise<void> {
    const ids = images.map(({ id }) => id).filter((id) => !this.#doomed.includes(id));
    if (ids.length === 0) return;
    this.#doomed = [...this.#doomed, ...ids];
    const index = this.order.findIndex((id) => ids.includes(id));
    const left = this.order.filter((id) => !ids.includes(id));
    const next = left[Math.min(index, left.length - 1)] ?? null;
    // First, for a picture that is not there cannot stay open.
    if (this.opened !== null && ids.includes(this.opened)) this.opened = next;
    this.#focused = next;
    // Brought back, they are not selected again.
    this.#selection = prune(this.#selection, left);
    await this.#app.gallery.delete(ids);
    this.#doomed = this.#doomed.filter((id) => !ids.includes(id));
  }

  async favourite(): Promise<void> {
    const ids = this.selected.filter(isSound).map(({ id }) => id);
    await this.#app.gallery.setFavourite(ids, !this.allFavourite);
  }

  /** Oldest first, so that the numbers of a zip count up as the pictures were made. */
  async downloadSelected(): Promise<void> {
    const ids = this.selected.map(({ id }) => id);
    await this.#app.gallery.downloadAll(this.query.order === 'newest' ? ids.reverse() : ids);
  }

  async use(image: ImageRecord): Promise<void> {
    await this.#app.sendToTxt2img(image.parameters);
  }
}
