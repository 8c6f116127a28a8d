// The PNG Info tab: a picture from anywhere, and the text that is in it.
import { wordsOf } from '../failure.ts';
import type { ReadParameters } from '../read-parameters.ts';
import { pictures as t } from '../strings/pictures.ts';

/** What is shown of a text, in UTF-16 units. */
export const SHOWN_LENGTH = 200_000;
/** Pixels of a picture that is shown: 8192 x 8192. A file of some bytes can claim billions, each of which takes memory. */
export const MAX_SHOWN_PIXELS = 2 ** 26;

export interface PictureInfo {
  readonly name: string;
  readonly picture: Blob;
  /** Why it is not to be shown, to a person; null where the browser may try. */
  readonly unshowable: string | null;
  /** The parameters text; null where the picture has none. Of another program's picture what that comes to. */
  readonly parameters: string | null;
  /** The other program, and sentences on what of its parameters has no like here; null for A1111 and what writes as it does. */
  readonly other: { readonly program: string; readonly remarks: readonly string[] } | null;
  /** The same, understood; null where there is none. */
  readonly read: ReadParameters | null;
  /** Texts of other programs, by their keyword. */
  readonly others: readonly { readonly keyword: string; readonly text: string }[];
  /** Names of texts that are missing above, or not whole. */
  readonly damaged: readonly string[];
}

export class PngInfo {
  info = $state.raw<PictureInfo | null>(null);
  /** Why the last file could not be read, to a person. */
  problem = $state<string | null>(null);
  reading = $state(false);
  #latest = 0;

  /** `hiddenText` gives what is hidden in a PNG's pixels, and does so in a worker. */
  constructor(private readonly hiddenText: (png: Blob) => Promise<string | null>) {}

  /** Reads a picture and shows it. A file that is none is told in `problem`. */
  async open(picture: Blob, name: string): Promise<void> {
    const turn = ++this.#latest;
    this.reading = true;
    this.problem = null;
    try {
      const info = await this.read(picture, name);
      if (turn === this.#latest) this.info = info;
    } catch (error) {
      if (turn !== this.#latest) return;
      this.info = null;
      this.problem = `${name}: ${wordsOf(error, 'bad-file')}`;
    } finally {
      if (turn === this.#latest) this.reading = false;
    }
  }

  clear(): void {
    this.#latest++;
    this.info = null;
    this.problem = null;
    this.reading = false;
  }

  /** Rejects with an Error for people when the file is no picture. */
  async read(picture: Blob, name: string): Promise<PictureInfo> {
    const [{ PARAMETERS, readImageMetadata }, { readParameters }, { describeOtherProgram }] =
      await Promise.all([
        import('../../image/metadata.ts'),
        import('../read-parameters.ts'),
        import('../read-other-program.ts'),
        import('../installed-extensions.ts').then(({ knowInstalled }) => knowInstalled()),
      ]);
    const metadata = await readImageMetadata(picture);
    const { texts, size, damaged } = metadata;
    const tooLarge = size !== null && size.width * size.height > MAX_SHOWN_PIXELS;
    const other = await describeOtherProgram(metadata, () => this.hiddenText(picture));
    const parameters = other?.text ?? metadata.parameters;
    const others = [...texts].filter(([keyword]) => keyword !== PARAMETERS);
    // What another program wrote where A1111's text stands is no text of A1111's.
    if (other && metadata.parameters !== null) others.unshift([PARAMETERS, metadata.parameters]);
    return {
      name,
      picture,
      unshowable: tooLarge ? t.tooLarge(size.width, size.height) : null,
      parameters,
      other,
      read: parameters === null ? null : readParameters(parameters),
      others: others.map(([keyword, text]) => ({ keyword, text: text.slice(0, SHOWN_LENGTH) })),
      damaged,
    };
  }
}
