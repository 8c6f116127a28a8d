// From prompts to what the UNet attends to: A1111's prompt_parser.get_learned_conditioning, its text encoders' forward, and
// the lengths that CFGDenoiser brings together. SDXL: modules/sd_models_xl.py get_learned_conditioning, and sgm's
// GeneralConditioner, which joins the encoders' states and adds the vector.
import { changedConditions } from '../../extensions/at-work.ts';
import type { Prompts } from '../../extensions/interface.ts';
import type { TextEncoderInfo } from '../../families/family.ts';
import type { Size } from '../../image/picture-file.ts';
import type { Cond } from '../../models/cond.ts';
import type { EmbeddedVectors } from '../../models/text-encoder.ts';
import type { TextEncoderConfig } from '../../models/types.ts';
import { applyEmphasis } from '../../prompt/emphasis.ts';
import { chunkPrompt, emptyChunk, fedTokens } from '../../prompt/chunks.ts';
import { embeddingTable, type EmbeddingLookup, type EmbeddingName } from '../../prompt/embeddings.ts';
import { chunkPromptOld } from '../../prompt/old-emphasis.ts';
import type { ScheduledPrompt } from '../../prompt/schedule.ts';
import { createTokenizer } from '../../prompt/tokenizer.ts';
import type { PromptChunk, Tokenizer } from '../../prompt/types.ts';
import type { EncodedText, Networks, TextState } from '../../runtime/networks.ts';
import type { CondSchedule, WeightedCond } from '../../sampling/guidance.ts';
import { promptTexts } from '../request/prompt-texts.ts';
import type { GenerationParameters } from '../request/request.ts';
import type { Padding } from '../request/settings-text.ts';
import { vectorOf } from './vector.ts';

type Chunks = readonly PromptChunk[];

export type { Cond } from '../../models/cond.ts';

/** The prompts of one image, encoded. */
export interface Conditions {
  /** The parts joined with AND, each over the run; all of one length. */
  readonly positive: readonly WeightedCond<Cond>[];
  readonly negative: CondSchedule<Cond>;
  readonly padded: Padding;
  /** What the old emphasis had no room for. */
  readonly truncated: readonly string[];
  /** What prompts name, in the order in which they first do. */
  readonly embeddings: readonly PromptEmbedding[];
}

const CHUNK_TOKENS = 77;
/** Enough for long editing schedules; a context of SDXL is 630 kB a chunk. */
const MAX_CACHED = 64;

/** A text without the numbers that stand beside it. */
interface TextCond {
  /** [tokens, contextDim]: the states of all encoders, side by side. */
  readonly context: Float32Array;
  readonly tokens: number;
  /** Of the first chunk; empty where no encoder gives any. */
  readonly pooled: Float32Array;
}

/** Keeps what was encoded, so that a new seed or more steps do not run the text encoders again. */
export class CondCache {
  readonly #entries = new Map<string, readonly TextCond[]>();

