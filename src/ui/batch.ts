// img2img over many files, as A1111's tab "Batch" does it (modules/img2img.py, process_batch): a request a file, in the order of
// their names. Loaded when first used.
import type { GenerationParameters, Img2Img, Inpaint } from '../generation/request/request.ts';
import { sourcePicture, type SourcePicture } from '../generation/request/source-picture.ts';
import { sizeBy } from './choices.ts';
import { wordsOf } from './failure.ts';
import { readParameters } from './read-parameters.ts';
import type { PngInfo } from './state/png-info.svelte.ts';
import { batch as t } from './strings/batch.ts';

/** What can be taken from each picture's own text. A1111: "Parameters to take from png info". */
export const TAKEN = ['prompt', 'negativePrompt', 'seed', 'cfgScale', 'sampler', 'steps'] as const;
export type Taken = (typeof TAKEN)[number];

export interface BatchFiles {
  readonly pictures: readonly File[];
  /** One for all of them, or one for each by the same name; none: whole pictures are painted over. */
  readonly masks: readonly File[];
  /** Pictures whose texts are read in place of the sources', by the same name; none: each source's own. */
  readonly infos: readonly File[];
  readonly taken: readonly Taken[];
}

/** What holds for all of them. */
export interface BatchSettings {
  readonly request: GenerationParameters;
  readonly img2img: Omit<Img2Img, 'source' | 'inpaint'>;
  readonly inpaint: Omit<Inpaint, 'mask'>;
  /** As many times as large as each source, in place of the request's size; null for that. */
  readonly resizeBy: number | null;
}

export interface Batch {
  readonly requests: readonly GenerationParameters[];
  /** Of the files they are made of. */
  readonly names: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

/** Files that cannot be used are left out, with the reason. */
export async function batchOf(
  { pictures, masks, infos, taken }: BatchFiles,
  { request, img2img, inpaint, resizeBy }: BatchSettings,
  pngInfo: Pick<PngInfo, 'read'>,
  onProgress: (done: number) => void,
): Promise<Batch> {
  const byName = new Intl.Collator('en', { numeric: true });
  const requests: GenerationParameters[] = [];
  const names: string[] = [];
  const skipped: { name: string; why: string }[] = [];
  const known = new Map<File, SourcePicture>();
  const maskOf = async (picture: File): Promise<SourcePicture | null> => {
    const file = masks.length > 1 ? named(masks, picture.name) : masks[0];
    if (!file) {
      if (masks.length > 0) throw new Error(t.noMask);
      return null;
    }
    const mask = known.get(file) ?? (await sourcePicture(file));
    known.set(file, mask);
    return mask;
  };
  for (const picture of [...pictures].sort((a, b) => byName.compare(a.name, b.name))) {
    try {
      const mask = await maskOf(picture);
      const source = await sourcePicture(picture);
      const told = infos.length > 0 ? named(infos, picture.name) : picture;
      requests.push({
        ...request,
        ...(resizeBy !== null && source.size && sizeBy(source.size, resizeBy)),
        ...(told && (await ownOf(told, request, taken, pngInfo))),
        img2img: {
          ...img2img,
          source,
          inpaint: mask && { ...inpaint, mask },
        },
      });
      names.push(picture.name);
    } catch (error) {
      skipped.push({ name: picture.name, why: wordsOf(error, 'bad-file') });
    }
    onProgress(requests.length + skipped.length);
  }
  return { requests, names, skipped };
}

/** What a picture's text says of what is taken: its prompts come after those that are set. */
async function ownOf(
  picture: File,
  set: GenerationParameters,
  taken: readonly Taken[],
  pngInfo: Pick<PngInfo, 'read'>,
): Promise<Partial<GenerationParameters>> {
  if (taken.length === 0) return {};
  const { parameters: text } = await pngInfo.read(picture, picture.name);
  if (text === null) return {};
  const { prompt, negativePrompt, seed, cfgScale, sampler, scheduler, steps } =
    readParameters(text).parameters;
  const after = (own: string, theirs: string | undefined) => [own, theirs ?? ''].filter(Boolean).join(' ');
  const told: Readonly<Record<Taken, Partial<GenerationParameters>>> = {
    prompt: { prompt: after(set.prompt, prompt) },
    negativePrompt: { negativePrompt: after(set.negativePrompt, negativePrompt) },
    seed: seed === undefined ? {} : { seed },
    cfgScale: cfgScale === undefined ? {} : { cfgScale },
    sampler: sampler === undefined ? {} : { sampler, ...(scheduler !== undefined && { scheduler }) },
    steps: steps === undefined ? {} : { steps },
  };
  return Object.assign({}, ...taken.map((name) => told[name])) as Partial<GenerationParameters>;
}

/** The one of that name, whatever its ending. */
function named(files: readonly File[], name: string): File | undefined {
  return files.find((file) => stem(file.name) === stem(name));
}

function stem(name: string): string {
  return name.replace(/\.[^.]*$/, '');
}
