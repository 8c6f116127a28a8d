// The folder that pictures are saved to as they come, and the grids of runs. What does the work is loaded with the first picture
// that needs it.
import type { GenerationParameters } from '../../generation/request/request.ts';
import type { QueuedJob } from '../../library/queue.ts';
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
    const folder = stored as FileSystemDirectoryHandle | null;
    this.folder = folder?.kind === 'directory' ? folder : null;
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
    if (this.folder) void this.#write().then((writer) => writer.kept(event, request));
  }

  /** A job has ended: its grids are made. That of a plot was asked for, whatever is set. */
  ended({ id, requests, grid }: QueuedJob): void {
    if (grid) void this.#write().then((writer) => writer.plot(id, requests, grid));
    else if (this.host.settings.saving.to.grid === true)
      void this.#write().then((writer) => writer.grids(id, requests));
  }

  #write(): Promise<OutputWriter> {
    return (this.#writer ??= import('../output-writer.ts').then(
      ({ OutputWriter }) => new OutputWriter(this, this.host),
    ));
  }
}
