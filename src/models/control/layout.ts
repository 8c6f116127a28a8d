// Control networks in files, whoever named their tensors, under the names of the original layouts. ControlNets: lllyasviel's, with
// "control_model." before all or not, and diffusers' (ControlNetModel, and xinsir6's union of them). T2I-Adapters: TencentARC's and diffusers'.
import { unetPlaces } from '../layouts/diffusers-unet.ts';
import { mapPlain, mapRenamed, namesUnder, type LdmPlace, type MappedTensors } from '../layouts/mapped.ts';
import { renameKeys, type NamedTensors } from '../layouts/renamed-keys.ts';
import type { TensorShapes } from '../types.ts';
import { CONTROL_PREFIX } from './control-net.ts';
import { ADAPTER_PREFIX } from './t2i-adapter.ts';
import type { ControlKind } from './kinds.ts';

/** Those whose tensors have several layouts. */
type LaidOut = Exclude<ControlKind, 'ip-adapter' | 'lllite'>;

export interface ControlComponent {
  readonly kind: LaidOut;
  readonly keys: 'ldm' | 'diffusers';
  /** Of the original layout. */
  readonly prefix: string;
  /** Under the original layout's names, without `prefix`. */
  readonly tensors: MappedTensors;
}

/** The control network that a file holds; null for other files. What is there may still be incomplete. */
export function findControl(file: TensorShapes): ControlComponent | null {
  const tensors = renameKeys(file);
  return findControlNet(tensors) ?? findAdapter(tensors);
}

function findControlNet(tensors: NamedTensors): ControlComponent | null {
  const of = (kind: LaidOut, keys: ControlComponent['keys'], mapped: MappedTensors): ControlComponent => {
    return { kind, keys, prefix: CONTROL_PREFIX, tensors: mapped };
  };
  if (tensors.has('controlnet_cond_embedding.conv_in.weight')) {
    return of('controlnet', 'diffusers', mapRenamed(tensors, '', controlPlaces(namesUnder(tensors, ''))));
  }
  const prefix = tensors.has(`${CONTROL_PREFIX}input_hint_block.0.weight`) ? CONTROL_PREFIX : '';
  const has = (name: string): boolean => tensors.has(prefix + name);
  if (!has('input_hint_block.0.weight') || !has('zero_convs.0.0.weight')) return null;
  const kind = has('input_blocks.0.0.up') || has('lora_controlnet') ? 'control-lora' : 'controlnet';
  return of(kind, 'ldm', mapPlain(tensors, prefix));
}

/** What diffusers' ControlNetModel has beside the UNet's way down. */
const CONTROL_PLACES: Readonly<Record<string, string>> = {
  'controlnet_cond_embedding.conv_in': 'input_hint_block.0',
  controlnet_mid_block: 'middle_block_out.0',
};
/** Names that are the same everywhere: union models', and the mark of differences. */
const SAME = /^(task_embedding$|transformer_layes\.|spatial_ch_projs\.|control_add_embedding\.|difference$)/;

function controlPlaces(names: readonly string[]): (name: string) => LdmPlace | null {
  const unet = unetPlaces(names);
  const blocks = names.filter((name) => /^controlnet_cond_embedding\.blocks\.\d+\.weight$/.test(name)).length;
  return (name) => {
    if (SAME.test(name)) return { name };
    const dot = name.lastIndexOf('.');
    const [layer, parameter] = [name.slice(0, dot), name.slice(dot)];
    const fixed = Object.hasOwn(CONTROL_PLACES, layer) ? CONTROL_PLACES[layer] : undefined;
    if (fixed) return { name: fixed + parameter };
    if (layer === 'controlnet_cond_embedding.conv_out')
      return { name: `input_hint_block.${2 * (blocks + 1)}${parameter}` };
    const read = /^controlnet_cond_embedding\.blocks\.(\d{1,4})$/.exec(layer);
    if (read) return { name: `input_hint_block.${2 * (Number(read[1]) + 1)}${parameter}` };
    const out = /^controlnet_down_blocks\.(\d{1,4})$/.exec(layer);
    if (out) return { name: `zero_convs.${out[1]}.0${parameter}` };
    return unet(name);
  };
}

function findAdapter(tensors: NamedTensors): ControlComponent | null {
  const prefix = [...tensors.keys()].every((name) => name.startsWith(ADAPTER_PREFIX)) ? ADAPTER_PREFIX : '';
  const has = (name: string): boolean => tensors.has(prefix + name);
  const of = (keys: ControlComponent['keys'], mapped: MappedTensors): ControlComponent => {
    return { kind: 't2i-adapter', keys, prefix: ADAPTER_PREFIX, tensors: mapped };
  };
  if (has('body.0.resnets.0.block1.weight'))
    return of('diffusers', mapRenamed(tensors, prefix, adapterPlace));
  const full = has('conv_in.weight') && has('body.0.block1.weight');
  const light = has('body.0.in_conv.weight') && has('body.0.body.0.block1.weight');
  return full || light ? of('ldm', mapPlain(tensors, prefix)) : null;
}

/** diffusers' FullAdapter counts blocks within their stages, two in each, and has the convolution before them with the stage. */
function adapterPlace(name: string): LdmPlace {
  const block = /^body\.(\d{1,2})\.resnets\.(\d{1,2})\.(.+)$/.exec(name);
  if (block) return { name: `body.${2 * Number(block[1]) + Number(block[2])}.${block[3]}` };
  const stage = /^body\.(\d{1,2})\.(in_conv\..+)$/.exec(name);
  return { name: stage ? `body.${2 * Number(stage[1])}.${stage[2]}` : name };
}
