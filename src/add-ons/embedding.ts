// Textual inversion (Gal et al. 2022): vectors that stand in a prompt in place of its tokens' own. A1111 1.10.1,
// modules/textual_inversion/textual_inversion.py, create_embedding_from_data.
import { toFloat32 } from '../checkpoint/convert.ts';
import { CheckpointError, type Checkpoint } from '../checkpoint/types.ts';
import { findEmbedding } from '../models/embedding-file.ts';

/** One tensor for each text encoder, in the order in which their states are joined: SDXL's CLIP-L, then OpenCLIP-G. */
export interface Embedding {
  /** Tokens that it takes in a prompt. */
  readonly vectors: number;
  /** [vectors, width] each. */
  readonly parts: readonly Float32Array[];
}

/** Rejects with CheckpointError for what is no embedding, and for values that are no numbers. */
export async function readEmbedding(checkpoint: Checkpoint): Promise<Embedding> {
  const found = findEmbedding(checkpoint.tensors);
  if (!found) throw new CheckpointError('unsupported', 'The file holds no embedding.');
  const parts: Float32Array[] = [];
  for (const tensor of found.tensors) {
    const values = toFloat32(await checkpoint.read(tensor), checkpoint.tensors.get(tensor)!.dtype);
    if (!values.every(Number.isFinite)) {
      throw new CheckpointError(
        'corrupt',
        'The embedding holds values that are not numbers (NaN) or infinite: a picture made with it would be black. ' +
          'Look for another copy of the file.',
      );
    }
    parts.push(values);
  }
  return { vectors: found.vectors, parts };
}
