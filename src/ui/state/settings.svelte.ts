// What the person set, kept between visits.
import type { GenerationParameters } from '../../generation/types.ts';
import { DEFAULT_PARAMETERS } from '../../generation/types.ts';
import { loadSetting, saveSetting } from '../../library/settings.ts';
import type { Choices } from '../choices.ts';
import {
  parseModelChoice,
  parseParameters,
  parseTheme,
  SETTING_KEYS,
  type Theme,
} from '../stored-settings.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Typing saves once the person pauses this long, in milliseconds. */
const SAVE_DELAY = 400;

export class Settings {
  parameters = $state<Mutable<GenerationParameters>>({ ...DEFAULT_PARAMETERS });
  theme = $state<Theme>('auto');
  /** SHA-256 of the chosen checkpoint. */
  model = $state<string | null>(null);
  /** The person chose the slow mode. */
  cpu = $state(false);

  readonly #onError: (error: unknown) => void;
  #pending: Record<string, unknown> = {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onError` hears of settings that could not be read or kept. */
  constructor(
    readonly choices: Choices,
    onError: (error: unknown) => void,
  ) {
    this.#onError = onError;
  }

  async load(): Promise<void> {
    const read = async (key: string): Promise<unknown> => {
      try {
        return await loadSetting(key);
      } catch (error) {
        this.#onError(error);
        return undefined;
      }
    };
    const [parameters, theme, model, cpu] = await Promise.all([
      read(SETTING_KEYS.parameters),
      read(SETTING_KEYS.theme),
      read(SETTING_KEYS.model),
      read(SETTING_KEYS.cpu),
    ]);
    this.parameters = parseParameters(parameters, this.choices);
    this.theme = parseTheme(theme);
    this.model = parseModelChoice(model);
    this.cpu = cpu === true;
  }

  /** Keeps the settings as they change from now on. Returns what ends it. */
  keep(): () => void {
    const stop = $effect.root(() => {
      this.#watch(SETTING_KEYS.parameters, () => $state.snapshot(this.parameters));
      this.#watch(SETTING_KEYS.theme, () => this.theme);
      this.#watch(SETTING_KEYS.model, () => this.model);
      this.#watch(SETTING_KEYS.cpu, () => this.cpu);
    });
    const flush = () => this.flush();
    document.addEventListener('visibilitychange', flush);
    window.addEventListener('pagehide', flush);
    return () => {
      stop();
      flush();
      document.removeEventListener('visibilitychange', flush);
      window.removeEventListener('pagehide', flush);
    };
  }

  /** Writes what waits to be written. */
  flush(): void {
    clearTimeout(this.#timer);
    for (const [key, value] of Object.entries(this.#pending)) saveSetting(key, value).catch(this.#onError);
    this.#pending = {};
  }

  resetParameters(): void {
    const { prompt, negativePrompt } = this.parameters;
    this.parameters = parseParameters({ prompt, negativePrompt }, this.choices);
  }

  #watch(key: string, value: () => unknown): void {
    let first = true;
    $effect(() => {
      const current = value();
      // The first value is what was just read.
      if (first) {
        first = false;
        return;
      }
      this.#pending[key] = current;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.flush(), SAVE_DELAY);
    });
  }
}
