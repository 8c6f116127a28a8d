// Keeping settings between visits: they are read when the page opens, and written as they change.
import { loadSetting, saveSetting } from '../../library/settings.ts';
import { openedWithoutLibrary } from '../../library/storage-access.ts';
import { SettingsKeeper, type KeptSetting } from '../settings-keeper.ts';
import { failures as t } from '../strings/failures.ts';
import { browserSyncStorage, UnsavedSettings } from '../unsaved-settings.ts';

/** Milliseconds after which the page does without what the browser does not give. */
const PATIENCE = 3000;

/** One thing that is kept. */
export interface Kept extends KeptSetting {
  /** Takes over what was read, whatever it is. */
  readonly read: (stored: unknown) => void;
}

/** How a value is kept. */
export interface KeptInfo<T> {
  /** Name under which it is stored. */
  readonly key: string;
  /** A value out of anything; out of nothing, the one before the first choice. */
  readonly parse: (stored: unknown) => T;
  /** False for what may hold megabytes. */
  readonly noted?: boolean;
}

/** ... each property of an object. */
export type KeptInfos<T> = { readonly [K in keyof T]: KeptInfo<T[K]> };

/** A value that is kept, replaced as a whole. */
class KeptValue<T> implements Kept {
  #current: T;
  readonly key: string;
  readonly noted: boolean;
  readonly value = () => this.#current;
  readonly read = (stored: unknown) => void (this.#current = this.info.parse(stored));

  constructor(
    private readonly info: KeptInfo<T>,
    private readonly onChange: (kept: Kept) => void,
  ) {
    this.key = info.key;
    this.noted = info.noted ?? true;
    this.#current = $state.raw(info.parse(undefined));
  }

  get current(): T {
    return this.#current;
  }

  set current(value: T) {
    this.#current = value;
    this.onChange(this);
  }
}

export class KeptSettings {
  readonly #onError: (error: unknown) => void;
  readonly #notes = new UnsavedSettings(openedWithoutLibrary() ? null : browserSyncStorage());
  readonly #keeper: SettingsKeeper;
  readonly #kept: Kept[] = [];
  #keeping = false;

  /** `onError` hears of settings that could not be read or kept. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
    this.#keeper = new SettingsKeeper(this.#notes, saveSetting, onError);
  }

  /** An object whose properties are kept, each by itself, when they are replaced. */
  group<T extends object>(infos: KeptInfos<T>): T {
    const group = {} as T;
    for (const name of Object.keys(infos) as (keyof T)[]) {
      const value = this.add(new KeptValue(infos[name], (kept) => this.changed(kept, false)));
      Object.defineProperty(group, name, {
        enumerable: true,
        get: () => value.current,
        set: (current: T[typeof name]) => (value.current = current),
      });
    }
    return group;
  }

  /** Has it read and kept, too; it says itself when it has changed. */
  add<K extends Kept>(kept: K): K {
    this.#kept.push(kept);
    return kept;
  }

  /** What was noted but is not known to have been kept goes before what was kept. */
  async load(): Promise<void> {
    await Promise.all(
      this.#kept.map(async ({ key, read }) => {
        const unsaved = this.#notes.find(key);
        if (unsaved !== undefined) return read(unsaved);
        try {
          const late = new Promise<never>((_, reject) =>
            setTimeout(() => reject(new Error(t.settingsLate)), PATIENCE),
          );
          read(await Promise.race([loadSetting(key), late]));
        } catch (error) {
          this.#onError(error);
        }
      }),
    );
  }

  /** Keeps the settings as they change from now on. Returns what ends it. */
  keep(): () => void {
    this.#keeping = true;
    for (const kept of this.#kept) if (this.#notes.find(kept.key) !== undefined) this.changed(kept, false);
    const flush = () => this.#keeper.flush();
    document.addEventListener('visibilitychange', flush);
    window.addEventListener('pagehide', flush);
    return () => {
      flush();
      this.#keeping = false;
      document.removeEventListener('visibilitychange', flush);
      window.removeEventListener('pagehide', flush);
    };
  }

  /** `typing`: more of it is to come in a moment. */
  changed(kept: Kept, typing: boolean): void {
    if (this.#keeping) this.#keeper.changed(kept, typing);
  }
}
