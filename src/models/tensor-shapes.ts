// What detection sees of an opened checkpoint.
import type { Checkpoint } from '../checkpoint/types.ts';
import type { TensorShape, TensorShapes } from './types.ts';

/** Shapes of all its tensors, those that cannot be read included: one that a network needs is refused by its name. */
export function tensorShapes({ tensors, unreadable }: Checkpoint): TensorShapes {
  return unreadable.size === 0 ? tensors : new Map<string, TensorShape>([...tensors, ...unreadable]);
}
