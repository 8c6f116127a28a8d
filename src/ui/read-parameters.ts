// A parameters text, read for the controls and for a person. Loaded when first used: pages that make pictures from their own
// prompts do without.
import { findExtension } from '../extensions/known.ts';
import { extensionOfField } from '../extensions/own/text.ts';
import { IMAGE_SETTINGS } from '../generation/request/settings/list.ts';
import { splitPairs } from '../generation/request/infotext/pairs.ts';
import type { XyzPlot } from '../plots/plot.ts';
import { plotFromText, readsPlotField } from '../plots/plot-text.ts';
import { notUnderstood, type TextField } from '../generation/request/infotext/not-understood.ts';
import { hasParameters, parseInfotext, type StyleExtraction } from '../generation/request/infotext/parse.ts';
import { FACES } from '../generation/request/detailer.ts';
import { controlFromText, type ToldControlUnit } from '../generation/request/control-text.ts';
import { detailerFromText, type ToldDetailer } from '../generation/request/detailer-text.ts';
import { hiresFromText, type ToldHires } from '../generation/request/hires-text.ts';
import { img2imgFromText, type ToldImg2Img } from '../generation/request/img2img-text.ts';
import { unquote } from '../generation/request/infotext/quote.ts';
import { describeModelOf, toGenerationParameters } from '../generation/request/parameters.ts';
import type { GenerationParameters } from '../generation/request/request.ts';
import { refinerFromText, type ToldRefiner } from '../generation/request/refiner-text.ts';
import { detectorsAmong, findDetector } from '../library/detector-choice.ts';
import type { StoredModel } from '../library/types.ts';
import { PromptTooLongError } from '../prompt/length.ts';
import { findStyles } from '../prompt/find-styles.ts';
import { applyStyles, type PromptPair, type PromptStyle } from '../prompt/styles.ts';
import { detailer as words } from './strings/detailer.ts';
import { labels } from './strings/labels.ts';
import { texts as t } from './strings/texts.ts';

/** UTF-16 units of a text that is read: prompts and all. */
const MAX_LENGTH = 1_000_000;

export interface ReadParameters {
  /** What the text decides. */
  readonly parameters: Partial<GenerationParameters>;
  /** Whether the extra seed row is needed; null where the text has no line of parameters. */
  readonly extraSeed: boolean | null;
  /** Names of styles that were found in the prompts and taken out of them. */
  readonly styles: readonly string[];
  readonly modelHash: string | null;
  readonly modelName: string | null;
  /** What names its VAE, as the setting does; null where it names none. */
  readonly vae: string | null;
  /** How it was painted over another picture; null where it was not. */
  readonly img2img: ToldImg2Img | null;
  /** Its second pass, and what took its last steps over; null where it had none. */
  readonly hires: ToldHires | null;
  readonly refiner: ToldRefiner | null;
  /** ControlNet's units that it was steered by, in order. */
  readonly controlUnits: readonly ToldControlUnit[];
  /** What was painted over in the finished picture; null for nothing. */
  readonly detailer: ToldDetailer | null;
  /** What it is the grid of; null for a picture that stands for itself. */
  readonly plot: XyzPlot | null;
  /** The line of parameters as it stands, for people. */
  readonly fields: readonly TextField[];
  /** Extensions of people's that it needs and that are not at hand. */
  readonly missingExtensions: readonly string[];
  /** What the text asks for and is not understood, or cannot be done. */
  readonly unsupported: readonly string[];
}

/** Any text gives a result. `styles`: to be found in the prompts. */
export function readParameters(text: string, styles: readonly PromptStyle[] = []): ReadParameters {
  const read = text.slice(0, MAX_LENGTH);
  const infotext = parseInfotext(read, {
    extractStyles: (prompt, negativePrompt) => withoutStyles(styles, { prompt, negativePrompt }),
  });
  const fields = parameterFields(read);
  const model = describeModelOf(infotext);
  const parameters = toGenerationParameters(infotext);
  const [img2img, hires] = [img2imgFromText(infotext), hiresFromText(infotext)];
  const found = infotext['Styles array'];
  return {
    parameters,
    extraSeed: fields.length === 0 ? null : wantsExtraSeed(parameters),
    styles: Array.isArray(found) ? (found as readonly string[]) : [],
    modelHash: model.hash,
    modelName: model.name,
    vae: vaeNamedIn(parameters),
    img2img,
    hires,
    refiner: refinerFromText(infotext),
    controlUnits: controlFromText(infotext),
    detailer: detailerFromText(infotext),
    fields,
    plot: plotFromText(infotext),
    missingExtensions: fields.flatMap(({ name }) => missingExtension(name) ?? []),
    unsupported: notUnderstood(
      fields.filter(({ name, value }) => !readsPlotField(name, value) && missingExtension(name) === null),
      { img2img: img2img !== null, hires: hires !== null },
    ),
  };
}

