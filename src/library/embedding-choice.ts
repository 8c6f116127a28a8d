// Embeddings of the library that prompts may name: by the name they have there, as A1111 takes the name of the file, and with the
// checkpoints whose text encoders are as wide.
import type { TextEncoderConfig } from '../models/types.ts';
import type { StoredModel } from './types.ts';

/** What is looked at of an embedding's file. */
export type NamedEmbedding = Pick<StoredModel, 'sha256' | 'name' | 'detection'>;
type Encoder = Pick<TextEncoderConfig, 'type' | 'width'>;

/** One of each name, the newest. `models`: newest first. */
export function embeddingsFor<T extends NamedEmbedding>(
  models: readonly T[],
  encoders: readonly Encoder[],
): readonly T[] {
  const byName = new Map<string, T>();
  for (const model of models) {
    const { embedding, supported } = model.detection;
    if (!embedding || !supported || byName.has(model.name)) continue;
    if (partOf(embedding.widths, encoders, 0) !== null) byName.set(model.name, model);
  }
  return [...byName.values()];
}

/** Which of an embedding's tensors a text encoder is given; null where it was made for other ones. */
export function partOf(
  widths: readonly number[],
  encoders: readonly Encoder[],
  encoder: number,
): number | null {
  const wanted = encoders.map(({ width }) => width);
  if (wanted.join() === widths.join()) return encoder;
  // SDXL's refiner has the second of the base model's two.
  const isRefiner = encoders.length === 1 && encoders[0]!.type === 'open-clip' && widths.length === 2;
  return isRefiner && widths[1] === wanted[0] ? 1 : null;
}

/** What "TI hashes" says of one (modules/textual_inversion, Embedding.set_hash). */
export function embeddingHash({ sha256 }: Pick<StoredModel, 'sha256'>): string {
  return sha256.slice(0, 12);
}
