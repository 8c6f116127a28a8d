/** A plot that cannot be made as it is written; the message says what to change. */
export class PlotError extends Error {
  override readonly name = 'PlotError';
}
