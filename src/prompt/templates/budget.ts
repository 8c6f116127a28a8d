// What the prompts of a request may cost, whatever their templates and lists say.
import { MAX_PROMPT_LENGTH, PromptTooLongError } from '../length.ts';
import { WildcardError } from './errors.ts';

/** Characters that are read and joined for one prompt, and parts that are made out. */
const MAX_PROMPT_WORK = 1_000_000;
/** ... for all prompts of a request. */
const MAX_REQUEST_WORK = 32_000_000;

/** Counts what prompts come to, so that a large batch cannot make without end what one prompt could not. */
export class ExpansionBudget {
  private left = MAX_REQUEST_WORK;
  private leftForPrompt = MAX_PROMPT_WORK;

  nextPrompt(): void {
    this.leftForPrompt = MAX_PROMPT_WORK;
  }

  /** @throws PromptTooLongError, WildcardError when it is used up. */
  spend(work: number): void {
    this.left -= work;
    this.leftForPrompt -= work;
    if (this.leftForPrompt < 0) throw new PromptTooLongError('what its wildcards stand for');
    if (this.left < 0) {
      throw new WildcardError(
        'The prompts of these pictures come to too much text. Ask for fewer pictures at once, or use shorter lines in the lists.',
      );
    }
  }

  /** Joins as the extension does: a separator at either end goes. Counted before anything is joined. */
  join(texts: readonly string[], separator: string): string {
    if (texts.length === 1) return texts[0]!;
    let length = 0;
    for (const text of texts) length += text.length + separator.length;
    if (length > MAX_PROMPT_LENGTH + separator.length) {
      throw new PromptTooLongError('what its wildcards stand for');
    }
    this.spend(length + 1);
    let joined = texts.join(separator);
    if (separator !== '') {
      if (joined.startsWith(separator)) joined = joined.slice(separator.length);
      if (joined.endsWith(separator)) joined = joined.slice(0, -separator.length);
    }
    return joined;
  }
}