  async get(key: string, make: () => Promise<readonly TextCond[]>): Promise<readonly TextCond[]> {
    const known = this.#entries.get(key);
    if (known) return known;
    const made = await make();
    if (this.#entries.size >= MAX_CACHED) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(key, made);
    return made;
  }

  clear(): void {
    this.#entries.clear();
  }
}

/** What reading a prompt needs of the networks. */
export type TextNetworks = Pick<Networks, 'family' | 'textEncoders' | 'contextDim' | 'encodeText'>;

/** What prompts of a second pass are told besides. */
export interface PromptContext {
  /** Evaluations of the first pass: prompt editing counts on from there. */
  readonly firstPassSteps?: number;
  /** What SDXL takes for the picture's size, where that is not the request's. */
  readonly size?: Size;
  /** Those that go with the model. */
  readonly embeddings?: readonly PromptEmbedding[];
  /** Tells the text encoders' weights apart, where add-ons change them. */
  readonly weightsKey?: string;
}

/** A textual inversion that prompts may name. */
export interface PromptEmbedding extends EmbeddingName {
  /** A1111's: the file's SHA-256, its first 12 digits. */
  readonly hash: string;
  /** [vectors, width] for the text encoder of that number. */
  read(encoder: number): Promise<Float32Array>;
}

/** Encodes the prompts of a request, as its extensions change them. `cache` belongs to the loaded model. */
export async function encodePrompts(
  networks: TextNetworks,
  asked: GenerationParameters,
  cache: CondCache,
  context: PromptContext = {},
): Promise<Conditions> {
  if (asked.extensions.length === 0) return readPrompts(networks, asked, cache, context);
  const read: Conditions[] = [];
  const { prompt, negativePrompt, width, height } = { ...asked, ...context.size };
  const conds = await changedConditions(asked.extensions, {
    ...{ prompt, negativePrompt, width, height, family: networks.family.id },
    pass: context.firstPassSteps === undefined ? 'first' : 'second',
    schedule: (text) => promptTexts({ ...asked, negativePrompt: text }, context.firstPassSteps).negative,
    countTokens: (text) => tokensOf(networks, asked, context, text),
    encode: async (others: Partial<Prompts> = {}) => {
      const conditions = await readPrompts(networks, { ...asked, ...others }, cache, context);
      read.push(conditions);
      return conditions;
    },
  });
  return {
    ...conds,
    padded: read.find(({ padded }) => padded)?.padded ?? null,
    truncated: [...new Set(read.flatMap(({ truncated }) => truncated))],
    embeddings: [...new Set(read.flatMap(({ embeddings }) => embeddings))],
  };
}

/** By the first encoder's reading. */
async function tokensOf(
  networks: TextNetworks,
  parameters: GenerationParameters,
  { embeddings = [] }: PromptContext,
  text: string,
): Promise<number> {
  const [reader] = await textEncodersOf(networks, parameters, embeddings);
  const { emphasis, commaBacktrack, curlyBraces } = parameters.settings;
  const options = { emphasis, commaBacktrack, curlyBraces, embeddings: reader!.embeddings };
  return chunkPrompt(text, reader!.tokenizer, options).tokenCount;
}

async function readPrompts(
  networks: TextNetworks,
  asked: GenerationParameters,
  cache: CondCache,
  { firstPassSteps, size, embeddings = [], weightsKey = '' }: PromptContext,
): Promise<Conditions> {
  const parameters = { ...asked, ...size };
  const { settings } = parameters;
  const readers = await textEncodersOf(networks, parameters, embeddings);
  const encoder = new PromptEncoder(networks, readers, cache, parameters, embeddings, weightsKey);
  const texts = promptTexts(parameters, firstPassSteps);
  const positive: WeightedCond<Cond>[] = [];
  for (const { weight, schedule } of texts.positive)
    positive.push({ weight, schedule: await encoder.schedule(schedule) });
  const negative = await encoder.schedule(texts.negative, true);

  const longest = lengthOf(positive.map(({ schedule }) => schedule));
  const parts = mapConds(positive, (cond) => stretch(cond, longest));
  const noted = { truncated: [...encoder.truncated], embeddings: [...encoder.used.values()] };
  const missing = longest - lengthOf([negative]);
  if (missing === 0 || !(settings.padConds || settings.padCondsV0))
    return { positive: parts, negative, padded: null, ...noted };
  if (settings.padCondsV0) {
    const fitted = negative.map(([step, cond]) => [step, stretch(cond, longest)] as const);
    return { positive: parts, negative: fitted, padded: 'padCondsV0', ...noted };
  }
  const empty = (await encoder.schedule([{ lastStep: 0, text: '' }]))[0]![1];
  const filled = (cond: Cond): Cond => append(cond, empty, Math.abs(missing) / empty.tokens);
  return {
    positive: missing < 0 ? mapConds(parts, filled) : parts,
    negative: missing > 0 ? negative.map(([step, cond]) => [step, filled(cond)] as const) : negative,
    padded: 'padConds',
    ...noted,
  };
}

/** One of the model's text encoders, and how a request reads it. */
interface TextReader {
  /** Its number among the model's. */
  readonly index: number;
  readonly config: TextEncoderConfig;
  readonly tokenizer: Tokenizer;
  readonly state: TextState;
  readonly embeddings: EmbeddingLookup;
}

/** In the order in which their states are joined. */
async function textEncodersOf(
  { family, textEncoders }: TextNetworks,
  parameters: GenerationParameters,
  embeddings: readonly PromptEmbedding[],
): Promise<TextReader[]> {
  const readers = family.text.encoders.map(async (info): Promise<TextReader> => {
    const index = textEncoders.findIndex(({ type }) => type === info.type);
    const tokenizer = await createTokenizer(info.type);
    return {
      index,
      config: textEncoders[index]!,
      tokenizer,
      state: stateOf(info, parameters),
      embeddings: embeddingTable(embeddings, tokenizer),
    };
  });
  return Promise.all(readers);
}

/** SD 2's and SDXL's encoders give the state that they were trained for, whatever the clip skip says. */
function stateOf({ state, finalNorm }: TextEncoderInfo, parameters: GenerationParameters): TextState {
  const { clipSkip, settings } = parameters;
  const skips = state === 'clip-skip' || (state === 'clip-skip-if-set' && settings.sdxlClipLSkip);
  return { layer: skips ? clipSkip : 2, finalNorm };
}

/** Encodes schedules, for one loaded model and one request. */
class PromptEncoder {
  readonly truncated = new Set<string>();
  /** By name. */
  readonly used = new Map<string, PromptEmbedding>();
  readonly #embeddings: ReadonlyMap<string, PromptEmbedding>;

