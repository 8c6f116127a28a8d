// From prompts to what the UNet attends to: A1111's prompt_parser.get_learned_conditioning, its text encoders' forward, and
// the lengths that CFGDenoiser brings together.
import { applyEmphasis } from '../../prompt/emphasis.ts';
import { chunkPrompt, emptyChunk, fedTokens } from '../../prompt/chunks.ts';
import { NO_EMBEDDINGS } from '../../prompt/embeddings.ts';
import { chunkPromptOld } from '../../prompt/old-emphasis.ts';
import type { ScheduledPrompt } from '../../prompt/schedule.ts';
import { createTokenizer } from '../../prompt/tokenizer.ts';
import type { PromptChunk, Tokenizer } from '../../prompt/types.ts';
import type { CondSchedule, WeightedCond } from '../../sampling/guidance.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import type { Networks } from '../../runtime/networks.ts';
import { promptTexts } from '../request/prompt-texts.ts';
import type { GenerationParameters } from '../request/request.ts';
import type { Padding } from '../request/settings-text.ts';

/** One text, encoded. */
export interface Cond {
  /** [tokens, contextDim]. */
  readonly context: Float32Array;
  readonly tokens: number;
}

/** The prompts of one image, encoded. */
export interface Conditions {
  /** The parts joined with AND, each over the run; all of one length. */
  readonly positive: readonly WeightedCond<Cond>[];
  readonly negative: CondSchedule<Cond>;
  readonly padded: Padding;
  /** What the old emphasis had no room for. */
  readonly truncated: readonly string[];
}

const CHUNK_TOKENS = 77;
/** Enough for long editing schedules; a context of SD 1 is 230 kB a chunk. */
const MAX_CACHED = 64;

interface Encoded {
  readonly conds: readonly Cond[];
  readonly truncated: readonly string[];
}

/** Keeps what was encoded, so that a new seed or more steps do not run the text encoder again. */
export class CondCache {
  readonly #entries = new Map<string, Encoded>();

