// The picture that img2img starts from, kept over a reload.
import type { SourcePicture } from '../../generation/request/source-picture.ts';
import { loadSetting, saveSetting } from '../../library/settings.ts';
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

  /** @throws Error for what is no picture, or cannot be shown. */
  async take(file: Blob, name: string): Promise<void> {
    this.chosen = await readSource(file, name);
    this.shown = true;
    // Where nothing can be kept it lasts as long as the page, as all else does.
    await saveSetting(KEY, { file: this.chosen.picture.file, name }).catch(() => undefined);
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

  async clear(): Promise<void> {
    this.chosen = null;
    this.shown = false;
    await saveSetting(KEY, null).catch(() => undefined);
  }
}

async function readSource(file: Blob, name: string): Promise<NamedSource> {
  const { sourcePicture } = await import('../../generation/request/source-picture.ts');
  const picture = await sourcePicture(file);
  const { size } = picture;
  if (size && size.width * size.height > MAX_SHOWN_PIXELS) throw new Failure('bad-file', t.tooLarge(name));
  return { name: name.slice(0, MAX_NAME), picture };
}
