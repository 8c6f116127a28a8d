// The folder that pictures are saved to as they come, and the grids of runs. What does the work is loaded with the first picture
// that needs it.
import type { GenerationParameters } from '../../generation/request/request.ts';
import { loadSetting, saveSetting } from '../../library/settings.ts';
import type { OutputHost, OutputItem } from '../output-item.ts';
import type { OutputWriter } from '../output-writer.ts';
import type { KeptEvent } from './generation.svelte.ts';

const KEY = 'output.folder';

export class Output {
  /** Null where pictures are kept in the library alone. */
  folder = $state.raw<FileSystemDirectoryHandle | null>(null);
  #writer: Promise<OutputWriter> | null = null;

  constructor(private readonly host: OutputHost) {}

  async load(): Promise<void> {
    const stored = await loadSetting(KEY).catch(() => null);
    const isFolder = (stored as Partial<FileSystemDirectoryHandle> | null)?.kind === 'directory';
    this.folder = isFolder ? (stored as FileSystemDirectoryHandle) : null;
  }

  async take(folder: FileSystemDirectoryHandle | null): Promise<void> {
    this.folder = folder;
    await saveSetting(KEY, folder);
  }

  save(item: OutputItem): void {
    if (this.folder) void this.#write().then((writer) => writer.save(item));
  }

  /** A picture of a run. */
  kept(event: KeptEvent, request: GenerationParameters): void {
    const { id, png, seed, parameters, index } = event;
    const place = request.img2img ? 'img2img-images' : 'txt2img-images';
    const suffix = event.type === 'further' ? `-${event.kind}` : '';
    this.save({ place, id, png, seed, parameters, suffix, made: { index, request } });
  }

  /** A job has ended: its grids are made. */
  ended(id: string, requests: readonly GenerationParameters[]): void {
    if (this.host.settings.savedTo.grid) void this.#write().then((writer) => writer.grids(id, requests));
  }

  /** Asks for the permission to write again, as part of a click, and writes what waits for it. */
  async allow(): Promise<boolean> {
    return (await this.#write()).allow();
  }

  #write(): Promise<OutputWriter> {
    return (this.#writer ??= import('../output-writer.ts').then(
      ({ OutputWriter }) => new OutputWriter(this, this.host),
    ));
  }
}
