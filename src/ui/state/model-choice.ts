// The models that the library has for the next pictures, by kind, and which of them is chosen.
import { isImageKind } from '../../families/families.ts';
import { DEFAULT_PARAMETERS } from '../../generation/request/request.ts';
import { lorasAmong } from '../../library/lora-choice.ts';
import type { Named } from '../../library/named-files.ts';
import type { StoredModel } from '../../library/types.ts';
import { upscalersAmong } from '../../library/upscaler-choice.ts';
import { findVae, vaesAmong, vaeTitle } from '../../library/vae-choice.ts';
import { isAddOn, isCalledIn } from '../add-on-words.ts';
import { sizeWith } from '../model-advice.ts';
import type { Settings } from './settings.svelte.ts';

export class ModelChoice {
  constructor(
    private readonly library: { readonly models: readonly StoredModel[] },
    private readonly settings: Settings,
    /** Puts an add-on into the prompt. */
    private readonly addToPrompt: (addOn: StoredModel) => void,
  ) {}

  /** Everything that can be generated with, in the order of the dropdown. */
  get checkpoints(): readonly StoredModel[] {
    return this.library.models.filter(({ detection }) => detection.supported && isImageKind(detection.kind));
  }

  /** VAEs in files of their own. */
  get vaes(): readonly StoredModel[] {
    return vaesAmong(this.library.models);
  }

  /** Upscalers in files, by A1111's names. */
  get upscalers(): readonly Named<StoredModel>[] {
    return upscalersAmong(this.library.models);
  }

  get loras(): readonly StoredModel[] {
    return lorasAmong(this.library.models);
  }

  /** Textual inversions. */
  get embeddings(): readonly StoredModel[] {
    return this.library.models.filter(({ detection }) => detection.embedding && detection.supported);
  }

  get checkpoint(): StoredModel | null {
    return (
      this.checkpoints.find((model) => model.sha256 === this.settings.run.model) ??
      this.checkpoints[0] ??
      null
    );
  }

  /** With the size it was made for, where no other one was chosen. */
  chooseCheckpoint(sha256: string): void {
    const before = this.checkpoint;
    const next = this.checkpoints.find((model) => model.sha256 === sha256);
    const { settings } = this;
    const size = next && sizeWith(next, before, settings.parameters, DEFAULT_PARAMETERS);
    if (size) settings.change(size);
    settings.run.model = sha256;
  }

  chooseVae(vae: StoredModel): void {
    this.settings.changeImageSettings({ sdVae: vaeTitle(vae) });
  }

  /** What takes a model of the library for the next pictures: null where its kind is not chosen that way. */
  chooserOf(model: StoredModel): (() => void) | null {
    const { kind, supported } = model.detection;
    if (!supported) return null;
    if (kind === 'vae') return () => this.chooseVae(model);
    if (isAddOn(model)) return () => this.addToPrompt(model);
    return isImageKind(kind) ? () => this.chooseCheckpoint(model.sha256) : null;
  }

  /** Whether the next pictures are made with it. */
  isChosen(model: StoredModel): boolean {
    const { kind } = model.detection;
    if (kind === 'vae') return this.#isChosenVae(model);
    if (isAddOn(model)) return this.#isInPrompts(model);
    return this.checkpoint?.sha256 === model.sha256;
  }

  #isInPrompts(addOn: StoredModel): boolean {
    const { prompt, negativePrompt } = this.settings.parameters;
    return isCalledIn(prompt, addOn) || isCalledIn(negativePrompt, addOn);
  }

  #isChosenVae(vae: StoredModel): boolean {
    return findVae(this.vaes, this.settings.parameters.settings.sdVae)?.sha256 === vae.sha256;
  }
}
