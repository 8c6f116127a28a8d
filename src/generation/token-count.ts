// The token counter beside the prompt fields.
import { countTokens as countIn, type TokenCount } from '../prompt/counter.ts';
import { stripComments } from '../prompt/comments.ts';
import { createTokenizer } from '../prompt/tokenizer.ts';
import { DEFAULT_PARAMETERS, type TokenCountOptions } from './types.ts';

/** Tokens of the longest text that the prompt comes to at any step, and the room of the chunks it needs. */
export async function countTokens(prompt: string, options: TokenCountOptions = {}): Promise<TokenCount> {
  const { steps = DEFAULT_PARAMETERS.steps, negative = false, settings = {} } = options;
  const { emphasis, commaBacktrack, curlyBraces } = { ...DEFAULT_PARAMETERS.settings, ...settings };
  return countIn(stripComments(prompt), await createTokenizer('clip'), {
    steps,
    negative,
    emphasis,
    commaBacktrack,
    curlyBraces,
  });
}
