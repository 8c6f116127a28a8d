// What can be cut short, and what must hold afterwards. Each is begun in the page as a person begins it.
import { expect, type Page } from '@playwright/test';
import type { DarkroomPage } from '../darkroom-page.ts';
import type { CheckpointFiles } from '../small-checkpoint.ts';
import { expectWhole, storedPictures, storedState } from './stored.ts';

/** One kind of work. The same object serves many rounds; what one round must remember lies in it. */
export interface Accident {
  readonly name: string;
  /** Begins what will be cut short; resolves as soon as it is under way. */
  begin(darkroom: DarkroomPage): Promise<void>;
  /** Resolves when it has ended by itself. */
  end(darkroom: DarkroomPage): Promise<void>;
  /** With the page open again: throws what does not hold, and leaves all as it was before `begin`. */
  check(darkroom: DarkroomPage): Promise<void>;
}

/** A number in [0, 1). */
export type Random = () => number;

/** Sends the files in; on another round than the first, the model may be there from before. */
export class Importing implements Accident {
  readonly name = 'import';

  constructor(
    private readonly files: CheckpointFiles,
    /** Models that must be there whatever happens. */
    private readonly others: number,
  ) {}

  async begin(darkroom: DarkroomPage): Promise<void> {
    await darkroom.tab('Models');
    await importFiles(darkroom, this.files);
  }

  end(darkroom: DarkroomPage): Promise<void> {
    return imported(darkroom, this.files);
  }

  async check(darkroom: DarkroomPage): Promise<void> {
    const { models } = await expectWhole(darkroom.page);
    const mine = models.filter(({ name }) => name === this.files.name);
    expect(models.length - mine.length, 'models of before').toBe(this.others);
    await darkroom.tab('Models');
    await expect(darkroom.model(this.files.name)).toHaveCount(mine.length);
    if (mine.length === 0) {
      await importFiles(darkroom, this.files);
      await imported(darkroom, this.files);
    }
    await deleteModel(darkroom, this.files.name);
    await expect(darkroom.model(this.files.name)).toHaveCount(0);
    await expect.poll(async () => (await expectWhole(darkroom.page)).models.length).toBe(this.others);
  }
}

/** Deletes a model. */
export class Deleting implements Accident {
  readonly name = 'delete';

  constructor(
    private readonly files: CheckpointFiles,
    private readonly others: number,
  ) {}

  async begin(darkroom: DarkroomPage): Promise<void> {
    await darkroom.tab('Models');
    await importFiles(darkroom, this.files);
    await imported(darkroom, this.files);
    await deleteModel(darkroom, this.files.name);
  }

  async end(darkroom: DarkroomPage): Promise<void> {
    await expect(darkroom.model(this.files.name)).toHaveCount(0);
  }

  async check(darkroom: DarkroomPage): Promise<void> {
    const { models } = await expectWhole(darkroom.page);
    const mine = models.filter(({ name }) => name === this.files.name);
    expect(models.length - mine.length, 'models of before').toBe(this.others);
    if (mine.length === 0) return;
    await darkroom.tab('Models');
    await deleteModel(darkroom, this.files.name);
    await expect(darkroom.model(this.files.name)).toHaveCount(0);
  }
}

/** Makes pictures of two jobs. Those of an undisturbed run are the measure. */
export class Drawing implements Accident {
  readonly name = 'queue';
  #undisturbed: readonly string[] | null = null;
  #before: ReadonlyMap<string, string> = new Map();

  constructor(private readonly steps: number) {}

  async begin(darkroom: DarkroomPage): Promise<void> {
    this.#before = await storedPictures(darkroom.page);
    await darkroom.prompt.fill('a lighthouse');
    // Draws noise at every step and looks back over its predictions: whatever is forgotten shows.
    await darkroom.choose('Sampling method', 'DPM++ 2M SDE');
    await darkroom.set({
      Width: 64,
      Height: 64,
      'CFG Scale': 1,
      'Sampling steps': this.steps,
      'Batch count': 2,
      Seed: 5,
    });
    await darkroom.generateButton.click();
    await expect(darkroom.interruptButton).toBeVisible();
  }

  async end(darkroom: DarkroomPage): Promise<void> {
    await darkroom.finished();
  }

