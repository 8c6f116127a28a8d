// What the page asks of the gallery's worker (workers/gallery.ts).
import type { ExportedFile, ExportedPicture } from './picture-export.ts';
import type { GridOrder } from '../generation/request/grids.ts';
import type { PlotGrid } from '../plots/plan.ts';
import type { KeptGrid } from './keep-grid.ts';
import type { OutputPicture } from './output-folder.ts';
import type { SavedAs } from './saved-as.ts';
import type { GivenSavedTo } from './saved-to.ts';
import type { Thumbnail } from './thumbnails.ts';

export interface ZipProgress {
  readonly done: number;
  readonly total: number;
}

export interface ZipOutcome {
  readonly status: 'finished' | 'cancelled';
  /** Null when it was cancelled, or when no picture could be read. */
  readonly file: Blob | null;
  /** Pictures that could not be read and are not in it. */
  readonly missing: number;
}

/** Names errors as the library does. */
export interface GalleryApi {
  /** Makes and keeps a picture's thumbnail. */
  thumbnail(id: string): Promise<Thumbnail>;
  /** Packs pictures, in this order. One at a time. */
  zip(ids: readonly string[], how: SavedAs, onProgress: (progress: ZipProgress) => void): Promise<ZipOutcome>;
  cancelZip(): Promise<void>;
  /** One picture as a file, the `index`th that is saved. */
  export(picture: ExportedPicture, png: Blob, index: number, how: SavedAs): Promise<ExportedFile>;
  /** Writes a picture into the person's folder; resolves with where. Rejects with the browser's error. */
  saveOutput(
    folder: FileSystemDirectoryHandle,
    picture: OutputPicture,
    how: SavedAs,
    to: GivenSavedTo,
  ): Promise<string>;
  /** The text that is hidden in a PNG's pixels; null where there is none. */
  hiddenText(png: Blob): Promise<string | null>;
  /** Pictures of the library as one, in the library; null where there are too few. */
  keepGrid(order: GridOrder, to: GivenSavedTo): Promise<KeptGrid | null>;
  /** ... with a plot's legend; the whole comes first, then its layers where they are wanted. */
  keepPlot(job: string, ids: readonly string[], grid: PlotGrid): Promise<readonly KeptGrid[]>;
  /** Pictures as one, a PNG with this parameters text. */
  grid(pictures: readonly Blob[], batchSize: number, parameters: string, to: GivenSavedTo): Promise<Blob>;
}
