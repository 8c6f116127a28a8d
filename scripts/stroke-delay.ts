// What a stroke on the canvas costs: a mask is painted on a picture of 2048 x 2048 pixels with a wide brush, on a processor made four
// times slower; beside it the same way of the mouse over an empty canvas that draws lines, as the simplest painting there is.
import type { CDPSession, Page } from '@playwright/test';

export interface Strokes {
  /** Moves of the mouse. */
  readonly events: number;
  /** Of the page's main thread for one of them, drawing and all, in milliseconds. */
  readonly perEvent: number;
  /** The longest time between two frames, in milliseconds. */
  readonly longestFrame: number;
}

export interface StrokeDelays {
  readonly canvas: Strokes;
  readonly lines: Strokes;
}

const SLOWER = 4;
const SIDE = 2048;
/** Pixels of the picture. */
const BRUSH = 200;
const STROKES = 6;
const MOVES = 60;

/** On a page that has a model. */
export async function measureStrokes(page: Page): Promise<StrokeDelays> {
  await openCanvas(page);
  const lines = await page.context().newPage();
  try {
    await lines.goto('data:text/html,<body style="margin:0"><canvas style="display:block"></canvas>');
    await lines.evaluate(() => {
      const canvas = document.querySelector('canvas')!;
      [canvas.width, canvas.height] = [innerWidth, innerHeight];
      const context = canvas.getContext('2d')!;
      context.lineWidth = 60;
      context.lineCap = 'round';
      let last: { x: number; y: number } | null = null;
      canvas.onpointermove = ({ clientX: x, clientY: y, buttons }) => {
        context.beginPath();
        context.moveTo(last?.x ?? x, last?.y ?? y);
        context.lineTo(x, y);
        if (buttons > 0) context.stroke();
        last = { x, y };
      };
    });
    const simple = await painted(lines, { x: 0, y: 0, width: 700, height: 500 });
    await page.bringToFront();
    const surface = page.getByRole('application', { name: 'Canvas' });
    return { canvas: await painted(page, (await surface.boundingBox())!), lines: simple };
  } finally {
    await lines.close();
  }
}

async function openCanvas(page: Page): Promise<void> {
  const bytes = await page.evaluate(async (side) => {
    const surface = new OffscreenCanvas(side, side);
    const context = surface.getContext('2d')!;
    const slope = context.createLinearGradient(0, 0, side, side);
    slope.addColorStop(0, '#d9442e');
    slope.addColorStop(1, '#26408b');
    context.fillStyle = slope;
    context.fillRect(0, 0, side, side);
    return [...new Uint8Array(await (await surface.convertToBlob()).arrayBuffer())];
  }, SIDE);
  await page.evaluate(() => (location.hash = '#/img2img'));
  const file = { name: 'large.png', mimeType: 'image/png', buffer: Buffer.from(bytes) };
  await page.getByLabel('Source', { exact: true }).setInputFiles(file);
  await page
    .getByRole('radiogroup', { name: 'What to do with the source' })
    .getByText('Inpaint', { exact: true })
    .click();
  await page.getByRole('slider', { name: 'Size' }).fill(String(BRUSH));
}

async function painted(
  page: Page,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Promise<Strokes> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await page.evaluate(() => {
    const frames: number[] = [];
    Object.assign(window, { frames });
    const frame = (now: number) => {
      frames.push(now);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const before = await taskTime(devtools);
  const at = (part: number, down: number) => [box.x + box.width * part, box.y + box.height * down] as const;
  for (let stroke = 0; stroke < STROKES; stroke++) {
    const down = (stroke + 1) / (STROKES + 1);
    await page.mouse.move(...at(0.2, down));
    await page.mouse.down();
    await page.mouse.move(...at(0.8, 1 - down), { steps: MOVES });
    await page.mouse.up();
  }
  const events = STROKES * MOVES;
  const perEvent = (1000 * ((await taskTime(devtools)) - before)) / events;
  const longestFrame = await page.evaluate(() => {
    const { frames } = window as unknown as { frames: number[] };
    return Math.max(...frames.slice(1).map((now, i) => now - frames[i]!));
  });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  return { events, perEvent, longestFrame };
}

/** Seconds that the main thread has worked. */
async function taskTime(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')!.value;
}
