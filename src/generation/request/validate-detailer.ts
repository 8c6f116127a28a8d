// Whether the detailer can be carried out as asked: the bounds of ADetailer's controls, and what to say where one is overstepped.
import { MOST_STEPS, PICTURE_SIDES } from './bounds.ts';
import { MAX_PROMPT_LENGTH } from '../../prompt/length.ts';
import { type DetailerTab } from './detailer.ts';
import { FILTER_METHODS, MERGE_MODES, SIZE_MATCHES, SORT_ORDERS } from './detailer-lists.ts';
import { MAX_FILE_NAME } from './settings/setting-info.ts';
import { choiceProblems, numberProblems, shortened, type Bounds } from './problems.ts';
import type { GenerationParameters } from './request.ts';
import { checkpointProblems } from './validate-hires.ts';
import { samplerProblems } from './validate-sampler.ts';

/** Of its sliders. */
export const DETAILER_BOUNDS = {
  confidence: { min: 0, max: 1, step: 0.01 },
  topK: { min: 0, max: 10, step: 1 },
  minRatio: { min: 0, max: 1, step: 0.001 },
  maxRatio: { min: 0, max: 1, step: 0.001 },
  xOffset: { min: -200, max: 200, step: 1 },
  yOffset: { min: -200, max: 200, step: 1 },
  dilateErode: { min: -128, max: 128, step: 4 },
  maskBlur: { min: 0, max: 64, step: 1 },
  denoisingStrength: { min: 0, max: 1, step: 0.01 },
  padding: { min: 0, max: 256, step: 4 },
  steps: { min: 1, max: 150, step: 1 },
  cfgScale: { min: 0, max: 30, step: 0.5 },
  noiseMultiplier: { min: 0.5, max: 1.5, step: 0.01 },
  clipSkip: { min: 1, max: 12, step: 1 },
  denoisePower: { min: -10, max: 10, step: 0.01 },
} as const satisfies Readonly<Record<string, Bounds>>;

/** More are more than a text can tell. */
const MOST_TABS = 15;
/** Far beyond the sliders: what texts and programs may ask for. */
const FAR = 4096;

export function detailerProblems(parameters: GenerationParameters): string[] {
  const { detailer } = parameters;
  if (detailer === null) return [];
  const { tabs, sortBy, sameSeed, denoisePower, sizeMatch } = detailer;
  if (!Array.isArray(tabs) || tabs.length === 0 || tabs.length > MOST_TABS)
    return [`The detailer takes from 1 to ${MOST_TABS} detectors.`];
  return [
    ...choiceProblems('Sort bounding boxes by', sortBy, SORT_ORDERS),
    ...choiceProblems('Use same seed for each tab', sameSeed, [true, false]),
    ...numberProblems(
      'Power scaling for dynamic denoise strength',
      denoisePower,
      DETAILER_BOUNDS.denoisePower,
    ),
    ...choiceProblems('Try to match inpainting size to bounding box size', sizeMatch, SIZE_MATCHES),
    ...tabs.flatMap((tab, index) =>
      tabProblems(tab, parameters).map((problem) =>
        tabs.length > 1 ? `Detailer, ${index + 1}: ${problem}` : `Detailer: ${problem}`,
      ),
    ),
  ];
}

function tabProblems(tab: DetailerTab, parameters: GenerationParameters): string[] {
  const bounds = DETAILER_BOUNDS;
  const far = (name: string, value: unknown, least = 0): string[] =>
    numberProblems(name, value, { min: least, max: FAR }, true);
  const own = <T>(value: T | null, problems: (value: T) => string[]): string[] =>
    value === null ? [] : problems(value);
  const problems = [
    ...(isName(tab.model) ? [] : [`The detector must be named; it is ${shortened(String(tab.model))}.`]),
    ...promptProblems('Its prompt', tab.prompt),
    ...promptProblems('Its negative prompt', tab.negativePrompt),
    ...numberProblems('Detection model confidence threshold', tab.confidence, bounds.confidence),
    ...choiceProblems('Method to decide top k masks', tab.filterMethod, FILTER_METHODS),
    ...far('Mask only the top k', tab.topK),
    ...numberProblems('Mask min area ratio', tab.minRatio, bounds.minRatio),
    ...numberProblems('Mask max area ratio', tab.maxRatio, bounds.maxRatio),
    ...far('Mask x offset', tab.xOffset, -FAR),
    ...far('Mask y offset', tab.yOffset, -FAR),
    ...far('Mask erosion / dilation', tab.dilateErode, -FAR),
    ...choiceProblems('Mask merge mode', tab.mergeInvert, MERGE_MODES),
    ...numberProblems('Inpaint mask blur', tab.maskBlur, bounds.maskBlur, true),
    ...numberProblems('Inpaint denoising strength', tab.denoisingStrength, bounds.denoisingStrength),
    ...choiceProblems('Inpaint only masked', tab.onlyMasked, [true, false]),
    ...far('Inpaint only masked padding', tab.padding),
    ...own(tab.size, ({ width, height }) => [
      ...sideProblems('Inpaint width', width),
      ...sideProblems('Inpaint height', height),
    ]),
    ...own(tab.steps, (steps) => numberProblems('Steps', steps, { min: 1, max: MOST_STEPS }, true)),
    ...own(tab.cfgScale, (scale) => numberProblems('CFG scale', scale, { min: -1000, max: 1000 })),
    ...own(tab.noiseMultiplier, (by) => numberProblems('Noise multiplier', by, bounds.noiseMultiplier)),
    ...own(tab.clipSkip, (skip) => numberProblems('Clip skip', skip, bounds.clipSkip, true)),
    ...own(tab.checkpoint, (checkpoint) => checkpointProblems('Checkpoint', checkpoint)),
  ];
  if (problems.length > 0) return problems;
  const { steps, sampler, scheduler } = tab;
  const pass = {
    ...parameters,
    steps: steps ?? parameters.steps,
    sampler: sampler ?? parameters.sampler,
    scheduler: scheduler ?? parameters.scheduler,
  };
  return samplerProblems(pass, tab.denoisingStrength);
}

const isName = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && value.length <= MAX_FILE_NAME;

function promptProblems(name: string, prompt: unknown): string[] {
  if (typeof prompt === 'string' && prompt.length <= MAX_PROMPT_LENGTH) return [];
  return [`${name} may have at most ${MAX_PROMPT_LENGTH} characters.`];
}

function sideProblems(name: string, side: number): string[] {
  const { min, max } = PICTURE_SIDES;
  if (side % 8 === 0 && side >= min && side <= max) return [];
  return [`${name} must be a multiple of 8 from ${min} to ${max}; it is ${side}.`];
}
