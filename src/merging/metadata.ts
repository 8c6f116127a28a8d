// What the merged file says of itself: A1111's `sd_merge_recipe` and `sd_merge_models`, and the metadata of its parents.
//
// Behaviour of AUTOMATIC1111 1.10.1, modules/extras.py run_modelmerger. There a value of a parent that is JSON is parsed when it
// is read, and cannot be written again unless something replaces it; here it is copied as the text that it is.
import { pythonJson, type Json } from './python-json.ts';
import type { Special } from './file-name.ts';
import { CONFIG_SOURCES, MergeError, type ConfigSource, type MergeSettings } from './types.ts';

export interface MetadataChoice {
  readonly saveMetadata: boolean;
  readonly addRecipe: boolean;
  readonly copyFields: boolean;
  /** An object of texts, as JSON. */
  readonly json: string;
}

export const DEFAULT_METADATA: MetadataChoice = {
  saveMetadata: true,
  addRecipe: true,
  copyFields: true,
  json: '{}',
};

/** What is said of a parent. */
export interface Parent {
  /** A1111's name of it: the file's. */
  readonly name: string;
  readonly sha256: string;
  /** A1111's hash of before 2023; null where it is not known. */
  readonly legacyHash: string | null;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface Parents {
  readonly a: Parent;
  readonly b: Parent | null;
  readonly c: Parent | null;
}

export interface RecipeFacts extends Pick<
  MergeSettings,
  'method' | 'multiplier' | 'blocks' | 'precision' | 'discard'
> {
  readonly customName: string;
  readonly configSource: ConfigSource;
  /** Its file's name; "None" where there is none. */
  readonly bakeInVae: string;
  readonly special: readonly Special[];
}

/** Empty: the file has none. Throws MergeError where the JSON holds what no file's metadata can. */
export function mergedMetadata(
  choice: MetadataChoice,
  parents: Parents,
  facts: RecipeFacts,
): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (!choice.saveMetadata) return metadata;
  const all = [parents.a, parents.b, parents.c].filter((parent) => parent !== null);
  if (choice.copyFields) {
    for (const parent of all) for (const [key, value] of parent.metadata) metadata.set(key, value);
  }
  for (const [key, value] of ownFields(choice.json)) metadata.set(key, value);
  metadata.set('format', 'pt');
  if (choice.addRecipe) {
    metadata.set('sd_merge_recipe', pythonJson(recipeOf(parents, facts)));
    metadata.set('sd_merge_models', pythonJson(familyTree(all)));
  }
  return metadata;
}

/** Nothing where the text is no JSON object: A1111 goes on without it, too. */
function ownFields(json: string): readonly (readonly [string, string])[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return [];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).map(([key, text]) => {
    if (typeof text === 'string') return [key, text] as const;
    throw new MergeError(`The metadata "${key}" is not a text. Put its value into quotation marks.`);
  });
}

function recipeOf(parents: Parents, facts: RecipeFacts): Json {
  const { method, multiplier, precision, discard, customName, configSource, bakeInVae, special } = facts;
  return {
    type: 'webui',
    primary_model_hash: parents.a.sha256,
    secondary_model_hash: parents.b?.sha256 ?? null,
    tertiary_model_hash: parents.c?.sha256 ?? null,
    interp_method: method,
    multiplier,
    save_as_half: precision === 'float16',
    custom_name: customName,
    config_source: CONFIG_SOURCES.indexOf(configSource),
    bake_in_vae: bakeInVae,
    discard_weights: discard,
    is_inpainting: special.includes('inpainting'),
    is_instruct_pix2pix: special.includes('instruct-pix2pix'),
    // Ours, where A1111 has no such choice.
    ...(precision === 'bfloat16' && { save_as_bf16: true }),
    ...(facts.blocks && { block_weights: facts.blocks }),
  };
}

function familyTree(parents: readonly Parent[]): Json {
  const models: Record<string, Json> = Object.create(null) as Record<string, Json>;
  for (const { sha256, name, legacyHash, metadata } of parents) {
    models[sha256] = {
      name,
      legacy_hash: legacyHash,
      sd_merge_recipe: parsed(metadata.get('sd_merge_recipe')) ?? null,
    };
    const ancestors = parsed(metadata.get('sd_merge_models'));
    if (typeof ancestors === 'object' && ancestors !== null && !Array.isArray(ancestors)) {
      for (const [key, value] of Object.entries(ancestors)) models[key] = value as Json;
    }
  }
  return models;
}

/** What begins like an object is read as JSON, as there. */
function parsed(text: string | undefined): Json | undefined {
  if (!text?.startsWith('{')) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