  async get(key: string, make: () => Promise<Encoded>): Promise<Encoded> {
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
type TextNetworks = Pick<Networks, 'textEncoder' | 'contextDim' | 'encodeText'>;

/** Encodes the prompts of a request. `cache` belongs to the loaded model. */
export async function encodePrompts(
  networks: TextNetworks,
  parameters: GenerationParameters,
  cache: CondCache,
): Promise<Conditions> {
  const { settings } = parameters;
  const tokenizer = await createTokenizer(networks.textEncoder.type);
  const encoder = new PromptEncoder(
    networks,
    tokenizer,
    cache,
    clipSkipOf(networks, parameters.clipSkip),
    settings,
  );
  const texts = promptTexts(parameters);
  const positive: WeightedCond<Cond>[] = [];
  for (const { weight, schedule } of texts.positive)
    positive.push({ weight, schedule: await encoder.schedule(schedule) });
  const negative = await encoder.schedule(texts.negative);

  const longest = lengthOf(positive.map(({ schedule }) => schedule));
  const parts = mapConds(positive, (cond) => stretch(cond, longest));
  const truncated = [...encoder.truncated];
  const missing = longest - lengthOf([negative]);
  if (missing === 0 || !(settings.padConds || settings.padCondsV0))
    return { positive: parts, negative, padded: null, truncated };
  if (settings.padCondsV0) {
    const fitted = negative.map(([step, cond]) => [step, stretch(cond, longest)] as const);
    return { positive: parts, negative: fitted, padded: 'padCondsV0', truncated };
  }
  const empty = (await encoder.schedule([{ lastStep: 0, text: '' }]))[0]![1];
  const filled = (cond: Cond): Cond => append(cond, empty, Math.abs(missing) / empty.tokens);
  return {
    positive: missing < 0 ? mapConds(parts, filled) : parts,
    negative: missing > 0 ? negative.map(([step, cond]) => [step, filled(cond)] as const) : negative,
    padded: 'padConds',
    truncated,
  };
}

/** Encodes schedules, for one loaded model and one set of settings. */
class PromptEncoder {
  readonly truncated = new Set<string>();

  constructor(
    private readonly networks: TextNetworks,
    private readonly tokenizer: Tokenizer,
    private readonly cache: CondCache,
    private readonly clipSkip: number,
    private readonly settings: ImageSettings,
  ) {}

  async schedule(entries: readonly ScheduledPrompt[]): Promise<CondSchedule<Cond>> {
    const counts = new Map<string, number>();
    for (const { text } of entries) counts.set(text, (counts.get(text) ?? 0) + 1);
    const { emphasis, commaBacktrack, curlyBraces, oldEmphasis } = this.settings;
    const key = JSON.stringify([
      this.clipSkip,
      emphasis,
      commaBacktrack,
      curlyBraces,
      oldEmphasis,
      [...counts],
    ]);
    const { conds, truncated } = await this.cache.get(key, () => this.#encode(counts));
    for (const text of truncated) this.truncated.add(text);
    const order = [...counts.keys()];
    return entries.map(({ lastStep, text }) => [lastStep, conds[order.indexOf(text)]!] as const);
  }

  /**
   * The texts of one schedule go through the encoder together: shorter ones are filled up with empty chunks, and
   * emphasis restores the mean over all of them, as in A1111. `counts`: how often each text stands in the schedule.
   */
  async #encode(counts: ReadonlyMap<string, number>): Promise<Encoded> {
    const truncated: string[] = [];
    const chunked = [...counts.keys()].map((text) => this.#chunks(text, truncated));
    const length = Math.max(...chunked.map((chunks) => chunks.length));
    const size = CHUNK_TOKENS * this.networks.contextDim;
    const contexts = chunked.map(() => new Float32Array(length * size));
    for (let i = 0; i < length; i++) {
      const row = chunked.map((chunks) => chunks[i] ?? emptyChunk(this.tokenizer));
      const encoded = await this.#encodeChunks(row, [...counts.values()]);
      contexts.forEach((context, text) =>
        context.set(encoded.subarray(text * size, (text + 1) * size), i * size),
      );
    }
    return { conds: contexts.map((context) => ({ context, tokens: length * CHUNK_TOKENS })), truncated };
  }

  #chunks(text: string, truncated: string[]): readonly PromptChunk[] {
    const { emphasis, commaBacktrack, curlyBraces, oldEmphasis } = this.settings;
    if (!oldEmphasis)
      return chunkPrompt(text, this.tokenizer, { emphasis, commaBacktrack, curlyBraces }).chunks;
    const old = chunkPromptOld(text, this.tokenizer, NO_EMBEDDINGS, emphasis !== 'None');
    if (old.truncated !== '') truncated.push(old.truncated);
    return old.chunks;
  }

  /** One chunk of each text -> [texts, 77, contextDim]. */
  async #encodeChunks(chunks: readonly PromptChunk[], counts: readonly number[]): Promise<Float32Array> {
    const { contextDim } = this.networks;
    const size = CHUNK_TOKENS * contextDim;
    const tokens = Int32Array.from(chunks.flatMap((chunk) => fedTokens(chunk, this.tokenizer)));
    const encoded = await this.networks.encodeText(tokens, chunks.length, this.clipSkip);
    // A1111 encodes a text that comes back in the schedule each time, so it counts as often in the mean.
    const rows = counts.flatMap((count, text) => new Array<number>(count).fill(text));
    const all = new Float32Array(rows.length * size);
    rows.forEach((text, row) => all.set(encoded.subarray(text * size, (text + 1) * size), row * size));
    applyEmphasis(
      all,
      [rows.length, CHUNK_TOKENS, contextDim],
      rows.map((text) => chunks[text]!.multipliers),
      this.settings.emphasis,
    );
    chunks.forEach((_, text) => {
      const row = rows.indexOf(text);
      encoded.set(all.subarray(row * size, (row + 1) * size), text * size);
    });
    return encoded;
  }
}

/** SD 2's own text encoder output is the penultimate layer, which A1111 uses whatever the clip skip says. */
function clipSkipOf(networks: TextNetworks, clipSkip: number): number {
  return networks.textEncoder.type === 'open-clip' ? 2 : clipSkip;
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
  return { context, tokens };
}

/** Adds the empty prompt `times` times (CFGDenoiser.pad_cond_uncond). */
function append(cond: Cond, empty: Cond, times: number): Cond {
  const context = new Float32Array(cond.context.length + times * empty.context.length);
  context.set(cond.context);
  for (let i = 0; i < times; i++) context.set(empty.context, cond.context.length + i * empty.context.length);
  return { context, tokens: cond.tokens + times * empty.tokens };
}
