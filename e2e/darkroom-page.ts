// The page as a person uses it: by labels, buttons, files and keys.
import { expect, type JSHandle, type Locator, type Page } from '@playwright/test';
import type {} from '../src/ui/automation.ts';
import type { CheckpointFiles } from './small-checkpoint.ts';
import type { ProcessorChoice } from '../src/ui/state/processor.svelte.ts';

/** Where the tabs are. */
const PLACES = {
  txt2img: 'Create',
  Extras: 'Create',
  'PNG Info': 'Pictures',
  Gallery: 'Pictures',
  Models: 'Models',
  'Checkpoint Merger': 'Models',
  Settings: 'Settings',
} as const;

export class DarkroomPage {
  readonly checkpoint: Locator;
  readonly prompt: Locator;
  readonly generateButton: Locator;
  readonly interruptButton: Locator;
  /** The finished picture that is shown large. */
  readonly picture: Locator;
  readonly parameters: Locator;
  /** Thumbnails of the latest pictures: those of the run, and others of the library. */
  readonly recent: Locator;
  #opensImports = false;

  constructor(readonly page: Page) {
    this.checkpoint = page.getByLabel('Stable Diffusion checkpoint');
    this.prompt = page.getByLabel('Prompt', { exact: true });
    this.generateButton = page.getByRole('button', { name: /^Generate/ });
    this.interruptButton = page.getByRole('button', { name: 'Interrupt' });
    this.picture = page.getByRole('img', { name: /^Generated picture/ });
    this.parameters = page.getByRole('region', { name: 'Parameters of this picture' });
    this.recent = page.getByRole('button', { name: /^Picture (with|\d+,) seed/ });
  }

  /**
   * Paints with WebGPU, which the tests' browsers render in software, unless told: left to itself, the page finds the
   * processor faster there.
   */
  async open(processor: ProcessorChoice = 'gpu'): Promise<void> {
    await this.page.goto('/');
    await expect(this.link('txt2img')).toBeVisible();
    await this.page.evaluate((choice) => window.darkroom.paintOn(choice), processor);
  }

  /** A page that paints on the processor with a checkpoint of its own. */
  static async withModel(page: Page, files: CheckpointFiles): Promise<DarkroomPage> {
    const darkroom = new DarkroomPage(page);
    await darkroom.open();
    await darkroom.useProcessor();
    await darkroom.pick([files.checkpoint, files.sidecar]);
    const told = darkroom.importOf(`${files.name}.safetensors`);
    await expect(told).toContainText('Imported', { timeout: 300_000 });
    return darkroom;
  }

  /** The link to a tab of the place that is shown, in the bar on top. */
  link(label: string): Locator {
    return this.page.getByRole('banner').getByRole('link', { name: label, exact: true });
  }

  async tab(name: keyof typeof PLACES): Promise<void> {
    const places = this.page.getByRole('navigation', { name: 'Places' });
    await places.getByRole('link', { name: PLACES[name] }).click();
    await this.link(name === 'Models' ? 'Checkpoints' : name).click();
  }

  /** A control of what is shown, by its label. The section it lies in is opened. */
  async control(label: string): Promise<Locator> {
    const panel = this.page.locator('main > section:not([hidden])');
    const field = this.page.getByLabel(label, { exact: true });
    const sheet = panel.getByRole('button', { name: /^Controls/, expanded: false });
    if ((await sheet.isVisible()) && (await field.first().isHidden())) await sheet.click();
    const closed = panel.locator('details:not([open])').filter({ has: field });
    if ((await closed.count()) > 0) await closed.locator('summary').click();
    return panel.getByLabel(label, { exact: true });
  }

  /** Draws on the processor from now on: quicker than a GPU in software, for what does not depend on the GPU. */
  async useProcessor(): Promise<void> {
    await this.tab('Settings');
    await this.page.getByLabel('Paint on').selectOption('cpu');
    await this.tab('txt2img');
  }

  /** Chooses files as in the browser's file dialog. */
  async pick(files: readonly string[]): Promise<void> {
    const chooser = this.page.waitForEvent('filechooser');
    await this.page
      .getByRole('button', { name: /^Import/ })
      .first()
      .click();
    await (await chooser).setFiles([...files]);
  }

  /** Drags files over the page and drops them. */
  async drop(files: readonly string[]): Promise<void> {
    const dataTransfer = await this.#transfer(files);
    const body = this.page.locator('body');
    await body.dispatchEvent('dragenter', { dataTransfer });
    await expect(this.page.getByText('Drop the checkpoint anywhere')).toBeVisible();
    await body.dispatchEvent('dragover', { dataTransfer });
    await body.dispatchEvent('drop', { dataTransfer });
    await expect(this.page.getByText('Drop the checkpoint anywhere')).toBeHidden();
  }

