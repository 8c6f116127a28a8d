// The canvas over img2img's source as a person uses it, with real events.
import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';
import { decodePng } from '../src/image/png.ts';
import { DarkroomPage } from './darkroom-page.ts';
import { makePictures, storePictures } from './stored-pictures.ts';

/** Of the picture that `open` paints on. */
export const SIZE = { width: 400, height: 300 };
/** Around a picture that fits. */
const MARGIN = 12;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export class CanvasPage {
  readonly room: Locator;
  readonly surface: Locator;

  constructor(readonly page: Page) {
    this.room = page.getByRole('region', { name: 'Painting on the source' });
    this.surface = this.room.getByRole('application', { name: 'Canvas' });
  }

  /** A page whose source is a stored picture. Its checkpoint is not there, which a message says, until it is dismissed. */
  static async open(page: Page, dismisses = true): Promise<CanvasPage> {
    await storePictures(page, await makePictures(1, 1, SIZE));
    const darkroom = new DarkroomPage(page);
    await darkroom.open();
    await darkroom.recent.first().click();
    await page.getByRole('button', { name: 'Send to img2img' }).click();
    await expect(page.getByRole('img', { name: /^Source picture/ })).toBeVisible();
    if (dismisses)
      await page.getByRole('button', { name: 'Dismiss: The picture may come out different' }).click();
    return new CanvasPage(page);
  }

  async choose(mode: string): Promise<void> {
    await this.page
      .getByRole('radiogroup', { name: 'What to do with the source' })
      .getByText(mode, { exact: true })
      .click();
  }

  /** Says how large the picture is shown. */
  get fit(): Locator {
    return this.room.getByRole('button', { name: /^Fit/ });
  }

  button(name: string): Locator {
    return this.room.getByRole('button', { name, exact: true });
  }

  /** Where a pixel of the picture is on the screen while it fits. */
  async at(x: number, y: number, picture = SIZE): Promise<Point> {
    const box = await this.surface.boundingBox();
    // The surface's focus ring lies two pixels inside of it.
    const [width, height] = [box!.width + 4, box!.height + 4];
    const scale = Math.min((width - 2 * MARGIN) / picture.width, (height - 2 * MARGIN) / picture.height);
    return {
      x: box!.x - 2 + (width - picture.width * scale) / 2 + x * scale,
      y: box!.y - 2 + (height - picture.height * scale) / 2 + y * scale,
    };
  }

  /** A stroke with the mouse between pixels of the picture. */
  async stroke(
    from: readonly [number, number],
    to: readonly [number, number],
    picture = SIZE,
  ): Promise<void> {
    const [a, b] = [await this.at(...from, picture), await this.at(...to, picture)];
    await this.page.mouse.move(a.x, a.y);
    await this.page.mouse.down();
    await this.page.mouse.move(b.x, b.y, { steps: 8 });
    await this.page.mouse.up();
  }

  async menu(item: string): Promise<void> {
    await this.button('More').click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  async mask(): Promise<Mask> {
    const download = this.page.waitForEvent('download');
    await this.menu('Save the mask');
    return new Mask(await decodePng(new Uint8Array(readFileSync(await (await download).path()))));
  }
}

export class Mask {
  constructor(readonly png: Awaited<ReturnType<typeof decodePng>>) {}

  /** 0..255. */
  at(x: number, y: number): number {
    return this.png.data[(y * this.png.width + x) * this.png.channels]!;
  }

  /** The share that is painted over. */
  get part(): number {
    const { data, channels } = this.png;
    let count = 0;
    for (let i = 0; i < data.length; i += channels) if (data[i]! > 127) count += 1;
    return count / (data.length / channels);
  }
}
