// What takes long in a worker stops now and then, so that it hears what it is told meanwhile.

/** Called at places where a computation may wait; most of the time it does not. */
export type Pause = () => Promise<void> | undefined;

/** For what nobody waits for: tests, and short pieces. */
export const withoutPause: Pause = () => undefined;
