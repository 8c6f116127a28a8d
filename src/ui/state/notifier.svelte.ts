// Notifications on this page: what is told of a run, and the person's choice.
import { formatDuration } from '../format.ts';
import { askPermission, permission, playSound, showNotification } from '../notify/browser.ts';
import type { NotifyChoice, RunSummary, RunWatchHost } from '../notify/run-watch.ts';
import { notifications as t } from '../strings/notifications.ts';
import type { Notices } from './notices.svelte.ts';

/** What they need of the page. */
export interface NotifierHost {
  readonly settings: { readonly page: { notify: NotifyChoice; notifySound: boolean } };
  readonly notices: Notices;
  readonly job: { readonly pictures: readonly unknown[] };
}

export class Notifier implements RunWatchHost {
  constructor(private readonly host: NotifierHost) {}

  get settings(): RunWatchHost['settings'] {
    return this.host.settings.page;
  }

  pictures(): number {
    return this.host.job.pictures.length;
  }

  away(): boolean {
    return document.hidden || !document.hasFocus();
  }

  now(): number {
    return performance.now();
  }

  sound(): Promise<void> {
    return playSound();
  }

  notify(run: RunSummary): Promise<void> {
    return showNotification(run.failed ? t.failed : t.done, t.made(run.pictures, formatDuration(run.took)));
  }

  offer(run: RunSummary): void {
    if (permission() === 'missing') return;
    const { notices, settings } = this.host;
    // Asked once: whoever does not answer has answered.
    settings.page.notify = 'off';
    notices.inform(t.offer, t.offerText(formatDuration(run.took)), [
      { label: t.tellMe, run: () => void this.turnOn() },
      { label: t.no, run: () => undefined },
    ]);
  }

  /** After a click. Says what to do where the browser refuses. */
  async turnOn(): Promise<void> {
    const { notices, settings } = this.host;
    const answer = await askPermission();
    settings.page.notify = answer === 'granted' ? 'on' : 'off';
    if (answer !== 'granted') notices.warn(t.blocked, answer === 'missing' ? t.missing : t.blockedText);
  }

  turnOff(): void {
    this.host.settings.page.notify = 'off';
  }
}
