// What the page remembers between visits, checked as it is read: whatever lies in the browser's storage may be
// years old, half-written or made by someone else, and must never keep the page from starting.
import { DENOISING_BOUNDS, IMAGE_CFG_BOUNDS } from '../generation/request/bounds.ts';
import {
  DEFAULT_IMG2IMG,
  DEFAULT_PARAMETERS,
  type GenerationParameters,
} from '../generation/request/request.ts';
import { parsePlot, PLOT_KINDS, type Plot } from '../plots/plot.ts';
import { parseScript, scriptInfo, SCRIPTS, type Script } from '../generation/request/script.ts';
import { RESIZE_MODES, type ResizeMode } from '../image/resize-modes.ts';
import { DEFAULT_MEMORY, type MemoryOptions } from '../generation/run/memory-options.ts';
import { parseSeed } from '../generation/request/seeds.ts';
import { MAX_PROMPT_LENGTH } from '../prompt/length.ts';
import type { KernelSetting } from '../runtime/kernel-choice.ts';
import type { PromptPair, PromptStyle } from '../prompt/styles.ts';
import { BRUSH_RANGES, DEFAULT_BRUSH, type BrushChoice } from './canvas/brush.ts';
import { MODES, type Mode } from './canvas/modes.ts';
import { type Choices, LIMITS, RESIZE_BY, RNG_SOURCES, snap } from './choices.ts';
import { parseImageSettings } from './image-settings.ts';
import { MAX_HISTORY } from './prompt-history.ts';
import type { NotifyChoice } from './notify/run-watch.ts';
import type { Speed } from './run-time.ts';
import type { Processor, ProcessorChoice, Trials } from './state/processor.svelte.ts';
import { MAX_SPEED_KEY, MAX_SPEEDS, type Speeds } from './state/run-speeds.ts';
import { isListName, MAX_LIST_LENGTH, MAX_LISTS, type WildcardList } from './wildcard-lists.ts';

export type Theme = 'auto' | 'light' | 'dark';

/** Names under which `saveSetting` keeps them. */
export const SETTING_KEYS = {
  parameters: 'ui.txt2img.parameters',
  extraSeed: 'ui.txt2img.extra-seed',
  theme: 'ui.theme',
  model: 'ui.checkpoint',
  /** Once a switch, for the processor. */
  processor: 'ui.device.cpu',
  trials: 'ui.device.trials',
  memory: 'ui.device.memory',
  kernels: 'ui.device.kernels',
  offersTuning: 'ui.device.kernels.offer',
  styles: 'prompt.styles',
  chosenStyles: 'ui.txt2img.styles',
  history: 'prompt.history',
  wildcards: 'prompt.wildcards.on',
  wildcardLists: 'prompt.wildcards.lists',
  dynamicPrompts: 'prompt.wildcards.options',
  openSections: 'ui.sections.open',
  pinned: 'ui.settings.pinned',
  keys: 'ui.keys',
  speeds: 'ui.device.speeds',
  notify: 'ui.notify',
  notifySound: 'ui.notify.sound',
  programs: 'ui.programs',
  extraNetworks: 'ui.extra-networks',
  completion: 'ui.prompt.completion',
  tags: 'prompt.tags.count',
  tileScale: 'ui.gallery.tile-scale',
  denoisingStrength: 'ui.img2img.denoising',
  resizeMode: 'ui.img2img.resize-mode',
  hires: 'ui.txt2img.hires',
  refiner: 'ui.txt2img.refiner',
  controlUnits: 'ui.controlnet',
  detailer: 'ui.detailer',
  extensions: 'ui.extensions',
  keepSources: 'ui.img2img.keep-sources',
  savedAs: 'ui.saved-as',
  savedTo: 'ui.saved-to',
  img2imgMode: 'ui.img2img.mode',
  brush: 'ui.canvas.brush',
  inpaint: 'ui.img2img.inpaint',
  imageCfgScale: 'ui.img2img.image-cfg-scale',
  maskTransparency: 'ui.img2img.mask-transparency',
  resizeBy: 'ui.img2img.resize-by',
  scripts: 'ui.img2img.scripts',
  plots: 'ui.plots',
} as const;

export const MAX_STYLES = 10_000;
export const MAX_STYLE_NAME = 200;

