// From prompts to what the UNet attends to: A1111's prompt_parser.get_learned_conditioning and its text encoders' forward.
import { applyEmphasis } from '../prompt/emphasis.ts';
import { chunkPrompt, emptyChunk, fedTokens } from '../prompt/chunks.ts';
import { parseExtraNetworks } from '../prompt/extra-networks.ts';
import { splitAnd } from '../prompt/multicond.ts';
import { schedulePrompt } from '../prompt/schedule.ts';
import type { PromptChunk, Tokenizer } from '../prompt/types.ts';
import type { CondSchedule, WeightedCond } from '../sampling/guidance.ts';
import type { Networks } from './networks.ts';

/** One text, encoded. */
export interface Cond {
  /** [tokens, contextDim]. */
  readonly context: Float32Array;
  readonly tokens: number;
  /** A1111 brings the parts of a prompt to one length, but leaves the negative prompt as it is. */
  readonly negative: boolean;
}

const CHUNK_TOKENS = 77;
/** Enough for long editing schedules; a context of SD 1 is 230 kB a chunk. */
const MAX_CACHED = 64;

/** Keeps what was encoded, so that a new seed or more steps do not run the text encoder again. */
export class CondCache {
  readonly #entries = new Map<string, readonly Omit<Cond, 'negative'>[]>();

  async get(
    key: string,
    make: () => Promise<readonly Omit<Cond, 'negative'>[]>,
  ): Promise<readonly Omit<Cond, 'negative'>[]> {
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

/** Encodes the prompts of one image, for one loaded model. */
export class Conditioner {
  constructor(
    private readonly networks: Networks,
    private readonly tokenizer: Tokenizer,
    private readonly cache: CondCache,
    private readonly clipSkip: number,
    /** Evaluations of the network expected: what prompt editing counts. */
    private readonly steps: number,
  ) {}

  /** The parts of a prompt joined with AND, each over the run. */
  async positive(prompt: string): Promise<WeightedCond<Cond>[]> {
    const conds: WeightedCond<Cond>[] = [];
    for (const { text, weight } of splitAnd(parseExtraNetworks(prompt).rest))
      conds.push({ weight, schedule: await this.#schedule(text, false) });
    return conds;
  }

  negative(prompt: string): Promise<CondSchedule<Cond>> {
    return this.#schedule(parseExtraNetworks(prompt).rest, true);
  }

  async #schedule(text: string, negative: boolean): Promise<CondSchedule<Cond>> {
    const entries = schedulePrompt(text, { steps: this.steps });
    const texts = [...new Set(entries.map((entry) => entry.text))];
    const key = JSON.stringify([this.clipSkip, texts]);
    const encoded = await this.cache.get(key, () => this.#encode(texts));
    return entries.map(
      (entry) => [entry.lastStep, { ...encoded[texts.indexOf(entry.text)]!, negative }] as const,
    );
  }

  /**
   * The texts of one schedule go through the encoder together: shorter ones are filled up with empty chunks, and
   * emphasis restores the mean over all of them, as in A1111.
   */
  async #encode(texts: readonly string[]): Promise<readonly Omit<Cond, 'negative'>[]> {
    const chunked = texts.map((text) => chunkPrompt(text, this.tokenizer).chunks);
    const length = Math.max(...chunked.map((chunks) => chunks.length));
    const width = this.networks.contextDim;
    const size = CHUNK_TOKENS * width;
    const contexts = texts.map(() => new Float32Array(length * size));
    for (let i = 0; i < length; i++) {
      const row = chunked.map((chunks) => chunks[i] ?? emptyChunk(this.tokenizer));
      const encoded = await this.#encodeChunks(row);
      contexts.forEach((context, text) =>
        context.set(encoded.subarray(text * size, (text + 1) * size), i * size),
      );
    }
    return contexts.map((context) => ({ context, tokens: length * CHUNK_TOKENS }));
  }

  async #encodeChunks(chunks: readonly PromptChunk[]): Promise<Float32Array> {
    const tokens = Int32Array.from(chunks.flatMap((chunk) => fedTokens(chunk, this.tokenizer)));
    const encoded = await this.networks.encodeText(tokens, chunks.length, this.clipSkip);
    const shape = [chunks.length, CHUNK_TOKENS, this.networks.contextDim] as const;
    applyEmphasis(
      encoded,
      shape,
      chunks.map((chunk) => chunk.multipliers),
      'Original',
    );
    return encoded;
  }
}
