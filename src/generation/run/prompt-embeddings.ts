// Embeddings of the library as prompts of a run may name them.
import { readEmbedding, type Embedding } from '../../add-ons/embedding.ts';
import { openModelFile } from '../../add-ons/open.ts';
import { embeddingHash, embeddingsFor, partOf } from '../../library/embedding-choice.ts';
import { keptFile } from '../../library/kept-file.ts';
import { listModels } from '../../library/models.ts';
import type { StoredModel } from '../../library/types.ts';
import type { TextEncoderConfig } from '../../models/types.ts';
import type { PromptEmbedding } from '../recipes/conditioning.ts';

/** Listed once a run, and read when a prompt names them. */
export class PromptEmbeddings {
  #listed: Promise<readonly StoredModel[]> | null = null;
  readonly #read = new Map<string, Promise<Embedding>>();

  /** Those that are made for a model with such text encoders. */
  async for(encoders: readonly TextEncoderConfig[]): Promise<readonly PromptEmbedding[]> {
    this.#listed ??= listModels();
    return embeddingsFor(await this.#listed, encoders).map((file) => {
      const { vectors, widths } = file.detection.embedding!;
      return {
        name: file.name,
        vectors,
        hash: embeddingHash(file),
        read: async (encoder) => (await this.#embedding(file)).parts[partOf(widths, encoders, encoder)!]!,
      };
    });
  }

  #embedding(file: StoredModel): Promise<Embedding> {
    const known = this.#read.get(file.sha256);
    if (known) return known;
    const reading = keptFile(file).then(async (source) => readEmbedding(await openModelFile(source)));
    this.#read.set(file.sha256, reading);
    return reading;
  }
}
