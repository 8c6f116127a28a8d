// Opens whatever model or add-on a person brings, be it a picture.
import { openCheckpoint } from '../checkpoint/open.ts';
import type { ByteSource, Checkpoint } from '../checkpoint/types.ts';
import { mayHoldEmbedding, openPictureEmbedding } from './picture-embedding.ts';

/** Bytes that tell a picture. */
const HEAD = 8;

/** As `openCheckpoint` does; pictures are looked through for an embedding. Rejects with CheckpointError. */
export async function openModelFile(source: ByteSource): Promise<Checkpoint> {
  const head = await source.read(0, Math.min(HEAD, source.size));
  return mayHoldEmbedding(head) ? openPictureEmbedding(source) : openCheckpoint(source);
}
