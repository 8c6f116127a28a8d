// Cuts a prompt of any length into chunks of 75 tokens. A1111 1.10.1, modules/sd_hijack_clip.py, tokenize_line and process_tokens.
import { BREAK, parseAttention } from './attention.ts';
import type { EmbeddingLookup } from './embeddings.ts';
import { NO_EMBEDDINGS } from './embeddings.ts';
import type { EmbeddingFix, EmphasisMode, PromptChunk, PromptChunks, Tokenizer } from './types.ts';

/** Tokens of the prompt in a chunk; with start and end it is 77. */
export const CHUNK_LENGTH = 75;

export interface ChunkOptions {
  /** `None` takes brackets as text; all others read them. Default Original. */
  readonly emphasis?: EmphasisMode;
  /** "Prompt word wrap length limit": tokens after the last comma that move to the next chunk together. 0: never. Default 20. */
  readonly commaBacktrack?: number;
  readonly embeddings?: EmbeddingLookup;
  /** "Curly braces lower emphasis". Default off. */
  readonly curlyBraces?: boolean;
}

/** A chunk without prompt: what shorter prompts of a batch are filled up with. */
export function emptyChunk(tokenizer: Tokenizer): PromptChunk {
  return {
    tokens: [tokenizer.start, ...new Array<number>(CHUNK_LENGTH + 1).fill(tokenizer.end)],
    multipliers: new Array<number>(CHUNK_LENGTH + 2).fill(1),
    fixes: [],
  };
}

/** Collects tokens and closes chunks. */
class ChunkBuilder {
  readonly chunks: PromptChunk[] = [];
  tokenCount = 0;
  private tokens: number[] = [];
  private multipliers: number[] = [];
  private fixes: EmbeddingFix[] = [];
  private lastComma = -1;

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly commaBacktrack: number,
  ) {}

  /** Closes the chunk. Any but the last counts as full. */
  next(isLast = false): void {
    this.tokenCount += isLast ? this.tokens.length : CHUNK_LENGTH;
    const padding = Math.max(0, CHUNK_LENGTH - this.tokens.length);
    this.chunks.push({
      tokens: [
        this.tokenizer.start,
        ...this.tokens,
        ...new Array<number>(padding).fill(this.tokenizer.end),
        this.tokenizer.end,
      ],
      multipliers: [1, ...this.multipliers, ...new Array<number>(padding).fill(1), 1],
      fixes: this.fixes,
    });
    this.tokens = [];
    this.multipliers = [];
    this.fixes = [];
    this.lastComma = -1;
  }

  /** Gets ready for a token: ends a full chunk, at its last comma where that is near. */
  makeRoom(token: number): void {
    const isFull = this.tokens.length === CHUNK_LENGTH;
    if (token === this.tokenizer.comma) {
      this.lastComma = this.tokens.length;
    } else if (
      isFull &&
      this.commaBacktrack !== 0 &&
      this.lastComma !== -1 &&
      this.tokens.length - this.lastComma <= this.commaBacktrack
    ) {
      const cut = this.lastComma + 1;
      const tokens = this.tokens.splice(cut);
      const multipliers = this.multipliers.splice(cut);
      this.next();
      this.tokens = tokens;
      this.multipliers = multipliers;
    }
    if (this.tokens.length === CHUNK_LENGTH) this.next();
  }

  add(token: number, weight: number): void {
    this.tokens.push(token);
    this.multipliers.push(weight);
  }

  /** An embedding of more vectors than a chunk has room for is cut: A1111 fails on it. */
  addEmbedding(name: string, size: number, weight: number): void {
    const vectors = Math.min(size, CHUNK_LENGTH);
    if (this.tokens.length + vectors > CHUNK_LENGTH) this.next();
    this.fixes.push({ offset: this.tokens.length, name, vectors });
    for (let i = 0; i < vectors; i++) this.add(0, weight);
  }

  finish(): PromptChunks {
    if (this.tokens.length > 0 || this.chunks.length === 0) this.next(true);
    return { chunks: this.chunks, tokenCount: this.tokenCount };
  }
}

/** Cuts a prompt into chunks; one at least, with weights from its emphasis. Schedules and AND must have been resolved. */
export function chunkPrompt(text: string, tokenizer: Tokenizer, options: ChunkOptions = {}): PromptChunks {
  const {
    emphasis = 'Original',
    commaBacktrack = 20,
    embeddings = NO_EMBEDDINGS,
    curlyBraces = false,
  } = options;
  const pieces = emphasis === 'None' ? [{ text, weight: 1 }] : parseAttention(text, { curlyBraces });
  const builder = new ChunkBuilder(tokenizer, commaBacktrack);
  for (const piece of pieces) {
    if (piece.text === BREAK.text && piece.weight === BREAK.weight) {
      builder.next();
      continue;
    }
    const tokens = tokenizer.encode(piece.text);
    for (let position = 0; position < tokens.length;) {
      const token = tokens[position]!;
      builder.makeRoom(token);
      const embedding = embeddings.find(tokens, position);
      if (embedding === null) {
        builder.add(token, piece.weight);
        position++;
      } else {
        builder.addEmbedding(embedding.name, embedding.vectors, piece.weight);
        position += embedding.length;
      }
    }
  }
  return builder.finish();
}

/**
 * The 77 ids that the network gets. SD 1 gets a chunk as it is; SD 2's encoder pads with 0, and so everything after the first
 * end token becomes 0, also where that token came out of the prompt.
 */
export function fedTokens(chunk: PromptChunk, tokenizer: Tokenizer): number[] {
  if (tokenizer.kind === 'clip') return [...chunk.tokens];
  const end = chunk.tokens.indexOf(tokenizer.end);
  return chunk.tokens.map((token, i) => (i > end ? 0 : token));
}