  constructor(
    private readonly networks: TextNetworks,
    private readonly readers: readonly TextReader[],
    private readonly cache: CondCache,
    private readonly parameters: GenerationParameters,
    embeddings: readonly PromptEmbedding[],
    private readonly weightsKey: string,
  ) {
    this.#embeddings = new Map(embeddings.map((embedding) => [embedding.name, embedding]));
  }

  async schedule(entries: readonly ScheduledPrompt[], negative = false): Promise<CondSchedule<Cond>> {
    const { family } = this.networks;
    const counts = new Map<string, number>();
    for (const { text } of entries) counts.set(text, (counts.get(text) ?? 0) + 1);
    const order = [...counts.keys()];
    const zeros = negative && family.text.emptyNegative === 'zeros' && order.every((text) => text === '');
    const texts = zeros ? [this.#zeros()] : await this.#encoded(counts);
    return entries.map(({ lastStep, text }) => {
      const { context, tokens, pooled } = texts[order.indexOf(text)]!;
      return [lastStep, { context, tokens, vector: vectorOf(family, pooled, this.parameters, negative) }];
    });
  }

  /** What an empty negative prompt is to SDXL (`force_zero_embeddings`). */
  #zeros(): TextCond {
    const widths = this.readers.map(({ config: { projection } }) => projection ?? 0);
    return {
      context: new Float32Array(CHUNK_TOKENS * this.networks.contextDim),
      tokens: CHUNK_TOKENS,
      pooled: new Float32Array(widths.reduce((sum, width) => sum + width, 0)),
    };
  }

  async #encoded(counts: ReadonlyMap<string, number>): Promise<readonly TextCond[]> {
    const { emphasis, commaBacktrack, curlyBraces, oldEmphasis } = this.parameters.settings;
    const chunked = this.readers.map((reader) =>
      [...counts.keys()].map((text) => this.#chunks(text, reader)),
    );
    const names = chunked.flat(2).flatMap(({ fixes }) => fixes.map(({ name }) => name));
    const named = [...new Set(names)].map((name) => this.#embeddings.get(name)!);
    for (const embedding of named) this.used.set(embedding.name, embedding);
    const hashes = named.map(({ hash }) => hash);
    const states = this.readers.map(({ state }) => state.layer);
    const key = [
      this.weightsKey,
      states,
      emphasis,
      commaBacktrack,
      curlyBraces,
      oldEmphasis,
      hashes,
      [...counts],
    ];
    return this.cache.get(JSON.stringify(key), () => this.#encode(chunked, counts));
  }

  /**
   * The texts of one schedule go through the encoders together: shorter ones are filled up with empty chunks, and
   * emphasis restores the mean over all of them, as in A1111. `chunked`: of each encoder and text; `counts`: how often each text
   * stands in the schedule.
   */
  async #encode(
    chunked: readonly (readonly Chunks[])[],
    counts: ReadonlyMap<string, number>,
  ): Promise<readonly TextCond[]> {
    // Encoders whose tokenizers read a text differently may need different numbers of chunks, which A1111 fails at.
    const length = Math.max(...chunked.flat().map((chunks) => chunks.length));
    const { contextDim } = this.networks;
    const contexts = Array.from(counts, () => new Float32Array(length * CHUNK_TOKENS * contextDim));
    const pooled = Array.from(counts, (): Float32Array[] => []);
    let column = 0;
    for (const [which, reader] of this.readers.entries()) {
      const { width } = reader.config;
      const size = CHUNK_TOKENS * width;
      for (let i = 0; i < length; i++) {
        const row = chunked[which]!.map((chunks) => chunks[i] ?? emptyChunk(reader.tokenizer));
        const encoded = await this.#encodeChunks(reader, row, [...counts.values()]);
        contexts.forEach((context, text) => {
          for (let token = 0; token < CHUNK_TOKENS; token++) {
            const at = text * size + token * width;
            const to = (i * CHUNK_TOKENS + token) * contextDim + column;
            context.set(encoded.states.subarray(at, at + width), to);
          }
          const whole = encoded.pooled;
          if (i > 0 || whole === null) return;
          const share = whole.length / counts.size;
          pooled[text]!.push(whole.slice(text * share, (text + 1) * share));
        });
      }
      column += width;
    }
    return contexts.map((context, text) => ({
      context,
      tokens: length * CHUNK_TOKENS,
      pooled: Float32Array.from(pooled[text]!.flatMap((part) => [...part])),
    }));
  }

  #chunks(text: string, { tokenizer, embeddings }: TextReader): Chunks {
    const { emphasis, commaBacktrack, curlyBraces, oldEmphasis } = this.parameters.settings;
    if (!oldEmphasis)
      return chunkPrompt(text, tokenizer, { emphasis, commaBacktrack, curlyBraces, embeddings }).chunks;
    const old = chunkPromptOld(text, tokenizer, embeddings, emphasis !== 'None');
    if (old.truncated !== '') this.truncated.add(old.truncated);
    return old.chunks;
  }

