// The Extras tab's work: pictures go through the steps that are asked for, one after another, and what comes out is kept with the
// text of the picture it was made of.
import type { ExtrasRequest } from '../../finishing/extras-request.ts';
import { runExtras } from '../../finishing/extras.ts';
import type { Colorize, WorkedPicture } from '../../finishing/extras-step.ts';
import type { FaceTools } from '../../finishing/faces/restore-faces.ts';
import type { Upscale } from '../../finishing/upscale.ts';
import { ImageError } from '../../image/errors.ts';
import { readImageMetadata } from '../../image/metadata.ts';
import type { Size } from '../../image/picture-file.ts';
import { withoutAlpha, type PixelImage } from '../../image/pixels.ts';
import { encodePng, MAX_PIXELS } from '../../image/png.ts';
import { readPicture } from '../../image/read-picture.ts';
import { upscaledSize } from '../../image/upscale.ts';
import { MAX_PARAMETERS } from '../../library/image-record.ts';
import { saveImage } from '../../library/images.ts';
import { BadParametersError, InterruptedError } from '../../runtime/errors.ts';
import type { NetworkEvent } from '../../runtime/network-event.ts';
import { turn } from '../../runtime/turn.ts';
import { extrasText, withExtras } from '../request/extras-text.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import { splitInfotext } from '../request/infotext/parse.ts';
import { parseSeed, type Seed } from '../request/seeds.ts';
import type { Job } from './models-in-use.ts';

export interface ExtrasOrder {
  readonly pictures: readonly ExtrasSource[];
  readonly request: ExtrasRequest;
  /** What upscalers are set to. */
  readonly settings: ImageSettings;
}

export interface ExtrasSource {
  readonly name: string;
  readonly file: Blob;
}

export type ExtrasEvent =
  | NetworkEvent
  /** A picture, from 0, and the step that begins. */
  | { readonly type: 'at'; readonly picture: number; readonly step: string }
  /** A finished picture, made of picture `of`, already in the library. */
  | {
      readonly type: 'made';
      readonly of: number;
      readonly id: string;
      readonly png: Blob;
      readonly seed: Seed;
      readonly parameters: string;
      readonly size: Size;
      /** Of the picture it was made of. */
      readonly before: Size;
    }
  /** A picture that cannot be worked on; the others are. */
  | { readonly type: 'refused'; readonly name: string; readonly why: string };

export interface ExtrasOutcome {
  readonly status: 'finished' | 'interrupted';
  readonly made: number;
}

export interface ExtrasTask {
  readonly job: Job;
  readonly order: ExtrasOrder;
  readonly colorize: Colorize;
  readonly upscale: Upscale;
  readonly faces: FaceTools;
  readonly onEvent: (event: ExtrasEvent) => void;
}

/** Rejects with what networks reject with. */
export async function workOnPictures({
  job,
  order,
  colorize,
  upscale,
  faces,
  onEvent,
}: ExtrasTask): Promise<ExtrasOutcome> {
  let made = 0;
  const colors = await colorsFor(order.request);
  for (const [index, source] of order.pictures.entries()) {
    job.skip = false;
    try {
      for (const picture of await workOn(source, index)) {
        await keep(picture, index);
        made += 1;
      }
    } catch (error) {
      if (error instanceof InterruptedError) {
        if (job.stop) return { status: 'interrupted', made };
      } else if (error instanceof ImageError || error instanceof BadParametersError) {
        onEvent({ type: 'refused', name: source.name, why: error.message });
      } else throw error;
    }
  }
  return { status: 'finished', made };

  async function workOn({ file }: ExtrasSource, picture: number): Promise<readonly Made[]> {
    const image = opaque(await readPicture(file));
    const { parameters } = await readImageMetadata(file);
    const onStep = async (step: string): Promise<void> => {
      onEvent({ type: 'at', picture, step });
      await turn();
      if (job.stop || job.skip) throw new InterruptedError();
    };
    await onStep('');
    const means = { colors, colorize, upscale: within(upscale), faces, onStep };
    const worked = await runExtras(image, order.request, means);
    const { width, height } = image;
    const before = { width, height };
    return worked.map((one) => ({ ...one, ...told(parameters ?? '', one), before }));
  }

  async function keep({ image, text: parameters, seed, modelHash, before }: Made, of: number): Promise<void> {
    const { width, height } = image;
    const png = new Blob([await encodePng(image, { parameters })], { type: 'image/png' });
    const id = crypto.randomUUID();
    await saveImage({ id, createdAt: Date.now(), width, height, seed, modelHash, parameters, png }).catch(
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        const message = `The picture is shown but could not be kept; download it now. ${why}`;
        onEvent({ type: 'warning', message });
      },
    );
    // In another thread the picture is there before the word that all is done.
    await (onEvent({
      type: 'made',
      of,
      id,
      png,
      seed,
      parameters,
      size: { width, height },
      before,
    }) as unknown);
  }
}

/** Of the picture that Recolor takes them from. Rejects with BadParametersError where that cannot be read. */
async function colorsFor({ recolor: { on, colors, colorizer } }: ExtrasRequest): Promise<PixelImage | null> {
  if (!on || !colors || colorizer) return null;
  try {
    return withoutAlpha(await readPicture(colors.file));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new BadParametersError(`The colours of ${colors.name} cannot be taken. ${error.message}`);
  }
}

interface Made extends WorkedPicture, Told {
  readonly before: Size;
}

/** What is kept beside a picture, out of the text of the one that it was made of. */
interface Told {
  readonly text: string;
  readonly seed: Seed;
  readonly modelHash: string;
}

function told(parameters: string, { info }: WorkedPicture): Told {
  const { fields } = splitInfotext(parameters);
  const text = withExtras(parameters, info);
  return {
    // A file may bring more than any record takes.
    text: text.length > MAX_PARAMETERS ? extrasText(info) : text,
    seed: parseSeed(fields.get('Seed')) ?? 0,
    modelHash: fields.get('Model hash') ?? '',
  };
}

/** Refuses what nothing here could open again, before it is computed. */
function within(upscale: Upscale): Upscale {
  return (image, upscaler, scale) => {
    const { width, height } = upscaledSize(image, upscaler, scale);
    if (width < 1 || height < 1)
      throw new BadParametersError(`The picture would be ${width} x ${height}. Choose a larger size.`);
    if (width * height > MAX_PIXELS) {
      throw new BadParametersError(
        `The picture would be ${width} x ${height}; at most ${MAX_PIXELS} pixels can be opened again. Choose a smaller size.`,
      );
    }
    return upscale(image, upscaler, scale);
  };
}

/** Browsers give every picture an alpha channel. */
function opaque(image: PixelImage): PixelImage {
  if (image.channels === 3) return image;
  for (let i = 3; i < image.data.length; i += 4) if (image.data[i] !== 255) return image;
  return withoutAlpha(image);
}
