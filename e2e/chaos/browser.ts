// A browser with a profile of its own that can be hurt in every way that a person's can, and opened again.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type BrowserContext, type LaunchOptions, type Page } from '@playwright/test';
import { browserProcesses, type ProcessKind } from '../../scripts/browser-processes.ts';
import type { ProcessorChoice } from '../../src/ui/state/processor.svelte.ts';
import { DarkroomPage } from '../darkroom-page.ts';

/** `killed`: by SIGKILL, at which nothing can be tidied up. */
export const MANNERS = [
  'browser killed',
  'renderer killed',
  'GPU process killed',
  'tab closed',
  'navigated away',
  'reloaded',
] as const;
export type Manner = (typeof MANNERS)[number];

/** For a process to be gone after SIGKILL. */
const PATIENCE_MS = 60_000;

export class ChaosBrowser {
  #context: BrowserContext | null = null;
  #page: Page | null = null;

  constructor(
    private readonly profile: string,
    private readonly baseURL: string,
    private readonly launchOptions: LaunchOptions,
    private readonly processor: ProcessorChoice,
  ) {}

  get page(): Page {
    if (this.#page === null) throw new Error('The page is not open.');
    return this.#page;
  }

  /** Opens the app: the browser, too, where it is gone. */
  async open(): Promise<DarkroomPage> {
    if (this.#context === null) {
      // What a killed browser leaves of its lock keeps the next one out on some machines.
      for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket'])
        rmSync(join(this.profile, name), { force: true });
      const context = await chromium.launchPersistentContext(this.profile, {
        ...this.launchOptions,
        baseURL: this.baseURL,
        serviceWorkers: 'block',
        viewport: { width: 1440, height: 900 },
      });
      context.once('close', () => (this.#context = null));
      this.#context = context;
      this.#page = context.pages()[0] ?? null;
    }
    if (this.#page === null || this.#page.isClosed()) this.#page = await this.#context.newPage();
    const darkroom = new DarkroomPage(this.#page);
    await darkroom.open(this.processor);
    return darkroom;
  }

  /** Afterwards the app is closed, but for a killed GPU process, which the browser starts again by itself. */
  async hurt(manner: Manner): Promise<void> {
    const page = this.page;
    switch (manner) {
      case 'browser killed':
        await kill('browser');
        await this.#context?.close().catch(() => undefined);
        this.#context = null;
        this.#page = null;
        return;
      case 'renderer killed':
        await kill('renderer');
        // A crashed tab stays open, and shows nothing.
        await page.close().catch(() => undefined);
        this.#page = null;
        return;
      case 'GPU process killed':
        return kill('gpu');
      case 'tab closed':
        await page.close({ runBeforeUnload: false });
        this.#page = null;
        return;
      case 'navigated away':
        await page.goto('about:blank');
        return;
      case 'reloaded':
        await page.reload();
    }
  }

  async close(): Promise<void> {
    await this.#context?.close();
  }
}

async function kill(kind: ProcessKind): Promise<void> {
  const victims = browserProcesses().filter((process) => process.kind === kind);
  // A browser without a screen may do without a GPU process.
  if (victims.length === 0 && kind !== 'gpu') throw new Error(`No ${kind} process was found.`);
  for (const { pid } of victims) end(pid);
  const pids = new Set(victims.map(({ pid }) => pid));
  for (let waited = 0; browserProcesses().some(({ pid }) => pids.has(pid)); waited += 50) {
    if (waited > PATIENCE_MS) throw new Error(`The ${kind} process did not end.`);
    await sleep(50);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