/** Parameters out of anything: each field is taken when it makes sense, brought into its range, or A1111's default. */
export function parseParameters(stored: unknown, choices: Choices): GenerationParameters {
  const from = record(stored);
  const fallback = DEFAULT_PARAMETERS;
  const number = (key: keyof typeof LIMITS) => snap(from[key], LIMITS[key], fallback[key]);
  return {
    ...parsePrompts(from),
    template: null,
    steps: number('steps'),
    sampler: oneOf(from['sampler'], choices.samplers, fallback.sampler),
    scheduler: oneOf(from['scheduler'], choices.schedulers, fallback.scheduler),
    cfgScale: number('cfgScale'),
    width: number('width'),
    height: number('height'),
    seed: parseSeed(from['seed']) ?? fallback.seed,
    batchSize: number('batchSize'),
    batchCount: number('batchCount'),
    clipSkip: number('clipSkip'),
    rng: oneOf(from['rng'], RNG_SOURCES, fallback.rng),
    ensd: number('ensd'),
    subseed: parseSeed(from['subseed']) ?? fallback.subseed,
    subseedStrength: number('subseedStrength'),
    seedResizeFromWidth: number('seedResizeFromWidth'),
    seedResizeFromHeight: number('seedResizeFromHeight'),
    settings: parseImageSettings(record(from['settings'])),
    // The picture that img2img starts from is not kept between visits.
    img2img: null,
    // Kept beside, where they stay while they are off.
    hires: null,
    refiner: null,
    controlUnits: [],
    extensions: [],
    detailer: null,
    script: null,
  };
}

export function parseTheme(stored: unknown): Theme {
  return oneOf(stored, ['auto', 'light', 'dark'] as const, 'auto');
}

/** The SHA-256 of the chosen model, or null. */
export function parseModelChoice(stored: unknown): string | null {
  return typeof stored === 'string' && /^[0-9a-f]{64}$/.test(stored) ? stored : null;
}

export function parseSwitch(stored: unknown): boolean {
  return stored === true;
}

/** One that is on unless it was turned off. */
export function parseSwitchOn(stored: unknown): boolean {
  return stored !== false;
}

/** How many there are of something that is kept elsewhere. */
export function parseCount(stored: unknown): number {
  return Number.isSafeInteger(stored) && Number(stored) > 0 ? Number(stored) : 0;
}

export function parseDenoising(stored: unknown): number {
  return snap(stored, DENOISING_BOUNDS, DEFAULT_IMG2IMG.denoisingStrength);
}

export function parseResizeMode(stored: unknown): ResizeMode {
  return oneOf(stored, RESIZE_MODES, DEFAULT_IMG2IMG.resizeMode);
}

export function parseImageCfgScale(stored: unknown): number {
  return snap(stored, IMAGE_CFG_BOUNDS, DEFAULT_IMG2IMG.imageCfgScale);
}

/** A1111's "Mask transparency", in percent. */
export const MASK_TRANSPARENCY = { min: 0, max: 100, step: 1 } as const;

export function parseMaskTransparency(stored: unknown): number {
  return snap(stored, MASK_TRANSPARENCY, MASK_TRANSPARENCY.min);
}

/** "Resize by": how much larger than the source; null for a size that is set ("Resize to"). */
export function parseResizeBy(stored: unknown): number | null {
  return typeof stored === 'number' ? snap(stored, RESIZE_BY, 1) : null;
}

export function parseMode(stored: unknown): Mode {
  return oneOf(stored, MODES, 'img2img');
}

export function parseBrush(stored: unknown): BrushChoice {
  const { size, softness, opacity, color } = record(stored);
  const known = typeof color === 'string' && /^#[0-9a-f]{6}$/.test(color);
  return {
    size: snap(size, BRUSH_RANGES.size, DEFAULT_BRUSH.size),
    softness: snap(softness, BRUSH_RANGES.softness, DEFAULT_BRUSH.softness),
    opacity: snap(opacity, BRUSH_RANGES.opacity, DEFAULT_BRUSH.opacity),
    color: known ? color : DEFAULT_BRUSH.color,
  };
}

/** Which script is chosen, and how each was set last. */
export interface ScriptChoice {
  readonly chosen: Script['kind'] | null;
  readonly each: readonly Script[];
}

export function parseScripts(stored: unknown): ScriptChoice {
  const { chosen, each } = record(stored);
  const known = (Array.isArray(each) ? each : []).slice(0, 2 * SCRIPTS.length).flatMap((script) => {
    const options = record(script);
    return parseScript(options['kind'], options) ?? [];
  });
  return { chosen: scriptInfo(chosen)?.kind ?? null, each: known };
}

/** Which plot is chosen, and how each was set last. */
export interface PlotChoice {
  readonly chosen: Plot['kind'] | null;
  readonly each: readonly Plot[];
}

export function parsePlots(stored: unknown): PlotChoice {
  const { chosen, each } = record(stored);
  const known = (Array.isArray(each) ? each : [])
    .slice(0, 2 * PLOT_KINDS.length)
    .flatMap((plot) => parsePlot(plot) ?? []);
  return { chosen: PLOT_KINDS.find((kind) => kind === chosen) ?? null, each: known };
}

/** How large the gallery's tiles are, beside the usual. */
export const TILE_SCALE = { min: 0.6, max: 2.4 } as const;

