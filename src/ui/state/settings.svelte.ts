// What the person set, kept between visits.
import { parseKeyMap, type KeyMap } from '../keys/commands.ts';
import type { ImageSettings } from '../../generation/request/image-settings.ts';
import type { MemoryOptions } from '../../generation/run/memory-options.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../../generation/request/request.ts';
import type { SourcePicture } from '../../generation/request/source-picture.ts';
import { defaultScript, type Script } from '../../generation/request/script.ts';
import { parseSavedAs, type SavedAs } from '../../library/saved-as.ts';
import type { GivenSavedTo } from '../../library/saved-to.ts';
import { loadSetting, saveSetting } from '../../library/settings.ts';
import type { ResizeMode } from '../../image/resize-modes.ts';
import { openedWithoutLibrary } from '../../library/storage-access.ts';
import type { KernelSetting } from '../../runtime/kernel-choice.ts';
import type { PromptPair, PromptStyle } from '../../prompt/styles.ts';
import type { BrushChoice } from '../canvas/brush.ts';
import type { Mode } from '../canvas/modes.ts';
import type { Choices } from '../choices.ts';
import { parseImageSettings } from '../image-settings.ts';
import type { SketchLook } from '../canvas/painting.svelte.ts';
import { parseInpaintChoice, type InpaintChoice } from '../inpaint-choice.ts';
import type { NotifyChoice } from '../notify/run-watch.ts';
import { parseDetailer, type DetailerChoice } from '../detailer-choice.ts';
import { parseHires, parseRefiner, type HiresChoice, type RefinerChoice } from '../passes-choice.ts';
import { SettingsKeeper, type KeptSetting } from '../settings-keeper.ts';
import {
  parseBrush,
  parseDenoising,
  parseHistory,
  parseImageCfgScale,
  parseKernels,
  parseMaskTransparency,
  parseMemory,
  parseMode,
  parseModelChoice,
  parseNames,
  parseNotify,
  parseOpenSections,
  parseParameters,
  parseProcessor,
  parseResizeBy,
  parseResizeMode,
  parseScripts,
  parseSpeeds,
  parseStyles,
  parseSwitch,
  parseSwitchOn,
  parseTheme,
  parseTileScale,
  parseTrials,
  parseWildcardLists,
  SETTING_KEYS,
  type Theme,
} from '../stored-settings.ts';
import { browserSyncStorage, UnsavedSettings } from '../unsaved-settings.ts';
import type { WildcardList } from '../wildcard-lists.ts';
import type { ProcessorChoice, Trials } from './processor.svelte.ts';
import type { Speeds } from './run-speeds.ts';
import { failures as t } from '../strings/failures.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The parameters as the controls change them. */
export type EditableParameters = Mutable<Omit<GenerationParameters, 'settings'>> & {
  settings: Mutable<ImageSettings>;
};

/** Milliseconds after which the page does without what the browser does not give. */
const PATIENCE = 3000;

/** Parameters that are typed, letter by letter. */
const TYPED: ReadonlySet<PropertyKey> = new Set(['prompt', 'negativePrompt']);

/** One thing that is kept. */
interface Kept extends KeptSetting {
  /** Takes over what was read, whatever it is. */
  readonly read: (stored: unknown) => void;
}

