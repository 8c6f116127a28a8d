// A file that changes a model (LoRA and its relatives): which of its tensors belong to which layer.
//
// Names are those of kohya's scripts and LyCORIS (`lora_unet_..._to_q.lora_up.weight`), of diffusers (`unet....to_q.lora.up.weight`) and
// of PEFT (`base_model.model....to_q.lora_A.default.weight`). How they find their layer is A1111's way (extensions-builtin/Lora/
// networks.py, load_network), which itself reads the first kind and PEFT's endings.
import { toFloat32 } from '../checkpoint/convert.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Kind, Parts } from './kinds.ts';
import type { Layers } from './layers.ts';
import { AddOnError, type Tensor } from './matrix.ts';
import { kindOf } from './module.ts';
import { webuiName } from './names.ts';

/** A layer's tensors, by the last parts of their names, and their names in the file. */
type PartNames = ReadonlyMap<string, string>;

export interface AddOnFile {
  /** By the layer's name. */
  readonly modules: ReadonlyMap<string, PartNames>;
  /** What they are called that no layer of this model is, or of no kind that is known. */
  readonly unused: readonly string[];
  /** Layers that count for nothing: of an attention of open_clip's, q, k, v and output have to be changed together. */
  readonly incomplete: readonly string[];
  /** "LoRA", "LoHa" ... */
  readonly kinds: readonly string[];
}

/** Throws AddOnError where nothing in the file is for this model. */
export function readAddOn({ tensors }: Pick<Checkpoint, 'tensors'>, layers: Layers): AddOnFile {
  const named = new Map<string, Map<string, string>>();
  for (const tensor of tensors.keys()) {
    const [name, part] = splitName(tensor, layers.isXl);
    const parts = named.get(name) ?? new Map<string, string>();
    parts.set(part, tensor);
    named.set(name, parts);
  }
  const modules = new Map<string, PartNames>();
  const unused: string[] = [];
  const kinds = new Set<string>();
  for (const [name, parts] of named) {
    const layer = layerOf(name, layers);
    const kind = kindOfNames(parts.keys());
    if (layer === null || !kind) unused.push(name);
    else {
      modules.set(layer, parts);
      kinds.add(kind.label);
      if (parts.has('dora_scale')) kinds.add('DoRA');
    }
  }
  const incomplete = incompleteAttentions(modules, layers);
  for (const layer of incomplete) modules.delete(layer);
  if (modules.size === 0) {
    throw new AddOnError(
      'Nothing in the file is for this model: none of its names is that of a layer here. ' +
        'It was made for a model of another family, or is no LoRA.',
    );
  }
  return { modules, unused, incomplete, kinds: [...kinds] };
}

/** PEFT's lengths of its own DoRA are not those that A1111 reads: without them the layer would be wrong. */
function kindOfNames(parts: Iterable<string>): Kind | null {
  const names = [...parts];
  if (names.some((name) => name.startsWith('lora_magnitude_vector'))) return null;
  const peft = names.includes('lora_A.weight') && names.includes('lora_B.weight');
  return kindOf(peft ? ['lora_up.weight', 'lora_down.weight'] : names);
}

/** The tensors of a module, read. Rejects with CheckpointError. */
export async function readParts(checkpoint: Checkpoint, names: PartNames): Promise<Parts> {
  const parts = new Map<string, Tensor>();
  for (const [part, name] of names) {
    const { shape, dtype } = checkpoint.tensors.get(name)!;
    parts.set(part, { shape, data: toFloat32(await checkpoint.read(name), dtype).slice() });
  }
  return parts;
}

type Ending = readonly [RegExp, (found: RegExpExecArray) => string];

/** How diffusers and PEFT end the names of what they add to a layer, and LoRA's own endings. */
const ENDINGS: readonly Ending[] = [
  [/\.lora_([AB])(?:\.[^.]+)?\.weight$/, ([, side]) => `lora_${side}.weight`],
  [/\.lora(?:_linear_layer)?\.(down|up)\.weight$/, ([, side]) => `lora_${side}.weight`],
  [/\.lora_(down|up|mid)\.weight$/, ([, side]) => `lora_${side}.weight`],
  [/\.lora_magnitude_vector(?:\.[^.]+)*$/, () => 'lora_magnitude_vector'],
];
/** Of diffusers before 0.17: the attention has a processor, and that the layers. */
const PROCESSOR = /^(.*?)(?:\.processor)?\.(to_q|to_k|to_v|to_out)_lora\.(down|up)\.weight$/;

/** What a tensor belongs to, in kohya's way of naming, and which part of it it is. */
function splitName(tensor: string, isXl: boolean): readonly [name: string, part: string] {
  const path = /^(?:base_model\.model\.)?(unet|text_encoder|text_encoder_2)\.(.*)$/.exec(tensor);
  const bare = /^base_model\.model\.(.*)$/.exec(tensor);
  const [network, rest] = path ? [path[1]!, path[2]!] : bare ? ['unet', bare[1]!] : [null, tensor];
  if (network === null) {
    const dot = tensor.indexOf('.');
    return dot < 0 ? [tensor, ''] : [tensor.slice(0, dot), tensor.slice(dot + 1)];
  }
  const prefix =
    network === 'unet'
      ? 'lora_unet'
      : network === 'text_encoder_2'
        ? 'lora_te2'
        : isXl
          ? 'lora_te1'
          : 'lora_te';
  const nameOf = (layer: string): string => `${prefix}_${layer.replaceAll('.', '_')}`;
  const processor = PROCESSOR.exec(rest);
  if (processor) {
    const [, attention, layer, side] = processor;
    return [nameOf(`${attention}.${layer === 'to_out' ? 'to_out.0' : layer}`), `lora_${side}.weight`];
  }
  for (const [pattern, partOf] of ENDINGS) {
    const found = pattern.exec(rest);
    if (found) return [nameOf(rest.slice(0, found.index)), partOf(found)];
  }
  const dot = rest.lastIndexOf('.');
  return [nameOf(rest.slice(0, dot)), rest.slice(dot + 1)];
}

/** A1111's name of the layer that is meant; null for none of this model's. */
export function layerOf(name: string, { byName, isSd2 }: Layers): string | null {
  const tries = [webuiName(name, isSd2)];
  if (name.includes('lora_unet')) {
    // SDXL's are called as in ldm.
    tries.push(name.replace('lora_unet', 'diffusion_model'));
  } else if (name.includes('lora_te1_text_model')) {
    tries.push(name.replace('lora_te1_text_model', '0_transformer_text_model'));
    tries.push(name.replace('lora_te1_text_model', 'transformer_text_model'));
  } else if (name.includes('oft_unet')) {
    tries.push(name.replace('oft_unet', 'diffusion_model'));
  } else if (name.startsWith('lycoris_')) {
    // LyCORIS by itself says of no network which one it is.
    for (const network of ['lora_unet', 'lora_te', 'lora_te2']) {
      tries.push(webuiName(name.replace('lycoris', network), isSd2));
    }
  }
  return tries.find((layer) => byName.has(layer)) ?? null;
}

const IN_ATTENTION = /^(.*_attn)_(?:q_proj|k_proj|v_proj|out_proj)$/;

function incompleteAttentions(modules: ReadonlyMap<string, PartNames>, { byName }: Layers): string[] {
  return [...modules.keys()].filter((layer) => {
    const attention = IN_ATTENTION.exec(layer)?.[1];
    if (attention === undefined || !byName.get(`${attention}_q_proj`)?.part) return false;
    return !['q_proj', 'k_proj', 'v_proj', 'out_proj'].every((part) => modules.has(`${attention}_${part}`));
  });
}
