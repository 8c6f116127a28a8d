// What the page is opened with besides its plain address: a shortcut's tab, a shared picture, files from the system's
// "Open with". All of it comes from public/manifest.webmanifest and reaches only the installed app.
import { tabOf, type TabId } from '../navigation/places.ts';
import type { App } from '../state/app.svelte.ts';
import { dropShared, SHARED_PARAMETER, takeShared } from './shared-picture.ts';
import { notices as t } from '../strings/notices.ts';

/** Of https://wicg.github.io/web-app-launch/, which TypeScript's library lacks. */
interface LaunchParams {
  readonly targetURL?: string;
  readonly files: readonly FileSystemFileHandle[];
}

interface LaunchQueue {
  setConsumer(consumer: (params: LaunchParams) => void): void;
}

declare global {
  interface Window {
    readonly launchQueue?: LaunchQueue;
  }
}

export interface Launch {
  /** The tab to show, or null. */
  readonly tab: TabId | null;
  /** Whether a shared picture should lie ready. */
  readonly shared: boolean;
}

/** Reads the page's address. */
export function readLaunch(address: string): Launch {
  const { searchParams } = new URL(address);
  const wanted = searchParams.get('tab');
  return {
    tab: wanted === null ? null : (tabOf(wanted)?.id ?? null),
    shared: searchParams.has(SHARED_PARAMETER),
  };
}

type LaunchedApp = Pick<App, 'tab' | 'arrivals' | 'attempt' | 'notices'>;

/** Does what the page was opened for, and what the system asks of it from then on. */
export async function followLaunches(app: LaunchedApp): Promise<void> {
  const address = location.href;
  window.launchQueue?.setConsumer((params) => {
    // A later launch reaches the open page without loading it anew.
    if (params.targetURL !== undefined && params.targetURL !== address) showTab(app, params.targetURL);
    if (params.files.length > 0) void openHandles(app, params.files);
  });
  const { shared } = readLaunch(address);
  showTab(app, address);
  // Loading the page again should not do it again.
  if (location.search !== '') history.replaceState(null, '', location.pathname + location.hash);
  if (shared) await openShared(app);
  else await dropShared();
}

function showTab(app: LaunchedApp, address: string): void {
  const { tab } = readLaunch(address);
  if (tab !== null) app.tab = tab;
}

async function openHandles(app: LaunchedApp, handles: readonly FileSystemFileHandle[]): Promise<void> {
  await app.attempt(t.fileNotOpened, async () => {
    app.arrivals.openFiles(await Promise.all(handles.map((handle) => handle.getFile())));
  });
}

async function openShared(app: LaunchedApp): Promise<void> {
  await app.attempt(t.sharedNotOpened, async () => {
    const picture = await takeShared(document.baseURI);
    if (picture) app.arrivals.openFiles([picture]);
    else app.notices.warn(t.noneArrived, t.noneArrivedWhat);
  });
}
