// What the person set, kept between visits.
import type { ImageSettings } from '../../generation/image-settings.ts';
import { DEFAULT_MEMORY, type MemoryOptions } from '../../generation/memory-options.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../../generation/types.ts';
import { loadSetting, saveSetting } from '../../library/settings.ts';
import type { PromptPair, PromptStyle } from '../../prompt/styles.ts';
import type { Choices } from '../choices.ts';
import { parseImageSettings } from '../image-settings.ts';
import {
  parseHistory,
  parseMemory,
  parseModelChoice,
  parseNames,
  parseParameters,
  parseProcessor,
  parseStyles,
  parseSwitch,
  parseTheme,
  parseTrials,
  parseWildcardLists,
  SETTING_KEYS,
  type Theme,
} from '../stored-settings.ts';
import type { WildcardList } from '../wildcard-lists.ts';
import type { ProcessorChoice, Trials } from './processor.svelte.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The parameters as the controls change them. */
export type EditableParameters = Mutable<Omit<GenerationParameters, 'settings'>> & {
  settings: Mutable<ImageSettings>;
};

/** Typing saves once the person pauses this long, in milliseconds. */
const SAVE_DELAY = 400;

/** One thing that is kept. */
interface Kept {
  readonly key: string;
  /** Takes over what was read, whatever it is. */
  readonly read: (stored: unknown) => void;
  /** A copy to store; reading it subscribes to its changes. */
  readonly value: () => unknown;
}

export class Settings {
  parameters = $state<EditableParameters>({ ...DEFAULT_PARAMETERS });
  /** "Extra": whether the variation seed and the seed's resize count. */
  extraSeed = $state(false);
  theme = $state<Theme>('auto');
  /** SHA-256 of the chosen checkpoint. */
  model = $state<string | null>(null);
  /** What paints. */
  processor = $state<ProcessorChoice>('auto');
  /** What was faster where it was tried. */
  trials = $state.raw<Trials>({});
  /** How to keep within the GPU's memory. */
  memory = $state.raw<MemoryOptions>(DEFAULT_MEMORY);
  styles = $state.raw<readonly PromptStyle[]>([]);
  /** Names of the styles that are applied when generating, in this order. */
  chosenStyles = $state.raw<readonly string[]>([]);
  /** Newest first. */
  history = $state.raw<readonly PromptPair[]>([]);
  /** Wildcards and variants are expanded. */
  wildcards = $state(false);
  wildcardLists = $state.raw<readonly WildcardList[]>([]);

  readonly #onError: (error: unknown) => void;
  readonly #kept: readonly Kept[] = [
    {
      key: SETTING_KEYS.parameters,
      read: (stored) => (this.parameters = parseParameters(stored, this.choices)),
      value: () => this.snapshot(),
    },
    {
      key: SETTING_KEYS.extraSeed,
      read: (stored) => (this.extraSeed = parseSwitch(stored)),
      value: () => this.extraSeed,
    },
    { key: SETTING_KEYS.theme, read: (stored) => (this.theme = parseTheme(stored)), value: () => this.theme },
    {
      key: SETTING_KEYS.model,
      read: (stored) => (this.model = parseModelChoice(stored)),
      value: () => this.model,
    },
    {
      key: SETTING_KEYS.processor,
      read: (stored) => (this.processor = parseProcessor(stored)),
      value: () => this.processor,
    },
    {
      key: SETTING_KEYS.trials,
      read: (stored) => (this.trials = parseTrials(stored)),
      value: () => this.trials,
    },
    {
      key: SETTING_KEYS.memory,
      read: (stored) => (this.memory = parseMemory(stored)),
      value: () => this.memory,
    },
    {
      key: SETTING_KEYS.styles,
      read: (stored) => (this.styles = parseStyles(stored)),
      value: () => this.styles,
    },
    {
      key: SETTING_KEYS.chosenStyles,
      read: (stored) => (this.chosenStyles = parseNames(stored)),
      value: () => this.chosenStyles,
    },
    {
      key: SETTING_KEYS.history,
      read: (stored) => (this.history = parseHistory(stored)),
      value: () => this.history,
    },
    {
      key: SETTING_KEYS.wildcards,
      read: (stored) => (this.wildcards = parseSwitch(stored)),
      value: () => this.wildcards,
    },
    {
      key: SETTING_KEYS.wildcardLists,
      read: (stored) => (this.wildcardLists = parseWildcardLists(stored)),
      value: () => this.wildcardLists,
    },
  ];
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
    await Promise.all(
      this.#kept.map(async ({ key, read }) => {
        try {
          read(await loadSetting(key));
        } catch (error) {
          this.#onError(error);
        }
      }),
    );
  }

  /** Keeps the settings as they change from now on. Returns what ends it. */
  keep(): () => void {
    const stop = $effect.root(() => {
      for (const { key, value } of this.#kept) this.#watch(key, value);
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

  /** The parameters as they are now, without ties to the controls. */
  snapshot(): GenerationParameters {
    return $state.snapshot(this.parameters);
  }

  /** Takes over some of the parameters, each brought into its range. */
  change(parameters: Partial<GenerationParameters>): void {
    this.parameters = parseParameters({ ...this.snapshot(), ...parameters }, this.choices);
  }

  /** Takes over some of the settings that decide a picture. */
  changeImageSettings(settings: Readonly<Record<string, unknown>>): void {
    this.parameters.settings = parseImageSettings({ ...this.parameters.settings, ...settings });
  }

  /** The controls of txt2img; prompts and the Settings tab stay as they are. */
  resetParameters(): void {
    const { prompt, negativePrompt, settings } = this.snapshot();
    this.parameters = parseParameters({ prompt, negativePrompt, settings }, this.choices);
    this.extraSeed = false;
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
