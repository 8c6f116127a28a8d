// What parameters texts say of a model's position_ids. A1111 always draws with those of the file and says nothing; a picture
// that was made with sound ones in their place says so.
import type { FileBuffers } from '../../models/buffers.ts';

/** The key is ours. */
export const POSITIONS_KEY = 'Sound position ids';

/** Of a model's record. */
interface Positions {
  readonly buffers?: FileBuffers;
  readonly soundPositions?: boolean;
}

/** Entries for a picture of this model: only where its choice makes another picture than A1111's. */
export function positionsToText({ buffers, soundPositions }: Positions): Readonly<Record<string, boolean>> {
  return buffers?.positionIds && soundPositions ? { [POSITIONS_KEY]: true } : {};
}

/** What to do for the same picture, where the model's choice is another than the text's. Null where they agree. */
export function positionsAdvice(
  fields: readonly { readonly name: string; readonly value: string }[],
  model: Positions,
): string | null {
  if (!model.buffers?.positionIds) return null;
  const asked = fields.some(({ name, value }) => name === POSITIONS_KEY && value === 'True');
  if (asked === (model.soundPositions ?? false)) return null;
  const whose = asked ? 'sound position ids' : "the position ids of the model's file";
  return `The picture was made with ${whose}: choose them in Models for the same one`;
}
