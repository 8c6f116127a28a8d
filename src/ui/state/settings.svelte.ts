// What the person set, kept between visits.
import type { ImageSettings } from '../../generation/request/image-settings.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../../generation/request/request.ts';
import { defaultScript, type Script } from '../../generation/request/script.ts';
import type { SourcePicture } from '../../generation/request/source-picture.ts';
import { DEFAULT_PLOTS, type Plot } from '../../plots/plot.ts';
import type { SketchLook } from '../canvas/painting.svelte.ts';
import type { Choices } from '../choices.ts';
import type { UnitPicture } from '../control-choice.ts';
import { parseImageSettings } from '../image-settings.ts';
import { parseHires, parseRefiner } from '../passes-choice.ts';
import { parseParameters, SETTING_KEYS } from '../stored-settings.ts';
import { KeptSettings, type Kept } from './kept-settings.svelte.ts';
import { DEVICE_INFOS } from './settings/device.ts';
import { IMG2IMG_INFOS } from './settings/img2img.ts';
import { PAGE_INFOS } from './settings/page.ts';
import { PROMPT_INFOS } from './settings/prompts.ts';
import { runInfos } from './settings/run.ts';
import { SAVING_INFOS } from './settings/saving.ts';
import { watched } from './watched.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The parameters as the controls change them. */
export type EditableParameters = Mutable<Omit<GenerationParameters, 'settings'>> & {
  settings: Mutable<ImageSettings>;
};

/** Parameters that are typed, letter by letter. */
const TYPED: ReadonlySet<PropertyKey> = new Set(['prompt', 'negativePrompt']);

export class Settings {
  readonly #kept: KeptSettings;
  readonly prompts;
  readonly device;
  readonly page;
  readonly saving;
  readonly img2img;
  readonly run;

  /** A finished picture that Hires. fix starts from, in place of a first pass; a text may bring one back. */
  firstPass = $state.raw<SourcePicture | null>(null);
  /** Of ControlNet's units; null for those without one of their own. */
  unitPictures = $state.raw<readonly (UnitPicture | null)[]>([]);

  #state = $state<EditableParameters>({ ...DEFAULT_PARAMETERS });
  readonly #watched = $derived(
    watched(this.#state, (key) => this.#kept.changed(this.#parameters, TYPED.has(key))),
  );
  readonly #parameters: Kept = {
    key: SETTING_KEYS.parameters,
    noted: true,
    read: (stored) => (this.#state = parseParameters(stored, this.choices)),
    value: () => this.snapshot(),
  };

  /** `onError` hears of settings that could not be read or kept. */
  constructor(
    readonly choices: Choices,
    onError: (error: unknown) => void,
  ) {
    const kept = new KeptSettings(onError);
    this.#kept = kept;
    kept.add(this.#parameters);
    this.prompts = kept.group(PROMPT_INFOS);
    this.device = kept.group(DEVICE_INFOS);
    this.page = kept.group(PAGE_INFOS);
    this.saving = kept.group(SAVING_INFOS);
    this.img2img = kept.group(IMG2IMG_INFOS);
    this.run = kept.group(runInfos(choices));
  }

  load(): Promise<void> {
    return this.#kept.load();
  }

  /** Keeps the settings as they change from now on. Returns what ends it. */
  keep(): () => void {
    return this.#kept.keep();
  }

  /** To be changed in place, too. */
  get parameters(): EditableParameters {
    return this.#watched;
  }
  set parameters(parameters: EditableParameters) {
    this.#state = parameters;
    this.#kept.changed(this.#parameters, false);
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
    this.run.extraSeed = false;
    this.run.hires = parseHires(undefined, this.choices);
    this.firstPass = null;
    this.run.refiner = parseRefiner(undefined);
  }

  openSection(name: string, open: boolean): void {
    const others = this.page.openSections.filter((other) => other !== name);
    // Components say it of what is there already, too.
    if (open === others.length < this.page.openSections.length) return;
    this.page.openSections = open ? [...others, name] : others;
  }

  /** What is set of how a sketch becomes the source. */
  get sketchLook(): SketchLook {
    const { maskTransparency, inpaint } = this.img2img;
    const background = this.parameters.settings.img2imgBackgroundColor;
    return { background, maskBlur: inpaint.maskBlur, maskTransparency };
  }

  /** Of img2img: what carries it out in place of one pass. */
  get script(): Script | null {
    const { chosen, each } = this.img2img.scripts;
    return chosen && (each.find(({ kind }) => kind === chosen) ?? defaultScript(chosen));
  }
  set script(script: Script | null) {
    const others = this.img2img.scripts.each.filter(({ kind }) => kind !== script?.kind);
    this.img2img.scripts = { chosen: script?.kind ?? null, each: script ? [...others, script] : others };
  }

  /** Chooses a script, as it was set last; null for none. */
  chooseScript(kind: Script['kind'] | null): void {
    this.img2img.scripts = { ...this.img2img.scripts, chosen: kind };
  }

  /** What makes many requests of one, in txt2img and img2img; null for nothing. */
  get plot(): Plot | null {
    const { chosen, each } = this.run.plots;
    return chosen && (each.find(({ kind }) => kind === chosen) ?? DEFAULT_PLOTS[chosen]);
  }
  set plot(plot: Plot | null) {
    const others = this.run.plots.each.filter(({ kind }) => kind !== plot?.kind);
    this.run.plots = { chosen: plot?.kind ?? null, each: plot ? [...others, plot] : others };
  }

  /** Chooses a plot, as it was set last; null for none. */
  choosePlot(kind: Plot['kind'] | null): void {
    this.run.plots = { ...this.run.plots, chosen: kind };
  }
}