  /** Drags a picture over the page and drops it. */
  async dropPicture(path: string): Promise<void> {
    const dataTransfer = await this.#transfer([path]);
    for (const type of ['dragenter', 'dragover', 'drop'])
      await this.page.locator('body').dispatchEvent(type, { dataTransfer });
  }

  /** What a drag carries. */
  async #transfer(files: readonly string[]): Promise<JSHandle<DataTransfer>> {
    const input = await this.page.evaluateHandle(() => {
      const element = document.createElement('input');
      element.type = 'file';
      element.multiple = true;
      return element;
    });
    await input.setInputFiles([...files]);
    return input.evaluateHandle((element) => {
      const data = new DataTransfer();
      for (const file of element.files ?? []) data.items.add(file);
      return data;
    });
  }

  /** Shows a picture in PNG Info, whose tab is open. */
  async pngInfo(buffer: Buffer): Promise<void> {
    const chooser = this.page.waitForEvent('filechooser');
    await this.page.getByRole('button', { name: 'Choose a picture' }).click();
    await (await chooser).setFiles([{ name: 'picture.png', mimeType: 'image/png', buffer }]);
    await expect(this.page.getByRole('button', { name: 'Send to txt2img' })).toBeVisible();
  }

  /** The line about the imports, of one file or of many. */
  get imports(): Locator {
    return this.page.getByRole('region', { name: 'Import' });
  }

  /** What tells how a file's import goes. From the first call on, the line about many files is opened when it is shown. */
  importOf(fileName: string): Locator {
    if (!this.#opensImports) {
      this.#opensImports = true;
      const closed = this.imports.getByRole('button', { name: 'Show each file', expanded: false });
      void this.page.addLocatorHandler(closed, (button) => button.click(), { noWaitAfter: true });
    }
    const named = this.page.getByText(fileName, { exact: true });
    return this.imports.getByRole('article').filter({ has: named });
  }

  /** A model's name in the list of models. */
  model(name: string): Locator {
    const list = this.page.getByRole('region', { name: 'Checkpoints' });
    return list.getByRole('heading', { name, exact: true });
  }

  /** Puts the sheet of controls down, where a phone has opened it over the page. */
  async lowerSheet(): Promise<void> {
    const open = this.page.getByRole('button', { name: /^Controls/, expanded: true });
    if (await open.isVisible()) await open.click();
  }

  /** Sets the numbers of the controls, by their labels. */
  async set(values: Readonly<Record<string, number>>): Promise<void> {
    for (const [label, value] of Object.entries(values)) {
      const field = await this.control(label);
      await field.fill(String(value));
      await field.blur();
      await expect(field).toHaveValue(String(value));
    }
    await this.lowerSheet();
  }

  async choose(label: string, option: string): Promise<void> {
    await (await this.control(label)).selectOption(option);
    await this.lowerSheet();
  }

  /** Waits until no picture is in the making any more. */
  async finished(): Promise<void> {
    await expect(this.generateButton).toBeVisible({ timeout: 1_200_000 });
  }

  /** Makes one picture: red, green and blue of every pixel. */
  async draw(): Promise<number[]> {
    await this.generateButton.click();
    await expect(this.interruptButton).toBeVisible();
    await this.finished();
    await expect(this.failures).toHaveCount(0);
    return this.pixels();
  }

  /** Red, green and blue of every pixel of a picture: the one that is shown large, unless told. */
  async pixels(picture = this.picture): Promise<number[]> {
    return picture.evaluate(async (element: HTMLImageElement) => {
      await element.decode();
      const canvas = new OffscreenCanvas(element.naturalWidth, element.naturalHeight);
      const context = canvas.getContext('2d')!;
      context.drawImage(element, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      return [...data].filter((_, i) => i % 4 !== 3);
    });
  }

  /** Values of the settings that have been written. */
  async storedSettings(): Promise<unknown[]> {
    return this.page.evaluate(
      () =>
        new Promise<unknown[]>((resolve, reject) => {
          const opening = indexedDB.open('darkroom-settings');
          opening.onerror = () => reject(new Error('The settings cannot be opened.'));
          opening.onsuccess = () => {
            const reading = opening.result.transaction('entries').objectStore('entries').getAll();
            reading.onerror = () => reject(new Error('The settings cannot be read.'));
            reading.onsuccess = () => {
              opening.result.close();
              resolve(reading.result);
            };
          };
        }),
    );
  }

  /** Messages in the corner that tell of a failure. */
  get failures(): Locator {
    return this.page.getByRole('alert');
  }
}
