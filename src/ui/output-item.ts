// What is saved to the person's folder, and what that needs of the page.
import type { GenerationParameters } from '../generation/request/request.ts';
import type { Seed } from '../generation/request/seeds.ts';
import type { OutputPlace } from '../library/output-folder.ts';
import type { SavedAs } from '../library/saved-as.ts';
import type { GivenSavedTo } from '../library/saved-to.ts';
import type { GalleryClient } from './clients/gallery-client.ts';
import type { Notices } from './state/notices.svelte.ts';

/** A picture that goes into the folder. */
export interface OutputItem {
  readonly place: OutputPlace;
  readonly id: string;
  readonly png: Blob;
  readonly seed: Seed;
  readonly parameters: string;
  readonly suffix: string;
  readonly forced?: string;
  /** Where it stands in its request, and that. */
  readonly made?: { readonly index: number; readonly request: GenerationParameters };
}

/** What it needs of the page. */
export interface OutputHost {
  readonly settings: { readonly saving: { readonly as: SavedAs; readonly to: GivenSavedTo } };
  readonly gallery: { readonly worker: Pick<GalleryClient, 'saveOutput' | 'keepGrid' | 'keepPlot'> };
  readonly library: { png(id: string): Promise<Blob | null> };
  readonly notices: Pick<Notices, 'warn' | 'dismiss' | 'inform'>;
  openSettings(): void;
}
