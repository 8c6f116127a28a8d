// Paints what the interface is asked for: the built app in a headless Chromium does it.
import type { ImageSettings } from '../../src/generation/request/image-settings.ts';
import { DEFAULT_SAVED_AS, type FileFormat } from '../../src/library/saved-as.ts';
import type { StoredModel } from '../../src/library/types.ts';
import type { Painted } from '../../src/sdapi/answer.ts';
import type { ListedModel } from '../../src/sdapi/catalogue.ts';
import type { ExtrasWork } from '../../src/sdapi/extras.ts';
import type { Painting } from '../../src/sdapi/painting.ts';
import type { Painter, Told } from '../../src/sdapi/service.ts';
import type { App } from '../app.ts';

export class BrowserPainter implements Painter {
  constructor(private readonly app: App) {}

  async models(): Promise<readonly StoredModel[]> {
    return this.app.page.evaluate(() => window.darkroom.listModels());
  }

  async paint(
    { model, parameters, format, fields }: Painting,
    tell: (told: Told) => void,
  ): Promise<readonly Painted[]> {
    const ids: string[] = [];
    const pictures: { readonly png: Buffer; readonly parameters: string }[] = [];
    try {
      await this.app.generate(
        model.sha256,
        parameters,
        (event) => {
          if (event.type === 'step' || event.type === 'status') tell(event);
        },
        (picture) => {
          ids.push(picture.id);
          pictures.push(picture);
        },
        (png) => tell({ type: 'preview', png }),
      );
    } finally {
      // The program has it; the library is the page's.
      if (!fields.save_images) await this.#forget(ids);
    }
    return Promise.all(
      pictures.map(async ({ png, parameters }) => {
        const base64 = png.toString('base64');
        return { base64: await this.#converted(base64, parameters, format), parameters };
      }),
    );
  }

  async extras({ pictures, request }: ExtrasWork, settings: ImageSettings): Promise<readonly Painted[]> {
    const files = pictures.map(({ name, bytes }) => ({
      name,
      base64: Buffer.from(bytes).toString('base64'),
    }));
    // What Recolor is given does not travel; it is never asked for here.
    const { recolor, ...steps } = request;
    const { made, refused } = await this.app.page.evaluate(
      async ({ files, steps, recolor, settings, cpu }) => {
        const made: { id: string; base64: Promise<string>; parameters: string }[] = [];
        const refused: string[] = [];
        const sources = files.map(({ name, base64 }) => ({
          name,
          file: new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]),
        }));
        const request = { ...steps, recolor };
        await window.darkroom.extras({ pictures: sources, request, settings }, cpu, (event) => {
          if (event.type === 'refused') refused.push(`${event.name}: ${event.why}`);
          if (event.type !== 'made') return;
          const { id, parameters, png } = event;
          made.push({ id, parameters, base64: base64Of(png) });
        });
        const read = made.map(async (one) => ({ ...one, base64: await one.base64 }));
        return { made: await Promise.all(read), refused };

        function base64Of(blob: Blob): Promise<string> {
          return new Promise((resolve, reject) => {
            const reader = new FileReader();
            reader.onload = () => resolve(String(reader.result).replace(/^.*?,/, ''));
            reader.onerror = () => reject(new Error('The picture could not be read.'));
            reader.readAsDataURL(blob);
          });
        }
      },
      { files, steps, recolor: { ...recolor, colors: null }, settings, cpu: this.app.processor === 'cpu' },
    );
    await this.#forget(made.map(({ id }) => id));
    if (refused.length > 0) throw new Error(refused.join(' '));
    return made;
  }

  async interrupt(): Promise<void> {
    await this.app.interrupt();
  }

  async skip(): Promise<void> {
    await this.app.page.evaluate(() => window.darkroom.skip());
  }

  async load({ sha256 }: ListedModel): Promise<void> {
    await this.app.load(sha256);
  }

  async unload(): Promise<void> {
    await this.app.unload();
  }

  async #forget(ids: readonly string[]): Promise<void> {
    await this.app.page.evaluate((ids) => window.darkroom.deleteImages(ids), ids);
  }

  async #converted(base64: string, parameters: string, format: FileFormat): Promise<string> {
    if (format === 'png') return base64;
    return this.app.page.evaluate(
      async ({ base64, parameters, how }) => {
        const png = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: 'image/png' });
        const file = await window.darkroom.convert(png, parameters, how);
        const bytes = new Uint8Array(await file.arrayBuffer());
        return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
      },
      { base64, parameters, how: { ...DEFAULT_SAVED_AS, format } },
    );
  }
}
