// What another program tells of a picture, in A1111's words, and what of it has no words there.
import { pythonText, quote, type InfotextScalar } from '../generation/request/infotext/quote.ts';
import type { Size } from '../image/picture-file.ts';

/** What is worth a sentence of its own. */
export type Note =
  /** Its weights of words act in another way. */
  | 'weights'
  /** Its noise is drawn in another way: the seed gives another picture. */
  | 'noise'
  /** Its ancestral and SDE samplers draw their noise on the way from another source. */
  | 'noise on the way'
  /** One of several pictures that were made at once from one seed. */
  | 'batch'
  /** Painted over another picture, which the file does not hold. */
  | 'source'
  /** Several pictures were saved by one workflow. */
  | 'several pictures'
  /** The second pass had a seed of its own. */
  | 'second seed'
  /** Prompts that were mixed. */
  | 'mixed prompts'
  /** The prompts of SDXL's two text encoders differed. */
  | 'two prompts'
  /** Its model cannot be had. */
  | 'own model'
  /** Prompts of single characters stand behind the main one. */
  | 'characters'
  /** Only the workflow is there, not what was carried out. */
  | 'workflow only';

export type Remark =
  | { readonly about: 'sampler' | 'scheduler'; readonly name: string }
  /** Something that was used and is not taken over. */
  | { readonly about: 'left out'; readonly name: string }
  | { readonly about: 'note'; readonly note: Note };

export interface Told {
  prompt: string;
  negativePrompt: string;
  steps?: number | null;
  /** A1111's names. */
  sampler?: string | null;
  scheduler?: string | null;
  cfgScale?: number | null;
  /** Digits. */
  seed?: string | null;
  size?: Size | null;
  modelHash?: string | null;
  /** Without its ending. */
  model?: string | null;
  /** Its file. */
  vae?: string | null;
  clipSkip?: number | null;
  /** Behind those above, by A1111's names. */
  readonly more: Record<string, InfotextScalar>;
  readonly remarks: Remark[];
}

/** A picture of another program as the page takes it. */
export interface OtherPicture {
  /** Its name, as it calls itself. */
  readonly program: string;
  /** A parameters text. */
  readonly text: string;
  readonly remarks: readonly Remark[];
}

/** UTF-16 units of a name in a remark, and remarks of a picture. */
const MAX_NAME = 100;
const MAX_REMARKS = 30;
/** Of a prompt, in UTF-16 units. */
const MAX_PROMPT = 100_000;

export function nothingTold(): Told {
  return { prompt: '', negativePrompt: '', more: {}, remarks: [] };
}

export function leftOut(told: Told, name: string): void {
  told.remarks.push({ about: 'left out', name });
}

export function note(told: Told, what: Note): void {
  told.remarks.push({ about: 'note', note: what });
}

/** LoRAs are told in the prompt, as A1111 has them. */
export function addLora(told: Told, file: string, weight: number): void {
  // What would end the tag cannot be in its name.
  const name = file.replace(/[<>:]/g, '_').slice(0, 200);
  if (name === '') return;
  told.prompt = [told.prompt, `<lora:${name}:${pythonText(rounded(weight))}>`].filter(Boolean).join(' ');
}

/** Without the noise of float32. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** `size`: the picture's own, where the program does not tell one. */
export function otherPicture(program: string, told: Told, size: Size | null): OtherPicture {
  const { width, height } = told.size ?? size ?? { width: 0, height: 0 };
  const line: [string, InfotextScalar | null | undefined][] = [
    ['Steps', told.steps],
    ['Sampler', told.sampler],
    ['Schedule type', told.scheduler],
    ['CFG scale', told.cfgScale == null ? null : rounded(told.cfgScale)],
    ['Seed', told.seed],
    ['Size', width > 0 && height > 0 ? `${width}x${height}` : null],
    ['Model hash', told.modelHash],
    ['Model', told.model],
    ['VAE', told.vae],
    ['Clip skip', told.clipSkip],
    ...Object.entries(told.more),
    ['Software', program],
  ];
  const fields = line.flatMap(([name, value]) =>
    value == null ? [] : [`${name}: ${pythonText(quote(value))}`],
  );
  const negative = told.negativePrompt.trim().slice(0, MAX_PROMPT);
  const lines = [told.prompt.trim().slice(0, MAX_PROMPT)];
  if (negative !== '') lines.push(`Negative prompt: ${negative}`);
  return { program, text: [...lines, fields.join(', ')].join('\n'), remarks: distinct(told.remarks) };
}

/** Each once, shortened, and not without end. */
function distinct(remarks: readonly Remark[]): Remark[] {
  const found = new Map<string, Remark>();
  for (const remark of remarks) {
    const short = 'name' in remark ? { ...remark, name: remark.name.slice(0, MAX_NAME) } : remark;
    found.set(JSON.stringify(short), short);
    if (found.size === MAX_REMARKS) break;
  }
  return [...found.values()];
}
