// Names of tensors in a merge: those under which A1111 reads a file, and which of them are merged.
import type { Checkpoint, TensorInfo } from '../checkpoint/types.ts';
import { renameKeys } from '../models/layouts/renamed-keys.ts';

/** A1111's checkpoint_dict_skip_on_merge: A's is kept. */
const KEPT = 'cond_stage_model.transformer.text_model.embeddings.position_ids';

/** As in A1111: whatever has "model" in its name. Noise levels, for one, are A's. */
export function isMerged(name: string): boolean {
  return name.includes('model') && name !== KEPT;
}

export interface NamedTensor {
  /** What the file calls it. */
  readonly source: string;
  readonly info: TensorInfo;
}

/** A file's readable tensors under today's names, in the file's order. */
export function namedTensors({ tensors }: Checkpoint): ReadonlyMap<string, NamedTensor> {
  const named = new Map<string, NamedTensor>();
  for (const [name, { source }] of renameKeys(tensors)) {
    const info = tensors.get(source);
    if (info) named.set(name, { source, info });
  }
  return named;
}
