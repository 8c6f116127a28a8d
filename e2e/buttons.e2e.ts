// What a click or a key does besides what it is for: a double click makes one job, the focus goes nowhere by itself, and
// nothing that was typed is lost.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { DarkroomPage } from './darkroom-page.ts';
import { makeCheckpoint } from './small-checkpoint.ts';
import { makePictures, parametersOf, storePictures } from './stored-pictures.ts';

async function ready(page: Page, folder: string): Promise<DarkroomPage> {
  const darkroom = await DarkroomPage.withModel(page, await makeCheckpoint(folder));
  await darkroom.choose('Sampling method', 'Euler');
  await darkroom.set({ Width: 64, Height: 64, 'Sampling steps': 8, Seed: 3 });
  return darkroom;
}

/** In whole pixels, from the top of the page. */
async function boxOf(button: Locator) {
  return button.evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return [left + scrollX, top + scrollY, width, height].map(Math.round);
  });
}

/** What has the focus, in words; "BODY" where nothing has it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement } = document;
    if (!activeElement || activeElement === document.body) return 'BODY';
    return activeElement.getAttribute('aria-label') ?? activeElement.textContent?.trim() ?? '';
  });
}

test('Generate keeps its place, and a double click makes one picture', async ({ page }, info) => {
  const darkroom = await ready(page, info.outputPath('model'));
  const place = await boxOf(darkroom.generateButton);
  await darkroom.generateButton.dblclick({ delay: 60 });
  await expect(darkroom.interruptButton).toBeVisible();
  expect(await boxOf(darkroom.interruptButton)).toEqual(place);
  await expect(page.getByRole('region', { name: 'Queue' })).toHaveCount(0);
  await darkroom.finished();
  expect(await boxOf(darkroom.generateButton)).toEqual(place);
  // Neither a second one nor one that the second click has cut short.
  await expect(darkroom.recent).toHaveCount(1);
  await expect(darkroom.parameters).toContainText('Steps: 8');

  await test.step('while one is made, Queue adds one', async () => {
    // It must not be done before the buttons take a click again.
    await darkroom.set({ 'Sampling steps': 100 });
    await darkroom.generateButton.click();
    await page.getByRole('button', { name: 'Queue', exact: true }).click();
    await expect(darkroom.recent).toHaveCount(3, { timeout: 300_000 });
    await darkroom.finished();
  });
  await expect(page.getByText('Runs in another tab')).toHaveCount(0);
});

test('in the only tab nothing ever speaks of another one', async ({ page }, info) => {
  const darkroom = await ready(page, info.outputPath('model'));
  await page.evaluate(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    new MutationObserver(() => {
      // (A run of more than half a minute offers to tell of the next one, which may end while one is in another tab.)
      if (/runs in another tab|another tab is making/i.test(document.body.textContent ?? ''))
        told.push('Another tab');
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  await darkroom.set({ 'Sampling steps': 1 });
  for (let i = 0; i < 3; i++) {
    await darkroom.generateButton.click();
    await expect(darkroom.recent).toHaveCount(i + 1, { timeout: 300_000 });
    await darkroom.finished();
  }
  expect(await page.evaluate(() => (window as unknown as { told: string[] }).told)).toEqual([]);
});

test('the focus stays, or goes to what stands next', async ({ page }, info) => {
  const darkroom = await ready(page, info.outputPath('model'));
  await test.step('through a whole picture it is on the one button', async () => {
    await darkroom.generateButton.focus();
    await page.keyboard.press('Enter');
    await expect(darkroom.interruptButton).toBeFocused();
    await darkroom.finished();
    await expect(darkroom.generateButton).toBeFocused();
  });

  await test.step('a message that is dismissed gives it back', async () => {
    // Parameters that are read are told of.
    await darkroom.prompt.fill('typed by hand');
    await page.getByRole('button', { name: 'Reuse parameters' }).click();
    await page.getByRole('button', { name: 'Dismiss: The prompt was replaced' }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByText('The prompt was replaced')).toHaveCount(0);
    expect(await focused(page)).toBe('Reuse parameters');
  });

  await test.step('a picture that is deleted gives it to its neighbour', async () => {
    await page.getByRole('region', { name: 'Result' }).getByRole('button', { name: 'Delete' }).focus();
    await page.keyboard.press('Enter');
    await expect(darkroom.recent).toHaveCount(0);
    expect(await focused(page)).not.toBe('BODY');
  });

  await test.step('a tab that is left by its own button gives it to the one that is shown', async () => {
    await darkroom.tab('PNG Info');
    await darkroom.pngInfo(Buffer.from((await makePictures(1, 1))[0]!.png, 'base64'));
    await page.getByRole('button', { name: 'Send to txt2img' }).focus();
    await page.keyboard.press('Enter');
    await expect(darkroom.link('txt2img')).toBeFocused();
  });

  await test.step('a model that is deleted gives it to what is left', async () => {
    await darkroom.tab('Models');
    await page.getByRole('button', { name: 'Delete small' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Delete model' }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByText('No models yet.')).toBeVisible();
    expect(await focused(page)).not.toBe('BODY');
  });

  await test.step('a click on nothing takes it away for good', async () => {
    await darkroom.tab('txt2img');
    await darkroom.prompt.focus();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    expect(await focused(page)).toBe('BODY');
  });
});

test('what was typed comes back, whatever took its place', async ({ page }) => {
  await storePictures(page, await makePictures(2, 2));
  const darkroom = new DarkroomPage(page);
  await darkroom.open();
  const undo = page.getByRole('button', { name: 'Undo' });
  const typed = 'a prompt of an hour';

  const replacements: Readonly<Record<string, () => Promise<void>>> = {
    'Use these settings': async () => {
      await darkroom.tab('Gallery');
      await page.getByRole('gridcell').first().click();
      await page.getByRole('button', { name: 'Use these settings' }).click();
    },
    'Send to txt2img': async () => {
      await darkroom.tab('PNG Info');
      await darkroom.pngInfo(Buffer.from((await makePictures(1, 1))[0]!.png, 'base64'));
      await page.getByRole('button', { name: 'Send to txt2img' }).click();
    },
    'Reuse parameters': async () => {
      await darkroom.recent.first().click();
      await page.getByRole('button', { name: 'Reuse parameters' }).click();
    },
    'a picture dropped on the prompt': () => dropOnPrompt(darkroom),
    'the history': async () => {
      await page.getByRole('button', { name: 'Prompt history' }).click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /lighthouse|fox/ })
        .first()
        .click();
    },
  };
  for (const [name, replace] of Object.entries(replacements)) {
    await test.step(name, async () => {
      await darkroom.tab('txt2img');
      await darkroom.prompt.fill(`${typed}: ${name}`);
      await replace();
      await expect(darkroom.prompt).not.toHaveValue(`${typed}: ${name}`);
      await expect(darkroom.prompt).toBeVisible();
      await undo.click();
      await expect(darkroom.prompt).toHaveValue(`${typed}: ${name}`);
      await expect(undo).toHaveCount(0);
      await page.getByRole('button', { name: 'Prompt history' }).click();
      await expect(page.getByRole('dialog').getByText(`${typed}: ${name}`)).toBeVisible();
      await page.keyboard.press('Escape');
      // For the history to lead somewhere else.
      await darkroom.prompt.fill(parametersOf(1));
      await page.getByRole('button', { name: 'Read parameters' }).click();
      await expect(darkroom.prompt).not.toHaveValue(/Steps/);
      await page.getByRole('button', { name: 'Dismiss: The prompt was replaced' }).click();
    });
  }

  await test.step('an empty prompt is filled without a word', async () => {
    await darkroom.prompt.fill('');
    await page.getByLabel('Negative prompt', { exact: true }).fill('');
    await page.getByRole('button', { name: 'Reuse parameters' }).click();
    await expect(darkroom.prompt).not.toHaveValue('');
    await expect(undo).toHaveCount(0);
  });
});

async function dropOnPrompt(darkroom: DarkroomPage): Promise<void> {
  const png = (await makePictures(1, 1))[0]!.png;
  const transfer = await darkroom.page.evaluateHandle((base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], 'dropped.png', { type: 'image/png' }));
    return data;
  }, png);
  await darkroom.prompt.dispatchEvent('drop', { dataTransfer: transfer });
}
