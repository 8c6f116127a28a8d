// The person's extensions as the tab has them: what is installed, and what waits for a word on what it may do.
import { BUILT_IN } from '../../extensions/known.ts';
import { ExtensionError, type Want } from '../../extensions/own/manifest.ts';
import { MAX_ZIP, readPackage, type ExtensionPackage } from '../../extensions/own/package.ts';
import {
  keepExtension,
  listExtensions,
  removeExtension,
  wantedBeyond,
  type InstalledExtension,
} from '../../library/extensions.ts';
import { knowInstalled } from '../installed-extensions.ts';
import { extensions as t } from '../strings/extensions.ts';
import { walkFolders, type FolderItem } from '../walk-folder.ts';

/** One that has come, and wants something that it may not do yet. */
export interface AskingExtension {
  readonly pack: ExtensionPackage;
  /** In place of a version that is installed. */
  readonly isUpdate: boolean;
  /** What it may not do yet. */
  readonly beyond: readonly Want[];
}

export class OwnExtensions {
  installed = $state.raw<readonly InstalledExtension[]>([]);
  asking = $state.raw<readonly AskingExtension[]>([]);
  /** What could not be installed and why, each a sentence. */
  refused = $state.raw<readonly string[]>([]);

  async refresh(): Promise<void> {
    this.installed = await listExtensions();
    await knowInstalled();
  }

  /** Each file is one extension, and so is each folder. */
  async take(files: readonly File[], folders: readonly FolderItem[]): Promise<void> {
    this.refused = [];
    const packs: { readonly name: string; readonly files: readonly File[] }[] = files.map((file) => ({
      name: file.name,
      files: [file],
    }));
    for (const folder of folders) {
      const { groups } = await walkFolders([folder], (name) => /^(?:manifest\.json|main\.js)$/.test(name));
      packs.push({ name: folder.name, files: groups[0]?.files ?? [] });
    }
    for (const pack of packs) await this.#takeOne(pack.name, pack.files);
    await this.refresh();
  }

  async allow({ pack }: AskingExtension): Promise<void> {
    this.dismiss(pack.manifest.name);
    await keepExtension({ ...pack, granted: pack.manifest.wants, enabled: true });
    await this.refresh();
  }

  dismiss(name: string): void {
    this.asking = this.asking.filter(({ pack }) => pack.manifest.name !== name);
  }

  async enable(extension: InstalledExtension, enabled: boolean): Promise<void> {
    await keepExtension({ ...extension, enabled });
    await this.refresh();
  }

  async remove(name: string): Promise<void> {
    await removeExtension(name);
    await this.refresh();
  }

  async #takeOne(name: string, files: readonly File[]): Promise<void> {
    try {
      if (files.some(({ size }) => size > MAX_ZIP)) throw new ExtensionError(t.tooLarge);
      const read = files.map(async (file) => ({
        path: file.name,
        bytes: new Uint8Array(await file.arrayBuffer()),
      }));
      const pack = readPackage(await Promise.all(read));
      const { name: own } = pack.manifest;
      if (BUILT_IN.some((extension) => extension.name === own)) throw new ExtensionError(t.isBuiltIn(own));
      const before = (await listExtensions()).find(({ manifest }) => manifest.name === own) ?? null;
      const beyond = wantedBeyond(pack.manifest, before);
      if (before && beyond.length === 0) {
        await keepExtension({ ...pack, granted: before.granted, enabled: before.enabled });
        return;
      }
      this.dismiss(own);
      this.asking = [...this.asking, { pack, isUpdate: before !== null, beyond }];
    } catch (error) {
      if (!(error instanceof ExtensionError)) throw error;
      this.refused = [...this.refused, t.refused(name, error.message)];
    }
  }
}
