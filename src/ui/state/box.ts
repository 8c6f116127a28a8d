// What lies in the box comes into the library where it is asked for: as a person's file does, and without a word.
import { BOXED_FACES, boxedUpscaler, type BoxedFile } from '../../library/box.ts';
import { faceFilesAmong } from '../../library/face-choice.ts';
import { IMPORT_OPTIONS } from '../../library/import-types.ts';
import type { StoredModel } from '../../library/types.ts';
import { findUpscaler, upscalersAmong } from '../../library/upscaler-choice.ts';
import type { Needs } from '../clients/engine-client.svelte.ts';
import type { ImporterClient } from '../clients/importer-client.svelte.ts';

/** What it needs of the page. */
export interface BoxHost {
  readonly library: { readonly models: readonly StoredModel[]; refreshModels(): Promise<void> };
  readonly importer: () => Pick<ImporterClient, 'importFile' | 'stop'>;
  readonly read: (file: string) => Promise<Blob>;
}

export class Box {
  /** What is on its way, by file. */
  readonly #coming = new Map<string, Promise<void>>();

  constructor(private readonly host: BoxHost) {}

  /** Resolves once those of these upscalers that the box has, and a detector, are in the library. Rejects with an Error for people. */
  async bring({ upscalers, faces }: Needs): Promise<void> {
    const { models } = this.host.library;
    const known = upscalersAmong(models);
    for (const name of upscalers) {
      const boxed = boxedUpscaler(name);
      if (boxed && !findUpscaler(known, name)) await this.#bring(boxed);
    }
    if (faces && !faceFilesAmong(models).detector) await this.#bring(BOXED_FACES);
  }

  #bring(boxed: BoxedFile): Promise<void> {
    const coming = this.#coming.get(boxed.file) ?? this.#import(boxed);
    this.#coming.set(boxed.file, coming);
    return coming.finally(() => this.#coming.delete(boxed.file));
  }

  async #import({ file, sha256 }: BoxedFile): Promise<void> {
    const importer = this.host.importer();
    try {
      const order = {
        id: crypto.randomUUID(),
        file: new File([await this.host.read(file)], file),
        sidecar: null,
        options: { ...IMPORT_OPTIONS, sha256 },
      };
      await importer.importFile(order, () => undefined);
    } finally {
      importer.stop();
    }
    await this.host.library.refreshModels();
  }
}