/** Styles are taken out only where putting them back gives the very same prompts: A1111 loses spaces and commas here. */
function withoutStyles(styles: readonly PromptStyle[], prompts: PromptPair): StyleExtraction {
  const { found, rest } = findStyles(styles, prompts);
  return givesAgain(prompts, () => applyStyles(styles, found, rest))
    ? { styles: found, ...rest }
    : { styles: [], ...prompts };
}

function givesAgain(prompts: PromptPair, apply: () => PromptPair): boolean {
  try {
    const again = apply();
    return again.prompt === prompts.prompt && again.negativePrompt === prompts.negativePrompt;
  } catch (error) {
    if (error instanceof PromptTooLongError) return false;
    throw error;
  }
}

/** What is said of detectors that a text asks for and that are not in the library. */
export function missingDetectors({ detailer }: ReadParameters, models: readonly StoredModel[]): string[] {
  const detectors = detectorsAmong(models);
  const names = (detailer?.tabs ?? []).map(({ model }) => model);
  return [...new Set(names)]
    .filter((name) => name !== FACES && !findDetector(detectors, name))
    .map(words.notThere);
}

function vaeNamedIn({ settings }: Partial<GenerationParameters>): string | null {
  const { sdVae = 'Automatic' } = settings ?? {};
  return sdVae === 'Automatic' || sdVae === 'None' ? null : sdVae;
}

/** The extension that a field needs; null where it is at hand, and for other fields. */
function missingExtension(field: string): string | null {
  const name = extensionOfField(field);
  return name !== null && !findExtension(name) ? name : null;
}

function parameterFields(text: string): TextField[] {
  if (!hasParameters(text)) return [];
  const line = text.trim().split('\n').at(-1) ?? '';
  return splitPairs(line).map(([name, value]) => ({ name, value: unquote(value) }));
}

function wantsExtraSeed(parameters: Partial<GenerationParameters>): boolean {
  const { subseedStrength = 0, seedResizeFromWidth = 0, seedResizeFromHeight = 0 } = parameters;
  return subseedStrength !== 0 || seedResizeFromWidth > 0 || seedResizeFromHeight > 0;
}

/** What a text decides, with the person's own choice where texts say nothing because the picture is the same either way. */
export function keepingOwn(
  asked: Partial<GenerationParameters>,
  own: GenerationParameters,
): Partial<GenerationParameters> {
  if (!asked.settings) return asked;
  const kept = IMAGE_SETTINGS.filter(({ infotext }) => infotext === null).map(
    ({ key }) => [key, own.settings[key]] as const,
  );
  return { ...asked, settings: { ...asked.settings, ...Object.fromEntries(kept) } };
}

/** A1111's names of what a text may ask for. */
const labelsOf = (): Partial<Record<keyof GenerationParameters, string>> => ({
  steps: labels.samplingSteps,
  cfgScale: labels.cfgScale,
  width: labels.width,
  height: labels.height,
  seed: labels.seed,
  batchSize: labels.batchSize,
  clipSkip: labels.clipSkip,
  ensd: labels.ensd,
  subseed: labels.variationSeed,
  subseedStrength: labels.variationStrength,
  seedResizeFromWidth: labels.resizeSeedFromWidth,
  seedResizeFromHeight: labels.resizeSeedFromHeight,
  sampler: labels.samplingMethod,
  scheduler: labels.scheduleType,
});

/** What became of values outside of the controls' ranges: "Width 500 became 504". */
export function describeChanges(
  asked: Partial<GenerationParameters>,
  got: GenerationParameters,
): readonly string[] {
  const changes: string[] = [];
  const compare = (label: string, before: unknown, after: unknown) => {
    if (before !== undefined && before !== after)
      changes.push(t.became(label, String(before), String(after)));
  };
  for (const [key, label] of Object.entries(labelsOf()) as [keyof GenerationParameters, string][]) {
    compare(label, asked[key], got[key]);
  }
  for (const [key, label] of [
    ['prompt', t.thePrompt],
    ['negativePrompt', t.theNegativePrompt],
  ] as const) {
    const [before, after] = [asked[key]?.length ?? 0, got[key].length];
    if (before > after) changes.push(t.wasCut(label, before, after));
  }
  for (const { key, label } of IMAGE_SETTINGS) compare(label, asked.settings?.[key], got.settings[key]);
  return changes;
}
