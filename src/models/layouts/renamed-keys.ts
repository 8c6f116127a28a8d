// Tensors under the names of today, one by one: programs of 2022, and merges of their files with later ones, have others.
//
// Behaviour of AUTOMATIC1111 1.10.1, modules/sd_models.py get_state_dict_from_checkpoint.
import type { TensorShape, TensorShapes } from '../types.ts';

/** Tensors of a file by the names that networks are looked for under. */
export type NamedTensors = ReadonlyMap<string, TensorShape & { readonly source: string }>;

/** transformers put "text_model." into these names in 2022. */
const OLD_TEXT = /^cond_stage_model\.transformer\.(?=(?:embeddings|encoder|final_layer_norm)\.)/;
/** SD-Turbo's file names its only encoder as SDXL's are. */
const TURBO_TEXT = /^conditioner\.embedders\.0\./;

/** Where two tensors come to one name, the later one in the file counts, as there. */
export function renameKeys(tensors: TensorShapes): NamedTensors {
  const turbo = hasOneEncoder(tensors);
  const named = new Map<string, TensorShape & { readonly source: string }>();
  for (const [source, tensor] of tensors) {
    const name = (turbo ? source.replace(TURBO_TEXT, 'cond_stage_model.') : source).replace(
      OLD_TEXT,
      (prefix) => `${prefix}text_model.`,
    );
    named.set(name, { ...tensor, source });
  }
  return named;
}

/** Without a vector input, and a second encoder to give it, the UNet is no SDXL. */
function hasOneEncoder(tensors: TensorShapes): boolean {
  for (const name of tensors.keys()) {
    if (name.startsWith('conditioner.embedders.1.')) return false;
    if (/(^|\.)(label_emb\.0\.0|add_embedding\.linear_1)\.weight$/.test(name)) return false;
  }
  return true;
}
