// How long a prompt may become, whoever builds it: typing, styles, wildcards.

/** UTF-16 units of a prompt: far beyond any prompt, and what still can be tokenised at once. */
export const MAX_PROMPT_LENGTH = 100_000;

/** Thrown before a prompt that is too long is built. The message can be shown. */
export class PromptTooLongError extends Error {
  override readonly name = 'PromptTooLongError';

  /** `cause`: what made it so long ("its styles"). */
  constructor(cause: string) {
    super(
      `The prompt becomes too long with ${cause}: at most ${MAX_PROMPT_LENGTH.toLocaleString('en')} characters are allowed.`,
    );
  }
}
