// Reads a parameters text into named values: A1111 1.10.1's parse_generation_parameters (modules/infotext_utils.py) with the
// compatibility it applies to older versions (modules/infotext_versions.py).
import { parseAttention } from '../../../prompt/attention.ts';
import { strip } from '../../../prompt/python-text.ts';
import { splitPairs } from './pairs.ts';
import { unquote } from './quote.ts';
import { compareVersions, parseVersion, type Version } from './version.ts';

/** Read from the text: strings. Filled in for fields the text lacks: of the kind A1111 fills in. "Styles array": names. */
export type InfotextValue = string | number | boolean | readonly string[];

/** Has no prototype: keys come from the text. "Size: 512x768" is told as "Size-1" and "Size-2". */
export type Infotext = Readonly<Record<string, InfotextValue>>;

export interface StyleExtraction {
  /** Names of the styles found. */
  readonly styles: readonly string[];
  /** The prompts without them. */
  readonly prompt: string;
  readonly negativePrompt: string;
}

export interface ParseOptions {
  /** Finds styles in the prompts (A1111's extract_styles_from_prompt); left out: there are no styles. */
  readonly extractStyles?: (prompt: string, negativePrompt: string) => StyleExtraction;
  /** A1111's setting infotext_styles; "Apply if any" unless told. */
  readonly styles?: 'Ignore' | 'Apply' | 'Discard' | 'Apply if any';
  /** Fields to leave out of the result. */
  readonly skipFields?: readonly string[];
  /** Switch old behaviour on for texts of old versions (A1111's setting auto_backcompat); on unless told. */
  readonly backwardCompatibility?: boolean;
  /** A1111's setting use_old_hires_fix_width_height. */
  readonly oldHiresSize?: boolean;
}

/** Fewer pairs than these, and the last line is part of the prompt. */
const MIN_PAIRS = 3;
const NEGATIVE = 'Negative prompt:';
const IMAGE_SIZE = /^(\p{Nd}+)x(\p{Nd}+)\n?$/u;

const DEFAULTS = {
  'Hires sampler': 'Use same sampler',
  'Hires schedule type': 'Use same scheduler',
  'Hires checkpoint': 'Use same checkpoint',
  'Hires prompt': '',
  'Hires negative prompt': '',
  'Mask mode': 'Inpaint masked',
  'Masked content': 'original',
  'Inpaint area': 'Whole picture',
  'Masked area padding': 32,
  RNG: 'GPU',
  'Schedule type': 'Automatic',
  'Schedule max sigma': 0,
  'Schedule min sigma': 0,
  'Schedule rho': 0,
  'VAE Encoder': 'Full',
  'VAE Decoder': 'Full',
  'FP8 weight': 'Disable',
  'Refiner switch by sampling steps': false,
} as const;

const V1_6_0 = version('1.6.0');
/** Zero terminal SNR came in, and alphas_cumprod was no longer downcast. */
const V1_7_0_TSNR = version('v1.7.0-225');
const V1_8_0 = version('1.8.0');
/** From here on the hires prompts hold their styles. */
const V1_8_0_HR_STYLES = version('1.8.0-139');

/** Any text gives a result; none is refused. Time is linear in its length, apart from `extractStyles`. */
export function parseInfotext(text: string, options: ParseOptions = {}): Infotext {
  const { lines, parameters } = splitText(text);
  const result = parseLine(parameters);
  const prompts = applyStyles(splitPrompts(lines), result, options);
  result['Prompt'] = prompts.prompt;
  result['Negative prompt'] = prompts.negativePrompt;

  result['Clip skip'] ??= '1';
  if (result['Hypernet'] !== undefined) {
    const strength = result['Hypernet strength'] ?? '1.0';
    result['Prompt'] += `<hypernet:${String(result['Hypernet'])}:${String(strength)}>`;
  }
  if (result['Hires resize-1'] === undefined) result['Hires resize-1'] = result['Hires resize-2'] = 0;
  restoreOldHiresSize(result, options.oldHiresSize ?? false);
  for (const [key, value] of Object.entries(DEFAULTS)) result[key] ??= value;
  if (result['FP8 weight'] !== 'Disable') result['Cache FP16 weight for LoRA'] ??= false;
  if (usesEmphasis(prompts.prompt) || usesEmphasis(prompts.negativePrompt)) result['Emphasis'] ??= 'Original';
  if (options.backwardCompatibility ?? true) applyCompatibility(result);

  for (const field of options.skipFields ?? []) Reflect.deleteProperty(result, field);
  return result;
}

/** The text as it is divided, nothing filled in or converted: cheap enough for thousands. */
export function splitInfotext(text: string): {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly fields: ReadonlyMap<string, string>;
} {
  const { lines, parameters } = splitText(text);
  const fields = new Map(splitPairs(parameters).map(([key, value]) => [key, unquote(value)]));
  return { ...splitPrompts(lines), fields };
}

/** Whether a text holds parameters at all, and not just a prompt. */
export function hasParameters(text: string): boolean {
  return splitText(text).parameters !== '';
}

type Draft = Record<string, InfotextValue>;
interface Prompts {
  readonly prompt: string;
  readonly negativePrompt: string;
}

