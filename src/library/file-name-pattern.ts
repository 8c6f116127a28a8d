// Names of files by A1111's patterns, "[seed]-[prompt_spaces]" (modules/images.py, FilenameGenerator and sanitize_filename_part).
import { sha256 } from 'hash-wasm';
import { findSampler } from '../sampling/registry.ts';
import { dateText } from './date-text.ts';
import { MAX_PATTERN } from './saved-as.ts';

/** What a name can tell of the run. Left out: the fields of it stand in the name as they are written. */
export interface NamedRun {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly steps: number;
  readonly cfgScale: number;
  readonly sampler: string;
  readonly scheduler: string;
  readonly styles: readonly string[];
  /** What these add to the prompt, "{prompt}" where it stands. */
  readonly styleTexts: readonly string[];
  readonly modelHash: string;
  readonly modelName: string;
  /** Without its ending; "NoneVAE" for the checkpoint's own. */
  readonly vae: string;
  readonly clipSkip: number;
  /** Null or 0: there is none. */
  readonly denoisingStrength: number | null;
  readonly user: string;
  /** When the job began. */
  readonly job: string;
  readonly batchSize: number;
  readonly batchCount: number;
  /** Of the picture in its batch, and of the batch, from 0. */
  readonly batchIndex: number;
  readonly iteration: number;
  readonly seeds: readonly (number | bigint)[];
}

export interface NamedPicture {
  readonly run?: NamedRun;
  readonly prompt: string | null;
  readonly seed: number | bigint | null;
  readonly width: number;
  readonly height: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Of the time; the machine's own where it is left out. */
  readonly zone?: string;
  readonly basename: string;
  /** SHA-256 of the pixels' bytes, as hex; null for what is no picture. Asked for where a pattern wants it. */
  readonly imageHash: () => Promise<string | null>;
  /** It goes into a zip, where numbers of batches mean nothing. */
  readonly zip: boolean;
  /** Of "[prompt_words]". A1111: directories_max_prompt_words. */
  readonly maxWords: number;
}

/** Nothing, and the text before it goes, too. */
const SKIP = Symbol('nothing');
/** What stands for a field; null: the field stays as it is written. */
type Told = string | typeof SKIP | null;
type Field = (picture: NamedPicture, ...args: string[]) => Told | Promise<Told>;

/** Characters. A1111: --filenames-max-length. */
const MAX_PART = 128;
/** Digits of a hash of a prompt, unless told. */
const HASH_DIGITS = 8;

