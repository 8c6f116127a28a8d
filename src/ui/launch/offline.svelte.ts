// What of Darkroom itself this browser keeps, as the page knows it, and keeping the rest.
// (offline.single.svelte.ts stands in for this file in the single-file build.)
import { isMetered } from './connection.ts';
import type { KeepAnswer, KeepRequest, KeptStatus, SitePart } from './site-files.ts';
import { failures as t } from '../strings/failures.ts';

export class Offline {
  /** Null where there is no service worker, or it has not answered yet. */
  status = $state.raw<KeptStatus | null>(null);
  keeping = $state(false);
  #used = false;

  async look(): Promise<void> {
    await this.#ask([]);
  }

  /** Rejects with an Error for people. */
  async keepEverything(): Promise<void> {
    this.keeping = true;
    try {
      await this.#ask(['runtime', 'demo']);
      const { status } = this;
      if (!status || status.missing.runtime + status.missing.demo > 0) {
        throw new Error(t.notFetched);
      }
    } finally {
      this.keeping = false;
    }
  }

  /** Keeps everything once the app is installed, where the line is not metered. Returns what ends that. */
  watchInstallation(): () => void {
    const installed = () => {
      if (!isMetered()) void this.#ask(['runtime', 'demo']);
    };
    addEventListener('appinstalled', installed);
    return () => removeEventListener('appinstalled', installed);
  }

  /** Something was painted or imported: what is still missing for that comes in idle time, where the line is not metered. */
  async afterUse(): Promise<void> {
    if (this.#used || isMetered()) return;
    this.#used = true;
    await new Promise<void>((resolve) => {
      if ('requestIdleCallback' in window) requestIdleCallback(() => resolve());
      else setTimeout(resolve, 1000);
    });
    const installed = matchMedia('(display-mode: standalone)').matches;
    await this.#ask(installed ? ['runtime', 'demo'] : ['runtime']);
  }

  async #ask(parts: readonly SitePart[]): Promise<void> {
    if (!('serviceWorker' in navigator)) return;
    const registration = await navigator.serviceWorker.getRegistration().catch(() => undefined);
    const worker = registration?.active;
    if (!worker) return;
    const { port1, port2 } = new MessageChannel();
    const request: KeepRequest = { type: 'darkroom-keep-files', parts };
    await new Promise<void>((resolve) => {
      port1.onmessage = ({ data }: MessageEvent<KeepAnswer>) => {
        this.status = data;
        if (data.done) resolve();
      };
      worker.postMessage(request, [port2]);
    });
    port1.close();
  }
}
