// How long a stroke of the brush takes on a large picture: the main thread's work for one event of the pointer and the frames
// that follow, beside the same movements over an empty page whose handler does nothing.
import type { CDPSession, Page } from '@playwright/test';
import { DarkroomPage } from '../e2e/darkroom-page.ts';
import { encodePng } from '../src/image/png.ts';

/** In milliseconds. */
export interface StrokeTimes {
  readonly events: number;
  /** In which they came. */
  readonly frames: number;
  /** The processor's time in the page's main thread, for one event: not longer where others are at work, too. */
  readonly tasks: number;
  /** Programs that ran for a frame: handlers of its events and what was asked to be drawn. */
  readonly median: number;
  readonly worst: number;
  /** From frame to frame. */
  readonly frame: number;
  readonly worstFrame: number;
}

export interface StrokeReport {
  /** By what was painted with. */
  readonly canvas: Readonly<Record<string, StrokeTimes>>;
  /** The same movements over an empty page. */
  readonly empty: StrokeTimes;
}

/** Pixels of the picture's sides. */
export const STROKE_SIDE = 2048;
const EVENTS = 250;
/** Milliseconds from event to event. */
const BETWEEN = 8;

declare global {
  interface Window {
    strokeFrames: { at: number; work: number; events: number }[];
  }
}

/** On a page of the app, with a model. */
export async function measureStrokes(page: Page): Promise<StrokeReport> {
  const darkroom = new DarkroomPage(page);
  await darkroom.tab('txt2img');
  await darkroom.link('img2img').click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a picture' }).first().click();
  await (
    await chooser
  ).setFiles([{ name: 'large.png', mimeType: 'image/png', buffer: await largePicture() }]);
  const modes = page.getByRole('radiogroup', { name: 'What to do with the source' });
  const room = page.getByRole('region', { name: 'Painting on the source' });
  const surface = room.getByRole('application', { name: 'Canvas' });
  const canvas: Record<string, StrokeTimes> = {};
  for (const [mode, size, softness] of [
    ['Inpaint', 48, 0],
    ['Inpaint', 600, 0],
    ['Sketch', 48, 100],
    ['Sketch', 600, 100],
  ] as const) {
    await modes.getByText(mode, { exact: true }).click();
    await surface.waitFor();
    await room.getByRole('slider', { name: 'Size', exact: true }).fill(String(size));
    await room.getByRole('slider', { name: 'Softness', exact: true }).fill(String(softness));
    const box = await surface.boundingBox();
    canvas[`${mode}, brush of ${size} pixels${softness > 0 ? ', soft' : ''}`] = await during(page, box!);
  }
  await page.getByRole('button', { name: 'Remove the source' }).click();
  const empty = await page.context().newPage();
  try {
    await empty.setViewportSize(page.viewportSize()!);
    await empty.goto('data:text/html,<body style="height:100vh" onpointermove="void 0"></body>');
    const { width, height } = page.viewportSize()!;
    return { canvas, empty: await during(empty, { x: 0, y: 0, width, height }) };
  } finally {
    await empty.close();
    await page.bringToFront();
  }
}

/** One stroke in curves over a rectangle. */
async function during(
  page: Page,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): Promise<StrokeTimes> {
  await page.bringToFront();
  await page.evaluate(watchFrames);
  const at = (i: number) => ({
    x: x + width * (0.5 + 0.35 * Math.sin((i * 5) / EVENTS + 1)),
    y: y + height * (0.5 + 0.35 * Math.sin((i * 11) / EVENTS)),
  });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const send = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', i: number) =>
    session.send('Input.dispatchMouseEvent', { type, ...at(i), button: 'left', buttons: 1, clickCount: 1 });
  await page.mouse.move(at(0).x, at(0).y);
  await send('mousePressed', 0);
  const before = await taskTime(session);
  await page.evaluate(() => (window.strokeFrames = []));
  // As often as a mouse tells, whether or not the page keeps up.
  const told: Promise<unknown>[] = [];
  for (let i = 1; i <= EVENTS; i++) {
    told.push(send('mouseMoved', i));
    await new Promise((resolve) => setTimeout(resolve, BETWEEN));
  }
  await Promise.all(told);
  const tasks = ((await taskTime(session)) - before) / EVENTS;
  const frames = await page.evaluate(() => window.strokeFrames);
  await send('mouseReleased', EVENTS);
  await session.detach();
  const works = frames.filter(({ events }) => events > 0).map(({ work }) => work);
  const gaps = frames.slice(1).map(({ at }, i) => at - frames[i]!.at);
  return {
    events: EVENTS,
    tasks,
    frames: works.length,
    median: middle(works),
    worst: Math.max(...works),
    frame: middle(gaps),
    worstFrame: Math.max(...gaps),
  };
}

/** In the page: adds up what its handlers of pointers and its frame callbacks take, by the frame. */
function watchFrames(): void {
  if ((window as Partial<Window>).strokeFrames) return;
  window.strokeFrames = [];
  let work = 0;
  let began = 0;
  let events = 0;
  addEventListener('pointermove', () => (began = performance.now()), { capture: true });
  addEventListener('pointermove', () => {
    work += performance.now() - began;
    events += 1;
  });
  const ask = requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    ask((time) => {
      const start = performance.now();
      callback(time);
      work += performance.now() - start;
    });
  const frame = (at: number): void => {
    // After what else was asked for this frame.
    queueMicrotask(() => {
      window.strokeFrames.push({ at, work, events });
      work = events = 0;
    });
    ask(frame);
  };
  ask(frame);
}

async function taskTime(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function largePicture(): Promise<Buffer> {
  const data = new Uint8Array(STROKE_SIDE * STROKE_SIDE * 3);
  for (let i = 0; i < data.length; i += 1)
    data[i] = ((i % (3 * STROKE_SIDE)) / 24 + i / (96 * STROKE_SIDE)) & 255;
  return Buffer.from(await encodePng({ width: STROKE_SIDE, height: STROKE_SIDE, channels: 3, data }));
}
