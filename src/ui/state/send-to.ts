// Where a picture can be sent: A1111's row of buttons below every picture, wherever it is shown.
import type { Mode } from '../canvas/modes.ts';
import type { IconName } from '../icons.ts';
import { Failure } from '../failure.ts';
import type { Picture } from '../picture.ts';
import type { sending as t } from '../strings/sending.ts';
import { passes } from '../strings/passes.ts';
import { source } from '../strings/source.ts';

/** A picture on its way, of the library or not. */
export interface SentPicture {
  readonly name: string;
  /** How it was made; null where that is not known. */
  readonly text: string | null;
  /** Its file; null where the browser has lost it. */
  file(): Promise<Blob | null>;
}

export interface Destination {
  readonly id: keyof typeof t.to;
  readonly icon: IconName;
  readonly run: () => Promise<void>;
}

/** What it needs of the page. */
export interface SendingHost {
  readonly library: { png(id: string): Promise<Blob | null> };
  sendToTxt2img(text: string): Promise<void>;
  sendToImg2img(picture: Blob, name: string, text: string | null, mode: Mode): Promise<void>;
  sendToExtras(picture: Blob, name: string): void;
  readonly runs: { enlarge(picture: Blob, text: string): Promise<void> };
  attempt(title: string, action: () => Promise<unknown>): Promise<boolean>;
}

export class SendTo {
  constructor(private readonly host: SendingHost) {}

  /** In A1111's order. */
  destinationsOf(picture: SentPicture): readonly Destination[] {
    const { text } = picture;
    const settings: Destination[] =
      text === null ? [] : [{ id: 'txt2img', icon: 'send', run: () => this.host.sendToTxt2img(text) }];
    const enlarge: Destination[] =
      text === null ? [] : [{ id: 'hires', icon: 'spark', run: () => this.#enlarge(picture, text) }];
    return [
      ...settings,
      { id: 'img2img', icon: 'picture', run: () => this.#toImg2img(picture, 'img2img') },
      { id: 'inpaint', icon: 'brush', run: () => this.#toImg2img(picture, 'inpaint') },
      { id: 'extras', icon: 'expand', run: () => this.#toExtras(picture) },
      ...enlarge,
    ];
  }

  /** A picture of the library, or one that just came out. */
  pictureOf({ id, png, seed, parameters }: Picture): SentPicture {
    return {
      name: source.nameOf(String(seed)),
      text: parameters,
      file: async () => png ?? (await this.host.library.png(id)),
    };
  }

  async #enlarge(picture: SentPicture, text: string): Promise<void> {
    await this.host.attempt(passes.notEnlarged, async () => {
      await this.host.runs.enlarge(await fileOf(picture), text);
    });
  }

  async #toExtras(picture: SentPicture): Promise<void> {
    await this.host.attempt(source.notTaken, async () => {
      this.host.sendToExtras(await fileOf(picture), picture.name);
    });
  }

  async #toImg2img(picture: SentPicture, mode: Mode): Promise<void> {
    await this.host.attempt(source.notTaken, async () => {
      await this.host.sendToImg2img(await fileOf(picture), picture.name, picture.text, mode);
    });
  }
}

/** Throws where it is gone. */
export async function fileOf(picture: SentPicture): Promise<Blob> {
  const file = await picture.file();
  if (!file) throw new Failure('bad-file', source.gone);
  return file;
}
