// What keeps a template from being made out. All messages can be shown.

/** The template, or what its wildcards stand for, cannot be read as one. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** It could be, but comes to more than is allowed. */
export class WildcardError extends Error {
  override readonly name = 'WildcardError';
}