  async check(darkroom: DarkroomPage): Promise<void> {
    const { page } = darkroom;
    const { jobs } = await storedState(page);
    if (jobs > 0) {
      await page.getByRole('button', { name: 'Resume', exact: true }).click();
      await expect.poll(async () => (await storedState(page)).jobs, { timeout: 1_200_000 }).toBe(0);
      await darkroom.finished();
    }
    await expectWhole(page);
    const after = await storedPictures(page);
    for (const [id, file] of this.#before) expect(after.get(id), 'a picture of before').toBe(file);
    const made = [...after].filter(([id]) => !this.#before.has(id)).map(([, file]) => file);
    // The first round of all is the undisturbed one.
    this.#undisturbed ??= made.sort();
    expect(this.#undisturbed).toHaveLength(2);
    expect(made.sort(), 'the same bytes as of an undisturbed run').toEqual(this.#undisturbed);
  }
}

/** Deletes a picture and marks another. */
export class Sorting implements Accident {
  readonly name = 'gallery';
  #before: ReadonlyMap<string, string> = new Map();

  async begin(darkroom: DarkroomPage): Promise<void> {
    this.#before = await storedPictures(darkroom.page);
    await darkroom.tab('Gallery');
    const tiles = darkroom.page.getByRole('gridcell');
    await expect(tiles.first()).toBeVisible();
    await tiles.nth(1).focus();
    await darkroom.page.keyboard.press('f');
    await tiles.first().focus();
    await darkroom.page.keyboard.press('Delete');
  }

  async end(darkroom: DarkroomPage): Promise<void> {
    await expect.poll(async () => (await storedPictures(darkroom.page)).size).toBe(this.#before.size - 1);
  }

  async check(darkroom: DarkroomPage): Promise<void> {
    await expectWhole(darkroom.page);
    const after = await storedPictures(darkroom.page);
    for (const [id, file] of after) expect(file, 'a picture that is listed').toBe(this.#before.get(id));
    expect(this.#before.size - after.size, 'pictures that are gone').toBeLessThanOrEqual(1);
    await darkroom.tab('Gallery');
    await expect(darkroom.page.getByRole('gridcell')).toHaveCount(after.size);
  }
}

/** Changes controls. */
export class Setting implements Accident {
  readonly name = 'settings';
  #kept = { prompt: '', steps: '' };
  #wanted = { prompt: '', steps: '' };

  constructor(private readonly random: Random) {}

  async begin(darkroom: DarkroomPage): Promise<void> {
    const steps = darkroom.page.getByLabel('Sampling steps', { exact: true });
    this.#kept = { prompt: await darkroom.prompt.inputValue(), steps: await steps.inputValue() };
    const number = () => Math.floor(this.random() * 1e6);
    this.#wanted = { prompt: `a tiger ${number()}`, steps: String(1 + (number() % 100)) };
    await steps.fill(this.#wanted.steps);
    await steps.blur();
    await darkroom.prompt.fill(this.#wanted.prompt);
  }

  async end(darkroom: DarkroomPage): Promise<void> {
    const { prompt } = this.#wanted;
    await expect.poll(async () => JSON.stringify(await darkroom.storedSettings())).toContain(prompt);
  }

  async check({ page, prompt }: DarkroomPage): Promise<void> {
    await expectWhole(page);
    const steps = page.getByLabel('Sampling steps', { exact: true });
    expect([this.#kept.prompt, this.#wanted.prompt]).toContain(await prompt.inputValue());
    expect([this.#kept.steps, this.#wanted.steps]).toContain(await steps.inputValue());
  }
}

export async function importFiles(darkroom: DarkroomPage, files: CheckpointFiles): Promise<void> {
  await darkroom.drop([files.checkpoint, files.sidecar]);
}

export async function imported(darkroom: DarkroomPage, files: CheckpointFiles): Promise<void> {
  const card = darkroom.importOf(`${files.name}.safetensors`).last();
  await expect(card).toContainText('Imported', { timeout: 600_000 });
}

async function deleteModel({ page }: DarkroomPage, name: string): Promise<void> {
  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await page.getByRole('button', { name: 'Delete model' }).click();
}

/** Errors of the page that nobody caught, from now on. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  return errors;
}
