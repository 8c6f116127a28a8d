// Files and folders that are dropped, chosen or opened with the page: each goes where its kind belongs.
import type { ImportOptions } from '../../library/import-types.ts';
import type { StorageAccess } from '../../library/storage-access.ts';
import { kindOfFile, usedOfFolder, type DroppedKind } from '../dropped-files.ts';
import type { TextHost } from '../dropped-texts.ts';
import { listed } from '../format.ts';
import { pairSidecars } from '../pairing.ts';
import { notices as t } from '../strings/notices.ts';
import { MAX_DEPTH, MAX_FILES, walkFolders, type FolderItem } from '../walk-folder.ts';
import type { ImportJob, ImportQueue } from './imports.svelte.ts';
import type { Library } from './library.svelte.ts';

/** What they need of the page. */
export interface ArrivalsHost extends TextHost {
  readonly imports: ImportQueue;
  readonly library: Library;
  readonly storage: StorageAccess;
  inspect(picture: File): void;
  attempt(title: string, action: () => Promise<unknown>): Promise<boolean>;
}

export class Arrivals {
  /** To keep the library, since the page was opened. */
  #asked = false;

  constructor(private readonly host: ArrivalsHost) {}

  /** Files dropped on the page: pictures go to PNG Info, styles.csv to the styles, the rest into the library. */
  openFiles(files: readonly File[]): void {
    this.#openGroups([files], files);
  }

  /** Folders that were dropped or chosen: what is in them, as if it had been dropped. */
  async openFolders(folders: readonly FolderItem[]): Promise<void> {
    await this.host.attempt(t.folderNotRead, async () => {
      const { groups, leftAside, cut } = await walkFolders(folders, usedOfFolder);
      const files = groups.flat();
      this.#openGroups(groups, files);
      const told: string[] = [];
      if (leftAside > 0) told.push(t.leftAside(leftAside));
      if (cut) told.push(t.folderCut(MAX_FILES, MAX_DEPTH));
      const name = listed(folders.slice(0, 3).map((folder) => folder.name));
      if (files.length === 0) {
        this.host.notices.warn(t.nothingUsable(name), t.nothingUsableWhat);
      } else if (told.length > 0) this.host.notices.inform(t.from(name), told.join(' '));
    });
  }

  /** `groups`: `files`, those that lie side by side together. */
  #openGroups(groups: readonly (readonly File[])[], files: readonly File[]): void {
    const of = (kind: DroppedKind) => files.filter((file) => kindOfFile(file) === kind);
    const [picture] = of('picture');
    if (picture) this.host.inspect(picture);
    const models = groups.map((group) => group.filter((file) => kindOfFile(file) === 'model'));
    if (models.some(({ length }) => length > 0)) void this.#importGroups(models);
    const [styles, lists] = [of('styles'), of('wildcards')];
    if (styles.length === 0 && lists.length === 0) return;
    void this.host.attempt(t.textFilesNotRead, async () => {
      const { addStyles, addWildcards } = await import('../dropped-texts.ts');
      for (const file of styles) await addStyles(this.host, file);
      if (lists.length > 0) await addWildcards(this.host, lists);
    });
  }

  /** Dropped or picked files. */
  importFiles(files: readonly File[], options: Partial<ImportOptions> = {}): Promise<readonly ImportJob[]> {
    return this.#importGroups([files], options);
  }

  /** A .yaml belongs to a checkpoint beside it. */
  async #importGroups(
    groups: readonly (readonly File[])[],
    options: Partial<ImportOptions> = {},
  ): Promise<readonly ImportJob[]> {
    const pairings = groups.map((group) => pairSidecars(group));
    const requests = pairings.flatMap((pairing) => pairing.requests);
    const orphans = pairings.flatMap((pairing) => pairing.orphans);
    if (requests.length > 0) this.#askToPersist();
    for (const orphan of orphans) {
      this.host.notices.warn(t.orphan(orphan.name), t.orphanWhat);
    }
    return this.host.imports.add(requests, options);
  }

  /** Once, with the first import: what comes then is too large to be lost to a full disk. Nothing waits for the answer. */
  #askToPersist(): void {
    if (this.host.storage !== 'stored') return;
    if (this.#asked || this.host.library.models.length > 0 || this.host.library.storage?.persisted) return;
    this.#asked = true;
    // A refusal can be asked again from the Models tab.
    this.host.library.askToPersist().catch(() => undefined);
  }
}
