// Takes over what a text says: a picture's parameters, the prompt's own, an earlier prompt. What the person had written is
// never lost by it.
import type { ToldCheckpoint } from '../../generation/request/checkpoint-text.ts';
import type { NamedCheckpoint } from '../../generation/request/request.ts';
import { isReference } from '../../generation/request/control-unit.ts';
import { parseSeed } from '../../generation/request/seeds.ts';
import { askedUpscalers } from '../../generation/request/upscalers.ts';
import {
  EMBEDDINGS_KEY,
  hashesFromText,
  LORAS_KEY,
  nameInList,
  type NamedHash,
} from '../../generation/request/named-hashes.ts';
import { positionsAdvice } from '../../generation/request/positions-text.ts';
import type { ToldImg2Img } from '../../generation/request/img2img-text.ts';
import type { SourcePicture } from '../../generation/request/source-picture.ts';
import type { StoredModel } from '../../library/types.ts';
import { boxedUpscaler } from '../../library/box.ts';
import { findUpscaler } from '../../library/upscaler-choice.ts';
import { findVae } from '../../library/vae-choice.ts';
import type { PromptPair } from '../../prompt/styles.ts';
import { listed } from '../format.ts';
import { choiceOf } from '../inpaint-choice.ts';
import { findByHash, hashFitsSeveral } from '../model-facts.ts';
import { parseControlUnits } from '../control-choice.ts';
import { takenUp } from '../extensions-choice.ts';
import { parseDetailer } from '../detailer-choice.ts';
import { parseHires } from '../passes-choice.ts';
import type { Picture } from '../picture.ts';
import type { ReadParameters } from '../read-parameters.ts';
import { remember, samePrompts } from '../prompt-history.ts';
import { common } from '../strings/common.ts';
import { labels } from '../strings/labels.ts';
import { notices as t } from '../strings/notices.ts';
import { passes } from '../strings/passes.ts';
import type { ModelChoice } from './model-choice.ts';
import type { Notices } from './notices.svelte.ts';
import type { PngInfo } from './png-info.svelte.ts';
import type { Settings } from './settings.svelte.ts';
import type { Source } from './source.svelte.ts';

/** What it needs of the page. */
export interface ReaderHost {
  readonly notices: Notices;
  readonly settings: Settings;
  /** Pictures of the run. */
  readonly job: { readonly pictures: readonly Picture[] };
  /** Newest first. */
  readonly recentPictures: readonly Picture[];
  readonly shownPicture: Picture | null;
  readonly source: Source;
  readonly pngInfo: Pick<PngInfo, 'read'>;
  readonly models: ModelChoice;
  readonly library: { readonly models: readonly StoredModel[] };
  attempt(title: string, action: () => Promise<unknown>): Promise<boolean>;
}

/** What a text tells of the files that its prompts name. */
function toldIn(fields: ReadParameters['fields'], key: string): readonly NamedHash[] {
  return hashesFromText(fields.find(({ name }) => name === key)?.value ?? '');
}

const NO_PROMPTS: PromptPair = { prompt: '', negativePrompt: '' };

export class ParameterReader {
  /** The prompts that took the place of others last. */
  #put: PromptPair = NO_PROMPTS;

  constructor(private readonly host: ReaderHost) {}

  /** A picture dropped on the prompt: its text becomes the prompt, for "Read generation parameters". */
  async fillPrompt(picture: File): Promise<void> {
    await this.host.attempt(t.pictureNotRead, async () => {
      const { parameters } = await this.host.pngInfo.read(picture, picture.name);
      if (parameters === null) {
        this.host.notices.inform(t.noParameters, t.noParametersWhat(picture.name));
      } else this.replacing(() => this.host.settings.change({ prompt: parameters }));
    });
  }

  /** Of the newest picture, or null. */
  get lastParameters(): string | null {
    return (this.host.job.pictures.at(-1) ?? this.host.recentPictures[0])?.parameters ?? null;
  }

  /** A1111's arrow button: the prompt's text, or the last picture's when there is none, into the controls. */
  async readPrompt(): Promise<void> {
    const { prompt } = this.host.settings.parameters;
    const text = prompt.trim() === '' ? this.lastParameters : prompt;
    if (text === null) {
      this.host.notices.inform(t.nothingToRead, t.nothingToReadWhat);
    } else await this.readText(text);
  }

