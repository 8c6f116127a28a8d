// Wrong arguments of a command.

/** The message says which. */
export class UsageError extends Error {}