function splitText(text: string): { lines: string[]; parameters: string } {
  const lines = strip(text).split('\n');
  const last = lines.at(-1) ?? '';
  return splitPairs(last).length < MIN_PAIRS
    ? { lines, parameters: '' }
    : { lines: lines.slice(0, -1), parameters: last };
}

function splitPrompts(lines: readonly string[]): Prompts {
  const prompt: string[] = [];
  const negative: string[] = [];
  let current = prompt;
  for (const untrimmed of lines) {
    let line = strip(untrimmed);
    if (line.startsWith(NEGATIVE)) {
      current = negative;
      line = strip(line.slice(NEGATIVE.length));
    }
    // A line break only joins to something: leading empty lines vanish.
    if (current.length > 0 || line !== '') current.push(line);
  }
  return { prompt: prompt.join('\n'), negativePrompt: negative.join('\n') };
}

function parseLine(line: string): Draft {
  const result = Object.create(null) as Draft;
  for (const [key, quoted] of splitPairs(line)) {
    if (quoted === '') continue;
    const value = unquote(quoted);
    const size = IMAGE_SIZE.exec(value);
    if (size) {
      result[`${key}-1`] = size[1]!;
      result[`${key}-2`] = size[2]!;
    } else {
      result[key] = value;
    }
  }
  return result;
}

/** Takes styles out of the prompts, unless the hires prompts have other ones. */
function applyStyles(prompts: Prompts, result: Draft, options: ParseOptions): Prompts {
  const mode = options.styles ?? 'Apply if any';
  if (mode === 'Ignore') return prompts;
  const extract =
    options.extractStyles ??
    ((prompt: string, negativePrompt: string): StyleExtraction => ({ styles: [], prompt, negativePrompt }));
  const found = extract(prompts.prompt, prompts.negativePrompt);

  const hiresPrompt = result['Hires prompt'] as string | undefined;
  const hiresNegative = result['Hires negative prompt'] as string | undefined;
  const ver = parseVersion(result['Version']);
  const hiresHasStyles = ver === null || compareVersions(ver, V1_8_0_HR_STYLES) > 0;
  if ((hiresPrompt !== undefined || hiresNegative !== undefined) && hiresHasStyles) {
    const hires = extract(hiresPrompt ?? prompts.prompt, hiresNegative ?? prompts.negativePrompt);
    if (!sameStyles(found.styles, hires.styles)) return prompts;
    result['Hires prompt'] = hires.prompt === found.prompt ? '' : hires.prompt;
    result['Hires negative prompt'] =
      hires.negativePrompt === found.negativePrompt ? '' : hires.negativePrompt;
  }
  if (mode === 'Apply' || (mode === 'Apply if any' && found.styles.length > 0)) {
    result['Styles array'] = [...found.styles];
  }
  return found;
}

function sameStyles(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

/**
 * Texts of the first hires fix told the final size and, as "First pass size", that of the first pass (0x0: worked out). Today's
 * fields are the other way round. Sizes that are no numbers are left as they are.
 */
function restoreOldHiresSize(result: Draft, oldSetting: boolean): void {
  const number = (key: string, standard: number): number => Number(result[key] ?? standard);
  if (oldSetting) {
    const [width, height] = [number('Hires resize-1', 0), number('Hires resize-2', 0)];
    if (width && height) {
      result['Size-1'] = width;
      result['Size-2'] = height;
      return;
    }
  }
  if (result['First pass size-1'] === undefined || result['First pass size-2'] === undefined) return;
  const [width, height] = [number('Size-1', 512), number('Size-2', 512)];
  let [firstWidth, firstHeight] = [number('First pass size-1', 0), number('First pass size-2', 0)];
  if (firstWidth === 0 || firstHeight === 0) {
    const scale = Math.sqrt((512 * 512) / (width * height));
    firstWidth = Math.ceil((scale * width) / 64) * 64;
    firstHeight = Math.ceil((scale * height) / 64) * 64;
  }
  if (![width, height, firstWidth, firstHeight].every(Number.isFinite)) return;
  result['Size-1'] = firstWidth;
  result['Size-2'] = firstHeight;
  result['Hires resize-1'] = width;
  result['Hires resize-2'] = height;
}

function usesEmphasis(prompt: string): boolean {
  return parseAttention(prompt).some(({ text, weight }) => weight !== 1 && text !== 'BREAK');
}

function applyCompatibility(result: Draft): void {
  const ver = parseVersion(result['Version']);
  if (!ver) return;
  const before = (other: Version): boolean => compareVersions(ver, other) < 0;
  if (before(V1_6_0) && String(result['Prompt']).includes('[')) result['Old prompt editing timelines'] = true;
  if (before(V1_6_0) && (result['Sampler'] === 'DDIM' || result['Sampler'] === 'PLMS')) {
    result['Pad conds v0'] = true;
  }
  if (before(V1_7_0_TSNR)) result['Downcast alphas_cumprod'] = true;
  if (before(V1_8_0) && result['Refiner']) result['Refiner switch by sampling steps'] = true;
}

function version(text: string): Version {
  const parsed = parseVersion(text);
  if (!parsed) throw new Error(`${text} is no version`);
  return parsed;
}
