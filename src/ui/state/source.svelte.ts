// The picture that img2img starts from, and what is painted on it, kept over a reload.
import type { SourcePicture } from '../../generation/request/source-picture.ts';
import { loadSetting, saveSetting } from '../../library/settings.ts';
import type { Painting } from '../canvas/painting.svelte.ts';
import { Failure } from '../failure.ts';
import { source as t } from '../strings/source.ts';
import { MAX_SHOWN_PIXELS } from './png-info.svelte.ts';

export interface NamedSource {
  readonly name: string;
  readonly picture: SourcePicture;
}

const KEY = 'ui.img2img.source';
const MAX_NAME = 300;

export class Source {
  chosen = $state.raw<NamedSource | null>(null);
  /** It is looked at, in place of the result. */
  shown = $state(false);
  /** What is painted on it; null until somebody asks for it. */
  painting = $state.raw<Painting | null>(null);
  #opening: { readonly of: NamedSource; readonly painting: Promise<Painting> } | null = null;

  /** @throws Error for what is no picture, or cannot be shown. */
  async take(file: Blob, name: string): Promise<void> {
    const read = await readSource(file, name);
    this.#leave();
    this.chosen = read;
    this.shown = true;
    // Where nothing can be kept it lasts as long as the page, as all else does.
    await saveSetting(KEY, { file: read.picture.file, name }).catch(() => undefined);
  }

  /** What an earlier visit had left; nothing where it cannot be read any more. */
  async load(): Promise<void> {
    const stored = await loadSetting(KEY).catch(() => null);
    if (typeof stored !== 'object' || stored === null) return;
    const { file, name } = stored as { readonly file?: unknown; readonly name?: unknown };
    if (!(file instanceof Blob) || typeof name !== 'string') return;
    const read = await readSource(file, name).catch(() => null);
    this.chosen ??= read;
  }

  /** What is painted on it, for painting on. @throws Error where the browser cannot read the picture. */
  async openPainting(): Promise<Painting> {
    const { chosen } = this;
    if (!chosen) throw new Failure('bad-file', t.needed);
    if (this.#opening?.of !== chosen) {
      const painting = import('../canvas/painting.svelte.ts').then(({ Painting }) =>
        Painting.on(chosen.picture),
      );
      this.#opening = { of: chosen, painting };
      painting.catch(() => (this.#opening = null));
    }
    const painting = await this.#opening!.painting;
    if (this.chosen === chosen) this.painting = painting;
    return painting;
  }

  async clear(): Promise<void> {
    this.#leave();
    this.chosen = null;
    this.shown = false;
    await saveSetting(KEY, null).catch(() => undefined);
  }

  /** What was painted belongs to its picture. */
  #leave(): void {
    this.painting?.close();
    this.painting = null;
    this.#opening = null;
  }
}

async function readSource(file: Blob, name: string): Promise<NamedSource> {
  const { sourcePicture } = await import('../../generation/request/source-picture.ts');
  const picture = await sourcePicture(file);
  const { size } = picture;
  if (size && size.width * size.height > MAX_SHOWN_PIXELS) throw new Failure('bad-file', t.tooLarge(name));
  return { name: name.slice(0, MAX_NAME), picture };
}
