// The token counter beside the prompt fields.
import { countTokens as countIn, type TokenCount } from '../../prompt/counter.ts';
import { embeddingTable, type EmbeddingName } from '../../prompt/embeddings.ts';
import { stripComments } from '../../prompt/comments.ts';
import { createTokenizer } from '../../prompt/tokenizer.ts';
import type { ImageSettings } from './image-settings.ts';
import { DEFAULT_PARAMETERS } from './request.ts';

/** What prompt editing and AND need to know to be counted. */
export interface TokenCountOptions {
  readonly steps?: number;
  readonly negative?: boolean;
  /** Those that change how a prompt is cut into tokens; A1111's defaults for those left out. */
  readonly settings?: Partial<Pick<ImageSettings, 'emphasis' | 'commaBacktrack' | 'curlyBraces'>>;
  /** Names that stand for vectors in place of their tokens. */
  readonly embeddings?: readonly EmbeddingName[];
}

/** workers/tokens.ts, seen through comlink. */
export interface TokensApi {
  /** Tokens used and the room of the chunks they need ("12/75"). Needs no GPU and no model. */
  countTokens(prompt: string, options?: TokenCountOptions): Promise<TokenCount>;
}

/** Tokens of the longest text that the prompt comes to at any step, and the room of the chunks it needs. */
export async function countTokens(prompt: string, options: TokenCountOptions = {}): Promise<TokenCount> {
  const { steps = DEFAULT_PARAMETERS.steps, negative = false, settings = {}, embeddings = [] } = options;
  const { emphasis, commaBacktrack, curlyBraces } = { ...DEFAULT_PARAMETERS.settings, ...settings };
  const tokenizer = await createTokenizer('clip');
  return countIn(stripComments(prompt), tokenizer, {
    steps,
    negative,
    emphasis,
    commaBacktrack,
    curlyBraces,
    embeddings: embeddingTable(embeddings, tokenizer),
  });
}