/** A value that is kept, replaced as a whole. */
class KeptValue<T> implements Kept {
  #current: T;
  readonly value = () => this.#current;
  readonly read = (stored: unknown) => void (this.#current = this.parse(stored));

  constructor(
    readonly key: string,
    private readonly parse: (stored: unknown) => T,
    private readonly onChange: (kept: Kept) => void,
    readonly noted = true,
  ) {
    this.#current = $state.raw(parse(undefined));
  }

  get current(): T {
    return this.#current;
  }

  set current(value: T) {
    this.#current = value;
    this.onChange(this);
  }
}

export class Settings {
  readonly #changed = (kept: Kept) => this.#tell(kept, false);
  readonly #extraSeed = new KeptValue(SETTING_KEYS.extraSeed, parseSwitch, this.#changed);
  readonly #theme = new KeptValue(SETTING_KEYS.theme, parseTheme, this.#changed);
  readonly #model = new KeptValue(SETTING_KEYS.model, parseModelChoice, this.#changed);
  readonly #processor = new KeptValue(SETTING_KEYS.processor, parseProcessor, this.#changed);
  readonly #trials = new KeptValue(SETTING_KEYS.trials, parseTrials, this.#changed);
  readonly #memory = new KeptValue(SETTING_KEYS.memory, parseMemory, this.#changed);
  readonly #kernels = new KeptValue(SETTING_KEYS.kernels, parseKernels, this.#changed);
  readonly #chosenStyles = new KeptValue<readonly string[]>(
    SETTING_KEYS.chosenStyles,
    parseNames,
    this.#changed,
  );
  readonly #history = new KeptValue<readonly PromptPair[]>(SETTING_KEYS.history, parseHistory, this.#changed);
  readonly #wildcards = new KeptValue(SETTING_KEYS.wildcards, parseSwitch, this.#changed);
  // These may hold megabytes.
  readonly #styles = new KeptValue<readonly PromptStyle[]>(
    SETTING_KEYS.styles,
    parseStyles,
    this.#changed,
    false,
  );
  readonly #wildcardLists = new KeptValue<readonly WildcardList[]>(
    SETTING_KEYS.wildcardLists,
    parseWildcardLists,
    this.#changed,
    false,
  );

  readonly #openSections = new KeptValue(SETTING_KEYS.openSections, parseOpenSections, this.#changed);
  readonly #pinned = new KeptValue<readonly string[]>(SETTING_KEYS.pinned, parseNames, this.#changed);
  readonly #keys = new KeptValue(SETTING_KEYS.keys, parseKeyMap, this.#changed);
  readonly #speeds = new KeptValue(SETTING_KEYS.speeds, parseSpeeds, this.#changed);
  readonly #notify = new KeptValue(SETTING_KEYS.notify, parseNotify, this.#changed);
  readonly #denoisingStrength = new KeptValue(SETTING_KEYS.denoisingStrength, parseDenoising, this.#changed);
  readonly #resizeMode = new KeptValue(SETTING_KEYS.resizeMode, parseResizeMode, this.#changed);
  readonly #detailer = new KeptValue<DetailerChoice>(SETTING_KEYS.detailer, parseDetailer, this.#changed);
  readonly #keepSources = new KeptValue(SETTING_KEYS.keepSources, parseSwitchOn, this.#changed);
  readonly #savedAs = new KeptValue(SETTING_KEYS.savedAs, parseSavedAs, this.#changed);
  readonly #savedTo = new KeptValue<GivenSavedTo>(SETTING_KEYS.savedTo, Object, this.#changed);
  readonly #hires: KeptValue<HiresChoice>;
  readonly #refiner = new KeptValue<RefinerChoice>(SETTING_KEYS.refiner, parseRefiner, this.#changed);
  readonly #img2imgMode = new KeptValue(SETTING_KEYS.img2imgMode, parseMode, this.#changed);
  readonly #brush = new KeptValue(SETTING_KEYS.brush, parseBrush, this.#changed);
  readonly #inpaint = new KeptValue(SETTING_KEYS.inpaint, parseInpaintChoice, this.#changed);
  readonly #imageCfgScale = new KeptValue(SETTING_KEYS.imageCfgScale, parseImageCfgScale, this.#changed);
  readonly #maskTransparency = new KeptValue(
    SETTING_KEYS.maskTransparency,
    parseMaskTransparency,
    this.#changed,
  );
  readonly #resizeBy = new KeptValue(SETTING_KEYS.resizeBy, parseResizeBy, this.#changed);
  readonly #scripts = new KeptValue(SETTING_KEYS.scripts, parseScripts, this.#changed);
  readonly #tileScale = new KeptValue(SETTING_KEYS.tileScale, parseTileScale, this.#changed);
  readonly #notifySound = new KeptValue(SETTING_KEYS.notifySound, parseSwitch, this.#changed);

  #state = $state<EditableParameters>({ ...DEFAULT_PARAMETERS });
  readonly #watched = $derived(watched(this.#state, (key) => this.#tell(this.#parameters, TYPED.has(key))));
  readonly #parameters: Kept = {
    key: SETTING_KEYS.parameters,
    noted: true,
    read: (stored) => (this.#state = parseParameters(stored, this.choices)),
    value: () => this.snapshot(),
  };

  readonly #onError: (error: unknown) => void;
  readonly #notes = new UnsavedSettings(openedWithoutLibrary() ? null : browserSyncStorage());
  readonly #keeper: SettingsKeeper;
  readonly #kept: readonly Kept[];
  #keeping = false;

  /** `onError` hears of settings that could not be read or kept. */
  constructor(
    readonly choices: Choices,
    onError: (error: unknown) => void,
  ) {
    this.#onError = onError;
    this.#hires = new KeptValue(SETTING_KEYS.hires, (stored) => parseHires(stored, choices), this.#changed);
    this.#keeper = new SettingsKeeper(this.#notes, saveSetting, onError);
    this.#kept = [
      this.#parameters,
      this.#extraSeed,
      this.#theme,
      this.#model,
      this.#processor,
      this.#trials,
      this.#memory,
      this.#kernels,
      this.#styles,
      this.#chosenStyles,
      this.#history,
      this.#wildcards,
      this.#wildcardLists,
      this.#openSections,
      this.#pinned,
      this.#keys,
      this.#speeds,
      this.#notify,
      this.#notifySound,
      this.#tileScale,
      this.#denoisingStrength,
      this.#resizeMode,
      this.#hires,
      this.#refiner,
      this.#detailer,
      this.#keepSources,
      this.#savedAs,
      this.#savedTo,
      this.#img2imgMode,
      this.#brush,
      this.#inpaint,
      this.#imageCfgScale,
      this.#maskTransparency,
      this.#resizeBy,
      this.#scripts,
    ];
  }

  /** To be changed in place, too. */
  get parameters(): EditableParameters {
    return this.#watched;
  }
  set parameters(parameters: EditableParameters) {
    this.#state = parameters;
    this.#tell(this.#parameters, false);
  }

  /** "Extra": whether the variation seed and the seed's resize count. */
  get extraSeed(): boolean {
    return this.#extraSeed.current;
  }
  set extraSeed(on: boolean) {
    this.#extraSeed.current = on;
  }

  get theme(): Theme {
    return this.#theme.current;
  }
  set theme(theme: Theme) {
    this.#theme.current = theme;
  }

  /** SHA-256 of the chosen checkpoint. */
  get model(): string | null {
    return this.#model.current;
  }
  set model(sha256: string | null) {
    this.#model.current = sha256;
  }

  /** What paints. */
  get processor(): ProcessorChoice {
    return this.#processor.current;
  }
  set processor(choice: ProcessorChoice) {
    this.#processor.current = choice;
  }

  /** What was faster where it was tried. */
  get trials(): Trials {
    return this.#trials.current;
  }
  set trials(trials: Trials) {
    this.#trials.current = trials;
  }

  /** How to keep within the GPU's memory. */
  get memory(): MemoryOptions {
    return this.#memory.current;
  }
  set memory(options: MemoryOptions) {
    this.#memory.current = options;
  }

  /** Whose kernels compute on the GPU. */
  get kernels(): KernelSetting {
    return this.#kernels.current;
  }
  set kernels(setting: KernelSetting) {
    this.#kernels.current = setting;
  }

  get styles(): readonly PromptStyle[] {
    return this.#styles.current;
  }
  set styles(styles: readonly PromptStyle[]) {
    this.#styles.current = styles;
  }

  /** Names of the styles that are applied when generating, in this order. */
  get chosenStyles(): readonly string[] {
    return this.#chosenStyles.current;
  }
  set chosenStyles(names: readonly string[]) {
    this.#chosenStyles.current = names;
  }

  /** Newest first. */
  get history(): readonly PromptPair[] {
    return this.#history.current;
  }
  set history(history: readonly PromptPair[]) {
    this.#history.current = history;
  }

  /** Wildcards and variants are expanded. */
  get wildcards(): boolean {
    return this.#wildcards.current;
  }
  set wildcards(on: boolean) {
    this.#wildcards.current = on;
  }

  get wildcardLists(): readonly WildcardList[] {
    return this.#wildcardLists.current;
  }
  set wildcardLists(lists: readonly WildcardList[]) {
    this.#wildcardLists.current = lists;
  }

  /** Sections of txt2img's controls that are open. */
  get openSections(): readonly string[] {
    return this.#openSections.current;
  }

  openSection(name: string, open: boolean): void {
    const others = this.openSections.filter((other) => other !== name);
    // Components say it of what is there already, too.
    if (open === others.length < this.openSections.length) return;
    this.#openSections.current = open ? [...others, name] : others;
  }

  /** Keys of the settings that also stand beside txt2img's controls. */
  get pinned(): readonly string[] {
    return this.#pinned.current;
  }
  set pinned(keys: readonly string[]) {
    this.#pinned.current = keys;
  }

  /** Keys that the person changed. */
  get keys(): KeyMap {
    return this.#keys.current;
  }
  set keys(keys: KeyMap) {
    this.#keys.current = keys;
  }

  /** How fast this device has been. */
  get speeds(): Speeds {
    return this.#speeds.current;
  }
  set speeds(speeds: Speeds) {
    this.#speeds.current = speeds;
  }

  /** Whether the person is told of a long run that is over. */
  get notify(): NotifyChoice {
    return this.#notify.current;
  }
  set notify(choice: NotifyChoice) {
    this.#notify.current = choice;
  }

  /** A1111's "Play notification sound after image generation". */
  get notifySound(): boolean {
    return this.#notifySound.current;
  }
  set notifySound(on: boolean) {
    this.#notifySound.current = on;
  }

  /** Of img2img: 0 leaves the source as it is, 1 leaves nothing of it. */
  get denoisingStrength(): number {
    return this.#denoisingStrength.current;
  }
  set denoisingStrength(strength: number) {
    this.#denoisingStrength.current = strength;
  }

  /** Of img2img: how the source comes to the size that is set. */
  get resizeMode(): ResizeMode {
    return this.#resizeMode.current;
  }
  set resizeMode(mode: ResizeMode) {
    this.#resizeMode.current = mode;
  }

  /** A1111's "Save init images when using img2img": they are kept with the pictures, for the same again. */
  get keepSources(): boolean {
    return this.#keepSources.current;
  }
  set keepSources(on: boolean) {
    this.#keepSources.current = on;
  }

  /** Names and format of files, replaced as a whole. */
  get savedAs(): SavedAs {
    return this.#savedAs.current;
  }
  set savedAs(how: SavedAs) {
    this.#savedAs.current = how;
  }

  /** Folders, what lies beside pictures there, and grids: as stored. Replaced as a whole. */
  get savedTo(): GivenSavedTo {
    return this.#savedTo.current;
  }
  set savedTo(how: GivenSavedTo) {
    this.#savedTo.current = how;
  }

  /** A finished picture that Hires. fix starts from, in place of a first pass; a text may bring one back. */
  firstPass = $state.raw<SourcePicture | null>(null);

  /** Replaced as a whole, as the next one. */
  get hires(): HiresChoice {
    return this.#hires.current;
  }
  set hires(choice: HiresChoice) {
    this.#hires.current = choice;
  }

  get refiner(): RefinerChoice {
    return this.#refiner.current;
  }
  set refiner(choice: RefinerChoice) {
    this.#refiner.current = choice;
  }

  get detailer(): DetailerChoice {
    return this.#detailer.current;
  }
  set detailer(choice: DetailerChoice) {
    this.#detailer.current = choice;
  }

  /** Which of A1111's ways of img2img. */
  get img2imgMode(): Mode {
    return this.#img2imgMode.current;
  }
  set img2imgMode(mode: Mode) {
    this.#img2imgMode.current = mode;
  }

  /** How the masked part is painted over. */
  get inpaint(): InpaintChoice {
    return this.#inpaint.current;
  }
  set inpaint(choice: InpaintChoice) {
    this.#inpaint.current = choice;
  }

  /** Of models that follow instructions. */
  get imageCfgScale(): number {
    return this.#imageCfgScale.current;
  }
  set imageCfgScale(scale: number) {
    this.#imageCfgScale.current = scale;
  }

  /** Of Inpaint sketch, in percent. */
  get maskTransparency(): number {
    return this.#maskTransparency.current;
  }
  set maskTransparency(percent: number) {
    this.#maskTransparency.current = percent;
  }

  /** What is set of how a sketch becomes the source. */
  get sketchLook(): SketchLook {
    const { maskTransparency, inpaint, parameters } = this;
    const background = parameters.settings.img2imgBackgroundColor;
    return { background, maskBlur: inpaint.maskBlur, maskTransparency };
  }

  /** "Resize by": how much larger than the source; null for the size that is set. */
  get resizeBy(): number | null {
    return this.#resizeBy.current;
  }
  set resizeBy(scale: number | null) {
    this.#resizeBy.current = scale;
  }

  /** Of the canvas. */
  get brush(): BrushChoice {
    return this.#brush.current;
  }
  set brush(brush: BrushChoice) {
    this.#brush.current = brush;
  }

  /** Of img2img: what carries it out in place of one pass. */
  get script(): Script | null {
    const { chosen, each } = this.#scripts.current;
    return chosen && (each.find(({ kind }) => kind === chosen) ?? defaultScript(chosen));
  }
  set script(script: Script | null) {
    const others = this.#scripts.current.each.filter(({ kind }) => kind !== script?.kind);
    this.#scripts.current = { chosen: script?.kind ?? null, each: script ? [...others, script] : others };
  }

  /** Chooses a script, as it was set last; null for none. */
  chooseScript(kind: Script['kind'] | null): void {
    this.#scripts.current = { ...this.#scripts.current, chosen: kind };
  }

  /** How large the gallery's tiles are, beside the usual. */
  get tileScale(): number {
    return this.#tileScale.current;
  }
  set tileScale(scale: number) {
    this.#tileScale.current = scale;
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
    for (const kept of this.#kept) if (this.#notes.find(kept.key) !== undefined) this.#tell(kept, false);
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

  /** The parameters as they are now, without ties to the controls. */
  snapshot(): GenerationParameters {
    return $state.snapshot(this.#state);
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
    // Of the settings only what has a control of its own.
    const others = { ...settings, tiling: false, faceRestoration: false };
    this.parameters = parseParameters({ prompt, negativePrompt, settings: others }, this.choices);
    this.extraSeed = false;
    this.hires = parseHires(undefined, this.choices);
    this.firstPass = null;
    this.refiner = parseRefiner(undefined);
  }

  #tell(kept: Kept, typing: boolean): void {
    if (this.#keeping) this.#keeper.changed(kept, typing);
  }
}

/** `state`, with word of every change made in it: of the key at its top. */
function watched<T extends object>(state: T, onChange: (key: PropertyKey) => void): T {
  return new Proxy(state, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'object' && value !== null ? watched(value, () => onChange(key)) : value;
    },
    set(target, key, value) {
      const done = Reflect.set(target, key, value);
      onChange(key);
      return done;
    },
  });
}