  /**
   * Sets the controls, the styles and the checkpoint as a parameters text has them. `ownSource`: what it was painted over does not
   * matter, for another picture takes its place.
   */
  async readText(text: string, ownSource = false): Promise<void> {
    await this.host.attempt(t.parametersNotRead, async () => {
      const { describeChanges, keepingOwn, missingDetectors, readParameters } =
        await import('../read-parameters.ts');
      await (await import('../installed-extensions.ts')).knowInstalled();
      const { settings } = this.host;
      const read = readParameters(text, settings.prompts.styles);
      const { withOwnNames } = await import('../told-add-ons.ts');
      const { prompt: written = '' } = read.parameters;
      const told = withOwnNames(written, toldIn(read.fields, LORAS_KEY), this.host.models.loras);
      const named = written === '' ? read.parameters : { ...read.parameters, prompt: told.prompt };
      const asked = keepingOwn(named, settings.snapshot());
      const fitting = findByHash(this.host.models.checkpoints, read.modelHash, read.modelName);
      const [model] = fitting;
      const missing: string[] = [];
      this.replacing(() => {
        settings.change(asked);
        if (read.extraSeed !== null) {
          settings.run.extraSeed = read.extraSeed;
          // Styles chosen before would come on top of those that the text holds already.
          settings.prompts.chosenStyles = read.styles;
          // One that is chosen would make more of it than the picture.
          settings.plot = read.plot;
        }
        if (read.img2img) {
          settings.img2img.denoisingStrength = read.img2img.denoisingStrength;
          settings.img2img.resizeMode = read.img2img.resizeMode;
          settings.img2img.imageCfgScale = read.img2img.imageCfgScale;
          // The size is the text's.
          settings.img2img.resizeBy = null;
          const { script = null } = read.parameters;
          settings.script = script;
          const { inpaint } = read.img2img;
          if (inpaint) settings.img2img.inpaint = choiceOf(inpaint, settings.img2img.inpaint);
        }
        if (read.extraSeed !== null) this.#takePasses(read, missing);
        // Not as the person chooses one: the size is the text's.
        if (model) settings.run.model = model.sha256;
      });
      const remarks = [...describeChanges(asked, settings.snapshot())];
      if (!ownSource && read.img2img) remarks.push(...(await this.#findPaintedOver(read.img2img)));
      if (read.extraSeed !== null && !(await this.#findFirstPass(read.hires?.firstPassHash ?? null)))
        remarks.push(passes.firstPassMissing);
      remarks.push(...missing);
      if (read.unsupported.length > 0) remarks.push(t.notSupported(listed(read.unsupported)));
      if (read.missingExtensions.length > 0) {
        const { extensions } = await import('../strings/extensions.ts');
        remarks.push(...read.missingExtensions.map(extensions.missing));
      }
      const positions = model && positionsAdvice(read.fields, model);
      if (positions) remarks.push(positions);
      if (fitting.length > 1) remarks.push(t.checkCheckpoint(hashFitsSeveral(fitting)));
      if (!model && read.modelHash !== null) {
        remarks.push(t.modelMissing(read.modelName, read.modelHash));
      }
      remarks.push(...told.missing.map(({ name, hash }) => t.loraMissing(name, hash)));
      remarks.push(...this.#embeddingsAmiss(read));
      if (read.vae !== null && !findVae(this.host.models.vaes, read.vae))
        remarks.push(t.vaeMissing(read.vae));
      for (const { name, where } of askedUpscalers({
        ...read.parameters,
        img2img: read.img2img,
        hires: read.hires,
        detailer: read.detailer,
      })) {
        if (!findUpscaler(this.host.models.upscalers, name) && !boxedUpscaler(name))
          remarks.push(passes.upscalerMissing(where, name));
      }
      const { faceRestoration, faceRestorationModel } = settings.parameters.settings;
      if (read.extraSeed !== null && faceRestoration) {
        const { facesMissing } = await import('../face-remark.ts');
        const faces = facesMissing(this.host.library.models, faceRestorationModel);
        if (faces !== null) remarks.push(faces);
      }
      remarks.push(...missingDetectors(read, this.host.library.models));
      remarks.push(...(await this.#takeUnits(read)));
      if (remarks.length > 0) {
        this.host.notices.warn(t.mayDiffer, `${remarks.join('. ')}.`);
      }
    });
  }

  /** Textual inversions of the text that are not in the library, or have another name there. */
  #embeddingsAmiss({ fields }: ReadParameters): string[] {
    const { embeddings } = this.host.models;
    return toldIn(fields, EMBEDDINGS_KEY).flatMap(({ name, hash }) => {
      const same = embeddings.find(({ sha256 }) => sha256.startsWith(hash));
      if (!same) return [t.embeddingMissing(name, hash)];
      return nameInList(same.name) === name ? [] : [t.embeddingRenamed(name, same.name)];
    });
  }

  /** Whether Hires. fix has what it is to start from: the finished picture whose SHA-256 begins so, or null for none. */
  async #findFirstPass(hash: string | null): Promise<boolean> {
    const { settings } = this.host;
    settings.firstPass = null;
    if (hash === null) return true;
    const { findSource } = await import('../../library/source-pictures.ts');
    settings.firstPass = (await findSource(hash).catch(() => null))?.picture ?? null;
    return settings.firstPass !== null;
  }

  /** ControlNet's units with what is kept of their pictures; those that are set are off where a text tells of none. Resolves with what is missing. */
  async #takeUnits({ controlUnits, extraSeed }: ReadParameters): Promise<string[]> {
    const { settings, library } = this.host;
    const { run } = settings;
    if (extraSeed === null) return [];
    if (controlUnits.length === 0) {
      run.controlUnits = run.controlUnits.map((unit) => ({ ...unit, enabled: false }));
      return [];
    }
    const [{ controlsAmong, findControl }, { findSource }, { control }] = await Promise.all([
      import('../../library/control-choice.ts'),
      import('../../library/source-pictures.ts'),
      import('../strings/control.ts'),
    ]);
    const controls = controlsAmong(library.models);
    const missing: string[] = [];
    const find = async (hash: string | null): Promise<SourcePicture | null> => {
      if (hash === null) return null;
      const kept = await findSource(hash).catch(() => null);
      if (!kept) missing.push(control.pictureMissing(hash));
      return kept?.picture ?? null;
    };
    const pictures = controlUnits.map(async ({ pictureHash, maskHash }) => {
      const picture = await find(pictureHash);
      return picture && { picture, mask: await find(maskHash) };
    });
    settings.unitPictures = await Promise.all(pictures);
    const units = controlUnits.map((unit) => {
      if (isReference(unit.module)) return { ...unit, enabled: true };
      const found = findControl(controls, unit.model);
      if (!found) missing.push(control.notThere(unit.model));
      return { ...unit, model: found?.name ?? unit.model, enabled: true };
    });
    run.controlUnits = parseControlUnits(units);
    return missing;
  }

  /** Hires. fix, Refiner, Detailer and extensions; off where a text tells nothing of them. `missing`: hears of what cannot be found. */
  #takePasses({ hires, refiner, detailer, parameters }: ReadParameters, missing: string[]): void {
    const { settings } = this.host;
    const find = (label: string, told: ToldCheckpoint | null): NamedCheckpoint | null => {
      if (!told) return null;
      const byName = this.host.models.checkpoints.find(({ name }) => name === told.name);
      const found = told.hash ? findByHash(this.host.models.checkpoints, told.hash, told.name)[0] : byName;
      if (!found) missing.push(passes.checkpointMissing(label, told.name, told.hash));
      return found ? { sha256: found.sha256, name: found.name } : null;
    };
    const checkpoint = find(labels.hiresCheckpoint, hires?.checkpoint ?? null);
    settings.run.hires = parseHires(
      hires ? { ...hires, on: true, checkpoint } : { ...settings.run.hires, on: false },
      settings.choices,
    );
    const second = find(labels.refiner, refiner?.checkpoint ?? null);
    settings.run.refiner = refiner
      ? { on: true, checkpoint: second, switchAt: refiner.switchAt }
      : { ...settings.run.refiner, on: false };
    const tabs = detailer?.tabs.map((tab) => {
      const own = find(labels.detailer, tab.checkpoint);
      return { ...tab, enabled: true, checkpoint: own };
    });
    settings.run.detailer = tabs
      ? parseDetailer({ ...detailer, on: true, tabs })
      : { ...settings.run.detailer, on: false };
    settings.run.extensions = takenUp(settings.run.extensions, parameters.extensions ?? []);
  }

  /** Shows what was painted over, with its mask; what is painted now stays if it is just that. Resolves with what is missing. */
  async #findPaintedOver(told: ToldImg2Img): Promise<string[]> {
    const { settings, source } = this.host;
    const { sourceHash, inpaint } = told;
    const mode =
      sourceHash !== null && inpaint?.maskHash !== null
        ? await source.painting?.stillMaking(sourceHash, inpaint?.maskHash ?? null, settings.sketchLook)
        : null;
    if (mode) {
      settings.img2img.mode = mode;
      return [];
    }
    const missing: string[] = [];
    if (!(await this.#findSource(sourceHash))) missing.push(t.paintedOver(sourceHash));
    if (!(await this.#findMask(told))) missing.push(t.paintedOverMask);
    return missing;
  }

  /** Whether img2img's source is, or was kept and now is, the one whose SHA-256 begins so. */
  async #findSource(hash: string | null): Promise<boolean> {
    if (hash === null) return false;
    const { source } = this.host;
    if (source.chosen?.picture.sha256.startsWith(hash)) return true;
    const { findSource } = await import('../../library/source-pictures.ts');
    const kept = await findSource(hash).catch(() => null);
    if (kept) await source.take(kept.picture.file, kept.name);
    return kept !== null;
  }

  /**
   * Shows what was masked, as it was. Resolves with whether it is there. What was painted on a picture is in the picture that
   * was kept.
   */
  async #findMask({ inpaint, sourceHash }: ToldImg2Img): Promise<boolean> {
    const { settings, source } = this.host;
    if (inpaint === null) {
      // A1111's texts tell neither.
      if (sourceHash !== null) settings.img2img.mode = 'img2img';
      return true;
    }
    settings.img2img.mode = 'inpaint';
    if (inpaint.maskHash === null || !source.chosen) return false;
    const { findSource } = await import('../../library/source-pictures.ts');
    const kept = await findSource(inpaint.maskHash).catch(() => null);
    if (!kept) return false;
    const painting = await source.openPainting();
    await painting.takeUsedMask(kept.picture);
    return true;
  }

  /**
   * Around what takes the place of the prompts, with whatever else it sets. What the person had written goes into the
   * history, and all of it can be brought back.
   */
  replacing(change: () => void): void {
    const { settings } = this.host;
    const { chosenStyles } = settings.prompts;
    const { extraSeed, model } = settings.run;
    const before = settings.snapshot();
    // What an earlier replacement has put there is nobody's writing: its own offer, if it stands, leads further back.
    const written = !samePrompts(before, NO_PROMPTS) && !samePrompts(before, this.#put);
    change();
    const after = settings.snapshot();
    if (samePrompts(before, after)) return;
    this.#put = after;
    if (!written) return;
    settings.prompts.history = remember(settings.prompts.history, before);
    const undo = () => {
      this.replacing(() => {
        settings.parameters = before;
        settings.prompts.chosenStyles = chosenStyles;
        Object.assign(settings.run, { extraSeed, model });
      });
      this.#put = NO_PROMPTS;
    };
    this.host.notices.inform(t.promptReplaced, t.promptReplacedWhat, [{ label: common.undo, run: undo }]);
  }

  /** The variation seed of the picture that is shown; its seed where it was not varied, as in A1111. */
  async reuseVariationSeed(): Promise<void> {
    const picture = this.host.shownPicture;
    if (!picture) return;
    await this.host.attempt(t.parametersNotRead, async () => {
      const { readParameters } = await import('../read-parameters.ts');
      const { fields } = readParameters(picture.parameters);
      const varied = fields.find(({ name }) => name === 'Variation seed')?.value;
      this.host.settings.change({ subseed: parseSeed(varied) ?? picture.seed });
    });
  }
}
