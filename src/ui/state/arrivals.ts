// Files and folders that are dropped, chosen or opened with the page: each goes where its kind belongs.
import type { ImportOptions } from '../../library/import-types.ts';
import { stemOf } from '../../library/named-files.ts';
import type { StorageAccess } from '../../library/storage-access.ts';
import type { StoredModel } from '../../library/types.ts';
import {
  apartFromModels,
  kindOfFile,
  modelTold,
  tellsOfModel,
  usedOfFolder,
  type DroppedKind,
} from '../dropped-files.ts';
import type { TextHost } from '../dropped-texts.ts';
import { listed } from '../format.ts';
import { isAddOn } from '../add-on-words.ts';
import { pairSidecars, type Place } from '../pairing.ts';
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
  /** What tells of an add-on of the library goes onto its card. */
  tellOf(addOn: StoredModel, place: Place<File>): Promise<void>;
  attempt(title: string, action: () => Promise<unknown>): Promise<boolean>;
}

/** Files that lie side by side, and what beside them tells of their models. */
interface Lying extends Place<File> {
  readonly files: readonly File[];
}

export class Arrivals {
  /** To keep the library, since the page was opened. */
  #asked = false;

  constructor(private readonly host: ArrivalsHost) {}

  /** Files dropped on the page: pictures go to PNG Info, styles.csv to the styles, the rest into the library. */
  openFiles(files: readonly File[]): void {
    const { beside, others } = apartFromModels(files);
    const left = this.#tellOfModels(others);
    this.#openGroups([{ folder: null, beside, files: left }]);
  }

  /** Folders that were dropped or chosen: what is in them, as if it had been dropped. */
  async openFolders(folders: readonly FolderItem[]): Promise<void> {
    await this.host.attempt(t.folderNotRead, async () => {
      const { groups, leftAside, cut } = await walkFolders(folders, usedOfFolder);
      const lying = groups.map(({ folder, files }) => {
        const { beside, others } = apartFromModels(files);
        return { folder, beside, files: this.#tellOfModels(others) };
      });
      // Texts that tell of no model are for other programs.
      const used = lying.map((one) => ({
        ...one,
        files: one.files.filter(({ name }) => !tellsOfModel(name)),
      }));
      const count = (all: readonly Lying[]) => all.reduce((sum, { files }) => sum + files.length, 0);
      const texts = count(lying) - count(used);
      this.#openGroups(used);
      const told: string[] = [];
      if (leftAside + texts > 0) told.push(t.leftAside(leftAside + texts));
      if (cut) told.push(t.folderCut(MAX_FILES, MAX_DEPTH));
      const name = listed(folders.slice(0, 3).map((folder) => folder.name));
      if (groups.flatMap(({ files }) => files).length === texts) {
        this.host.notices.warn(t.nothingUsable(name), t.nothingUsableWhat);
      } else if (told.length > 0) this.host.notices.inform(t.from(name), told.join(' '));
    });
  }

  /** Gives what tells of add-ons that are there to their cards; the other files are left. */
  #tellOfModels(files: readonly File[]): readonly File[] {
    const { library } = this.host;
    const told = new Map<StoredModel, File[]>();
    const left = files.filter((file) => {
      const stem = tellsOfModel(file.name) ? modelTold(file.name) : null;
      const addOn =
        stem !== null &&
        library.models.find(
          (model) =>
            isAddOn(model) &&
            [model.name, stemOf(model.fileName)].some((name) => name.toLowerCase() === stem),
        );
      if (addOn) told.set(addOn, [...(told.get(addOn) ?? []), file]);
      return !addOn;
    });
    for (const [addOn, beside] of told) void this.host.tellOf(addOn, { folder: null, beside });
    return left;
  }

  #openGroups(groups: readonly Lying[]): void {
    const files = groups.flatMap((group) => group.files);
    const of = (kind: DroppedKind) => files.filter((file) => kindOfFile(file) === kind);
    const [picture] = of('picture');
    if (picture) this.host.inspect(picture);
    const models = groups.map((group) => ({
      ...group,
      files: group.files.filter((file) => kindOfFile(file) === 'model'),
    }));
    if (models.some((group) => group.files.length > 0)) void this.#importGroups(models);
    const [styles, lists, configs] = [of('styles'), of('wildcards'), of('config')];
    if (styles.length + lists.length + configs.length === 0) return;
    void this.host.attempt(t.textFilesNotRead, async () => {
      if (configs.length > 0) {
        const { addConfig } = await import('../webui-settings/dropped-config.ts');
        for (const file of configs) await addConfig(this.host, file);
      }
      const { addStyles, addWildcards } = await import('../dropped-texts.ts');
      for (const file of styles) await addStyles(this.host, file);
      if (lists.length > 0) await addWildcards(this.host, lists);
    });
  }

  /** Dropped or picked files. */
  importFiles(files: readonly File[], options: Partial<ImportOptions> = {}): Promise<readonly ImportJob[]> {
    const { beside, others } = apartFromModels(files);
    return this.#importGroups([{ folder: null, beside, files: others }], options);
  }

  /** A .yaml belongs to a checkpoint beside it. */
  async #importGroups(
    groups: readonly Lying[],
    options: Partial<ImportOptions> = {},
  ): Promise<readonly ImportJob[]> {
    const pairings = groups.map(({ files, ...lying }) => ({ ...pairSidecars(files), ...lying }));
    const requests = pairings.flatMap(({ requests: paired, folder, beside }) =>
      paired.map((request) => {
        const stem = stemOf(request.file.name).toLowerCase();
        const own = beside.filter(({ name }) => modelTold(name) === stem);
        return { ...request, place: { folder, beside: own } };
      }),
    );
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
