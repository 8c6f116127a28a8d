// Finds the vectors of a textual inversion in its file: A1111's .pt (`string_to_param`), its safetensors (`emb_params`), SDXL's
// (`clip_l`, `clip_g`), and diffusers' (one tensor named by its token, "<style>").
import type { EmbeddingInfo, TensorShapes } from './types.ts';

export interface FoundEmbedding extends EmbeddingInfo {
  /** Names in the file, one for each width. */
  readonly tensors: readonly string[];
}

/** Of published text encoders. A tensor alone in its file is taken for an embedding where it is as wide. */
const WIDTHS = [768, 1024, 1280];
/** A chunk of a prompt has room for 75; longer ones are cut there. */
const MAX_VECTORS = 10_000;

/** Null for everything else. A file of several embeddings is none, as in A1111. */
export function findEmbedding(tensors: TensorShapes): FoundEmbedding | null {
  const [l, g] = ['clip_l', 'clip_g'].map((name) => tensors.get(name)?.shape);
  if (l?.length === 2 && g?.length === 2 && l[0] === g[0]) {
    return found(l[0]!, [l[1]!, g[1]!], ['clip_l', 'clip_g']);
  }
  const learned = [...tensors.keys()].filter((name) => /^string_to_param(\.|$)/.test(name));
  const names =
    learned.length > 0 ? learned : tensors.has('emb_params') ? ['emb_params'] : [...tensors.keys()];
  const [name] = names;
  if (name === undefined || names.length !== 1) return null;
  const { shape } = tensors.get(name)!;
  if (shape.length !== 1 && shape.length !== 2) return null;
  const width = shape.at(-1)!;
  const named = name === 'emb_params' || learned.length > 0 || /^<.+>$/.test(name);
  if (!named && !WIDTHS.includes(width)) return null;
  return found(shape.length === 2 ? shape[0]! : 1, [width], [name]);
}

function found(
  vectors: number,
  widths: readonly number[],
  tensors: readonly string[],
): FoundEmbedding | null {
  const possible = vectors > 0 && vectors <= MAX_VECTORS && widths.every((width) => width > 0);
  return possible ? { vectors, widths, tensors } : null;
}
