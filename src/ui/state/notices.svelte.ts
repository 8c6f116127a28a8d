// Messages to the person that stay until they are answered or dismissed.
import type { Failure } from '../failure.ts';

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Notice {
  readonly id: number;
  readonly kind: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details: string | null;
  readonly actions: readonly NoticeAction[];
}

/** Older ones give way, so that a failing loop cannot bury the page. */
const MAX_NOTICES = 4;

export class Notices {
  list = $state.raw<readonly Notice[]>([]);
  #next = 1;

  fail(title: string, failure: Failure, actions: readonly NoticeAction[] = []): void {
    const { message, hint, details } = failure;
    this.#add({ kind: 'error', title, message, hint, details, actions });
  }

  warn(title: string, message: string, actions: readonly NoticeAction[] = []): void {
    this.#add({ kind: 'warning', title, message, hint: null, details: null, actions });
  }

  /** Returns its id, to dismiss it by. */
  inform(title: string, message: string, actions: readonly NoticeAction[] = []): number {
    return this.#add({ kind: 'info', title, message, hint: null, details: null, actions });
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  clear(): void {
    this.list = [];
  }

  #add(notice: Omit<Notice, 'id'>): number {
    const { kind, title, message, hint, details, actions } = notice;
    const others = this.list.filter((other) => other.title !== title || other.message !== message);
    const id = this.#next++;
    this.list = [...others, { id, kind, title, message, hint, details, actions }].slice(-MAX_NOTICES);
    return id;
  }
}
