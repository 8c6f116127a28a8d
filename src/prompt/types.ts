// What the prompt language hands to the text encoders.

/** `clip`: SD 1 and SDXL's first encoder (transformers). `open-clip`: SD 2 and SDXL's second (open_clip). */
export type TokenizerKind = 'clip' | 'open-clip';

export interface Tokenizer {
  readonly kind: TokenizerKind;
  /** Id of the start token, 49406. */
  readonly start: number;
  /** Id of the end token, 49407. It also pads chunks. */
  readonly end: number;
  /** Id of a comma that ends a word, 267. */
  readonly comma: number;
  /** Text of each token, by id; tokens that end a word end in `</w>`. */
  readonly vocabulary: readonly string[];
  /** Token ids of a text, of any length, without start and end. */
  encode(text: string): number[];
}

/** A textual inversion embedding in a chunk: its vectors take the places `offset + 1 ...` of the 77 tokens. */
export interface EmbeddingFix {
  /** Counted without the start token. */
  readonly offset: number;
  readonly name: string;
  /** Number of vectors. Their places hold token 0. */
  readonly vectors: number;
}

/** What one run of the text encoder reads. */
export interface PromptChunk {
  /** 77 ids: start, 75 of the prompt padded with end tokens, end. */
  readonly tokens: readonly number[];
  /** 77 weights. */
  readonly multipliers: readonly number[];
  readonly fixes: readonly EmbeddingFix[];
}

/** A prompt in chunks. */
export interface PromptChunks {
  readonly chunks: readonly PromptChunk[];
  /** Tokens used; full chunks that were cut short by BREAK or a comma count 75. */
  readonly tokenCount: number;
}

/** Emphasis modes, as A1111 names them. */
export type EmphasisMode = 'Original' | 'None' | 'Ignore' | 'No norm';