export function parseTileScale(stored: unknown): number {
  const known = typeof stored === 'number' && stored >= TILE_SCALE.min && stored <= TILE_SCALE.max;
  return known ? stored : 1;
}

export function parseNotify(stored: unknown): NotifyChoice {
  return oneOf(stored, ['unasked', 'on', 'off'] as const, 'unasked');
}

/** A switch that was off was no choice. */
export function parseProcessor(stored: unknown): ProcessorChoice {
  return stored === true ? 'cpu' : oneOf(stored, ['auto', 'gpu', 'cpu'] as const, 'auto');
}

export function parseTrials(stored: unknown): Trials {
  const known = Object.entries(record(stored)).filter(
    (entry): entry is [string, Processor] => entry[1] === 'gpu' || entry[1] === 'cpu',
  );
  return Object.fromEntries(known.slice(0, 100));
}

/** Milliseconds for a pixel; the slowest device needs less. */
const SLOWEST = 1e6;

export function parseSpeeds(stored: unknown): Speeds {
  const fits = (ms: unknown): ms is number => typeof ms === 'number' && ms >= 0 && ms <= SLOWEST;
  const known = Object.entries(record(stored)).flatMap(([key, value]): [string, Speed][] => {
    const { step, picture } = record(value);
    return key.length <= MAX_SPEED_KEY && fits(step) && fits(picture) ? [[key, { step, picture }]] : [];
  });
  return Object.fromEntries(known.slice(-MAX_SPEEDS));
}

/** A GPU of less or more is taken for a mistake. */
const GPU_MEMORY = { min: 1e9, max: 1e12 } as const;

export function parseMemory(stored: unknown): MemoryOptions {
  const { lowVram, tiledVae, gpuMemory } = record(stored);
  const switches = ['auto', 'on', 'off'] as const;
  const known = typeof gpuMemory === 'number' && gpuMemory >= GPU_MEMORY.min && gpuMemory <= GPU_MEMORY.max;
  return {
    lowVram: oneOf(lowVram, switches, DEFAULT_MEMORY.lowVram),
    tiledVae: oneOf(tiledVae, switches, DEFAULT_MEMORY.tiledVae),
    gpuMemory: known ? gpuMemory : null,
  };
}

/** Whose kernels compute on the GPU. */
export function parseKernels(stored: unknown): KernelSetting {
  return oneOf(stored, ['auto', 'onnxruntime', 'own'] as const, 'auto');
}

/** Of several styles with one name the last counts. */
export function parseStyles(stored: unknown): PromptStyle[] {
  const styles = new Map<string, PromptStyle>();
  for (const item of list(stored, MAX_STYLES)) {
    const from = record(item);
    const name = text(from['name'], MAX_STYLE_NAME);
    if (name !== '') styles.set(name, { name, ...parsePrompts(from) });
  }
  return [...styles.values()];
}

export function parseNames(stored: unknown): string[] {
  const names = list(stored, MAX_STYLES).map((name) => text(name, MAX_STYLE_NAME));
  return [...new Set(names)].filter((name) => name !== '');
}

/** Sections that are open where the person has opened and closed none yet. */
const OPEN_SECTIONS: readonly string[] = ['source', 'sampling', 'size'];

export function parseOpenSections(stored: unknown): readonly string[] {
  return Array.isArray(stored) ? parseNames(stored) : OPEN_SECTIONS;
}

export function parseHistory(stored: unknown): PromptPair[] {
  const pairs = list(stored, MAX_HISTORY).map((item) => parsePrompts(record(item)));
  return pairs.filter(({ prompt, negativePrompt }) => prompt !== '' || negativePrompt !== '');
}

export function parseWildcardLists(stored: unknown): WildcardList[] {
  const lists = new Map<string, WildcardList>();
  for (const item of list(stored, MAX_LISTS)) {
    const { name, text: lines } = record(item);
    if (typeof name !== 'string' || !isListName(name)) continue;
    lists.set(name, { name, text: text(lines, MAX_LIST_LENGTH) });
  }
  return [...lists.values()];
}

function parsePrompts(from: Readonly<Record<string, unknown>>): PromptPair {
  return {
    prompt: text(from['prompt'], MAX_PROMPT_LENGTH),
    negativePrompt: text(from['negativePrompt'], MAX_PROMPT_LENGTH),
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value);
  return fits ? (value as Record<string, unknown>) : {};
}

function list(value: unknown, maxLength: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, maxLength) : [];
}

function text(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? value.slice(0, maxLength) : '';
}

function oneOf<T extends string>(value: unknown, list: readonly T[], fallback: T): T {
  return list.find((item) => item === value) ?? (list.includes(fallback) ? fallback : (list[0] ?? fallback));
}