  /** One chunk of each text. Emphasis weighs the states, not the pooled text. */
  async #encodeChunks(
    { index, config: { width }, tokenizer, state }: TextReader,
    chunks: Chunks,
    counts: readonly number[],
  ): Promise<EncodedText> {
    const size = CHUNK_TOKENS * width;
    const tokens = Int32Array.from(chunks.flatMap((chunk) => fedTokens(chunk, tokenizer)));
    const embedded = await this.#embedded(chunks, index, width);
    const text = { tokens, chunks: chunks.length, embedded };
    const { states, pooled } = await this.networks.encodeText(index, text, state);
    // A1111 encodes a text that comes back in the schedule each time, so it counts as often in the mean.
    const rows = counts.flatMap((count, text) => new Array<number>(count).fill(text));
    const all = new Float32Array(rows.length * size);
    rows.forEach((text, row) => all.set(states.subarray(text * size, (text + 1) * size), row * size));
    applyEmphasis(
      all,
      [rows.length, CHUNK_TOKENS, width],
      rows.map((text) => chunks[text]!.multipliers),
      this.parameters.settings.emphasis,
    );
    chunks.forEach((_, text) => {
      const row = rows.indexOf(text);
      states.set(all.subarray(row * size, (row + 1) * size), text * size);
    });
    return { states, pooled };
  }

  /** Vectors in place of tokens. A1111's offsets leave the start token out. What the old emphasis has no room for is left out. */
  #embedded(chunks: Chunks, encoder: number, width: number): Promise<readonly EmbeddedVectors[]> {
    const found = chunks.flatMap(({ fixes }, chunk) =>
      fixes
        .filter(({ offset }) => offset < CHUNK_TOKENS - 1)
        .map(async ({ offset, vectors, name }) => {
          const all = await this.#embeddings.get(name)!.read(encoder);
          const room = Math.min(vectors, CHUNK_TOKENS - 1 - offset);
          return { row: chunk * CHUNK_TOKENS + 1 + offset, vectors: all.subarray(0, room * width) };
        }),
    );
    return Promise.all(found);
  }
}

function lengthOf(schedules: readonly CondSchedule<Cond>[]): number {
  return Math.max(...schedules.flatMap((schedule) => schedule.map(([, cond]) => cond.tokens)));
}

function mapConds(
  parts: readonly WeightedCond<Cond>[],
  change: (cond: Cond) => Cond,
): readonly WeightedCond<Cond>[] {
  return parts.map(({ weight, schedule }) => ({
    weight,
    schedule: schedule.map(([step, cond]) => [step, change(cond)] as const),
  }));
}

/** Repeats the last vector, or cuts (prompt_parser.stack_conds; CFGDenoiser.pad_cond_uncond_v0). */
function stretch(cond: Cond, tokens: number): Cond {
  if (cond.tokens === tokens) return cond;
  const width = cond.context.length / cond.tokens;
  const context = new Float32Array(tokens * width);
  context.set(cond.context.subarray(0, context.length));
  const last = cond.context.subarray(cond.context.length - width);
  for (let token = cond.tokens; token < tokens; token++) context.set(last, token * width);
  return { ...cond, context, tokens };
}

/** Adds the empty prompt `times` times (CFGDenoiser.pad_cond_uncond). */
function append(cond: Cond, empty: Cond, times: number): Cond {
  const context = new Float32Array(cond.context.length + times * empty.context.length);
  context.set(cond.context);
  for (let i = 0; i < times; i++) context.set(empty.context, cond.context.length + i * empty.context.length);
  return { ...cond, context, tokens: cond.tokens + times * empty.tokens };
}
