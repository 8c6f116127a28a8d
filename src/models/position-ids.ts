// Which row of the position embedding each token of a chunk takes.

/** How many of a chunk's tokens take another's place. */
export function shiftedPositions(ids: readonly number[]): number {
  return ids.filter((id, i) => id !== i).length;
}
