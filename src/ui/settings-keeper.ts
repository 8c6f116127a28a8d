// Keeps settings as they change. Whoever changes one says so here; no effect of the page is part of it, so that an error in
// what is shown cannot end the keeping. A choice is written at once; what is typed is noted within a tenth of a second and
// written when the person pauses.
import type { UnsavedSettings } from './unsaved-settings.ts';

/** Milliseconds between notes of what is being typed. */
const NOTE_INTERVAL = 80;
/** Milliseconds of quiet before it goes into the database. */
const TYPING_PAUSE = 400;

export interface KeptSetting {
  readonly key: string;
  /** A copy to store. */
  readonly value: () => unknown;
  /** False for what is too large to be noted; it is written at once. */
  readonly noted: boolean;
}

export class SettingsKeeper {
  /** Changed since they were noted. */
  readonly #changed = new Set<KeptSetting>();
  /** Changed since they were last on their way to the database. */
  readonly #unsaved = new Set<KeptSetting>();
  /** On their way. */
  readonly #saving = new Set<KeptSetting>();
  /** Of the latest note, by key. */
  readonly #marks = new Map<string, string>();
  #noteTimer: ReturnType<typeof setTimeout> | undefined;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;

  /** `onError` hears of values that the database did not take. */
  constructor(
    private readonly notes: UnsavedSettings,
    private readonly save: (key: string, value: unknown) => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** `typing`: more of it is to come in a moment. */
  changed(setting: KeptSetting, typing: boolean): void {
    this.#changed.add(setting);
    this.#unsaved.add(setting);
    if (!typing) return this.flush();
    this.#noteTimer ??= setTimeout(() => this.#noteAll(), NOTE_INTERVAL);
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => this.flush(), TYPING_PAUSE);
  }

  /** Notes and writes what waits for it. What must be done before the page goes is done when this returns. */
  flush(): void {
    this.#noteAll();
    clearTimeout(this.#saveTimer);
    for (const setting of this.#unsaved) void this.#save(setting);
  }

  #noteAll(): void {
    clearTimeout(this.#noteTimer);
    this.#noteTimer = undefined;
    for (const setting of this.#changed) {
      const { key, value, noted } = setting;
      const mark = noted ? this.notes.note(key, value()) : null;
      if (mark === null) this.#marks.delete(key);
      else this.#marks.set(key, mark);
    }
    this.#changed.clear();
  }

  /** One write of a setting at a time, the last one with its latest value. */
  async #save(setting: KeptSetting): Promise<void> {
    if (this.#saving.has(setting)) return;
    this.#saving.add(setting);
    while (this.#unsaved.delete(setting)) {
      const mark = this.#marks.get(setting.key);
      try {
        await this.save(setting.key, setting.value());
        if (mark !== undefined) this.notes.forget(setting.key, mark);
      } catch (error) {
        this.onError(error);
      }
    }
    this.#saving.delete(setting);
  }
}