/** A part of a file's name without what file systems refuse. */
export function sanitizePart(text: string, replaceSpaces = true): string {
  const replaced = (replaceSpaces ? text.replaceAll(' ', '_') : text).replace(/[#<>:"/\\|?*\n\r\t]/g, '_');
  const part = [...replaced.replace(/^ +/, '')].slice(0, MAX_PART).join('');
  return part.replace(/[ .]+$/, '');
}

/** @returns the name without its ending; "/" in a pattern stays, for folders. */
export async function nameByPattern(pattern: string, picture: NamedPicture): Promise<string> {
  let name = '';
  for (const [, text = '', field] of pattern.slice(0, MAX_PATTERN).matchAll(/(.*?)(?:\[([^[\]]+)\]|$)/g)) {
    if (field === undefined) {
      name += text;
      continue;
    }
    const { key, args } = splitField(field);
    const told = (await FIELDS.get(key.toLowerCase())?.(picture, ...args)) ?? null;
    if (told === SKIP) continue;
    name += text + (told ?? `[${key}]`);
  }
  return name;
}

/** "datetime<%H><Asia/Tokyo>" -> its name and what stands in the brackets. */
function splitField(field: string): { key: string; args: string[] } {
  const args: string[] = [];
  let key = field;
  for (;;) {
    const match = /^(.*)<([^>]*)>$/.exec(key);
    if (!match) return { key, args };
    args.unshift(match[2]!);
    key = match[1]!;
  }
}

/** As Python writes a float. */
function float(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** By Python's capitalize; for Automatic the sampler's own. */
function schedulerName({ sampler, scheduler }: NamedRun): string {
  const own = scheduler === 'Automatic' ? (findSampler(sampler)?.scheduler ?? scheduler) : scheduler;
  return own.slice(0, 1).toUpperCase() + own.slice(1).toLowerCase();
}

async function textHash(text: string, digits?: string): Promise<Told> {
  const length = digits === undefined ? HASH_DIGITS : Number(digits);
  return Number.isInteger(length) ? (await sha256(text)).slice(0, length) : null;
}

const ofPrompt = (tell: (prompt: string) => Told | Promise<Told>): Field => {
  return ({ prompt }) => (prompt === null ? null : tell(prompt));
};
const ofRun = (
  tell: (run: NamedRun, picture: NamedPicture, ...args: string[]) => Told | Promise<Told>,
): Field => {
  return (picture, ...args) => (picture.run ? tell(picture.run, picture, ...args) : null);
};

/** A prompt without the texts of its styles (FilenameGenerator.prompt_no_style). */
function withoutStyles(prompt: string, texts: readonly string[]): string {
  const trimmed = (text: string) => text.trim().replace(/^,+|,+$/g, '');
  let rest = prompt;
  for (const text of texts.filter(Boolean)) {
    for (const part of text.split('{prompt}'))
      rest = trimmed((part === '' ? rest : rest.replaceAll(part, '')).replaceAll(', ,', ','));
    rest = trimmed(rest.replaceAll(text, '')).trim();
  }
  return rest;
}

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['seed', ({ seed }) => (seed === null ? '' : String(seed))],
  ['seed_first', ofRun(({ batchSize, seeds }, { seed }) => String(batchSize === 1 ? seed : seeds[0]))],
  ['seed_last', ofRun(({ batchSize, seeds }) => (batchSize === 1 ? SKIP : String(seeds.at(-1))))],
  ['steps', ofRun(({ steps }) => String(steps))],
  ['cfg', ofRun(({ cfgScale }) => float(cfgScale))],
  ['width', ({ width }) => String(width)],
  ['height', ({ height }) => String(height)],
  [
    'styles',
    ofRun(({ styles }) => sanitizePart(styles.filter((name) => name !== 'None').join(', ') || 'None', false)),
  ],
  ['sampler', ofRun(({ sampler }) => sanitizePart(sampler, false))],
  ['scheduler', ofRun((run) => sanitizePart(schedulerName(run), false))],
  ['sampler_scheduler', ofRun((run) => sanitizePart(`${run.sampler} ${schedulerName(run)}`, false))],
  ['model_hash', ofRun(({ modelHash }) => modelHash)],
  ['model_name', ofRun(({ modelName }) => sanitizePart(modelName, false))],
  ['date', ({ time, zone }) => dateText(time, '%Y-%m-%d', zone)],
  [
    'datetime',
    ({ time, zone }, format = '', asked) =>
      sanitizePart(dateText(time, format === '' ? '%Y%m%d%H%M%S' : format, asked ?? zone, zone), false),
  ],
  ['job_timestamp', ofRun(({ job }) => job)],
  ['prompt_hash', (picture, digits) => (picture.prompt === null ? null : textHash(picture.prompt, digits))],
  ['negative_prompt_hash', ofRun(({ negativePrompt }, _, digits) => textHash(negativePrompt, digits))],
  [
    'full_prompt_hash',
    ofRun(({ prompt, negativePrompt }, _, digits) => textHash(`${prompt} ${negativePrompt}`, digits)),
  ],
  ['prompt', ofPrompt((prompt) => sanitizePart(prompt))],
  [
    'prompt_no_styles',
    ofRun(({ styleTexts }, { prompt }) =>
      prompt === null ? null : sanitizePart(withoutStyles(prompt, styleTexts), false),
    ),
  ],
  ['prompt_spaces', ofPrompt((prompt) => sanitizePart(prompt, false))],
  [
    'prompt_words',
    ({ prompt, maxWords }) => {
      const words = (prompt ?? '').split(/[\s!-/:-@[-`{-~]+/).filter(Boolean);
      return sanitizePart((words.length > 0 ? words : ['empty']).slice(0, maxWords).join(' '), false);
    },
  ],
  [
    'batch_number',
    ofRun(({ batchSize, batchIndex }, { zip }) => (batchSize === 1 || zip ? SKIP : String(batchIndex + 1))),
  ],
  ['batch_size', ofRun(({ batchSize }) => String(batchSize))],
  [
    'generation_number',
    ofRun(({ batchSize, batchCount, batchIndex, iteration }, { zip }) =>
      (batchSize === 1 && batchCount === 1) || zip ? SKIP : String(iteration * batchSize + batchIndex + 1),
    ),
  ],
  ['hasprompt', ({ prompt }, ...args) => (prompt === null ? null : sanitizePart(hasPrompt(prompt, args)))],
  ['clip_skip', ofRun(({ clipSkip }) => String(clipSkip))],
  ['denoising', ({ run }) => (run?.denoisingStrength ? float(run.denoisingStrength) : SKIP)],
  ['user', ofRun(({ user }) => user)],
  ['vae_filename', ofRun(({ vae }) => vae)],
  ['none', () => ''],
  [
    'image_hash',
    async ({ imageHash }, digits) =>
      (await imageHash())?.slice(0, digits === undefined ? 64 : Number(digits)) ?? null,
  ],
  ['basename', ({ basename }) => basename],
]);

/** "girl|no girl": the first where the prompt has it, the second where not. */
function hasPrompt(prompt: string, args: readonly string[]): string {
  const lower = prompt.toLowerCase();
  return args
    .map((arg) => {
      const [expected = '', otherwise = ''] = arg.split('|');
      return lower.includes(expected.toLowerCase()) ? expected.toLowerCase() : otherwise;
    })
    .join('');
}
