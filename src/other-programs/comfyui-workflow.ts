// ComfyUI's workflow as its page keeps it ("workflow"), made into the form of its server for nodes that are known: values stand in
// lists there, by their places alone. For pictures that have nothing else.
import { isList, isObject, type Json, type JsonObject } from './json.ts';

/** Values of a node in the order of its widgets; empty for one that means nothing here ("control after generate"). */
const WIDGETS: Readonly<Record<string, readonly string[]>> = {
  KSampler: ['seed', '', 'steps', 'cfg', 'sampler_name', 'scheduler', 'denoise'],
  KSamplerAdvanced: [
    ...['add_noise', 'noise_seed', '', 'steps', 'cfg', 'sampler_name', 'scheduler'],
    ...['start_at_step', 'end_at_step', 'return_with_leftover_noise'],
  ],
  SamplerCustom: ['add_noise', 'noise_seed', '', 'cfg'],
  KSamplerSelect: ['sampler_name'],
  BasicScheduler: ['scheduler', 'steps', 'denoise'],
  KarrasScheduler: ['steps', 'sigma_max', 'sigma_min', 'rho'],
  RandomNoise: ['noise_seed', ''],
  CFGGuider: ['cfg'],
  CheckpointLoaderSimple: ['ckpt_name'],
  CheckpointLoader: ['config_name', 'ckpt_name'],
  UNETLoader: ['unet_name', 'weight_dtype'],
  VAELoader: ['vae_name'],
  LoraLoader: ['lora_name', 'strength_model', 'strength_clip'],
  LoraLoaderModelOnly: ['lora_name', 'strength_model'],
  CLIPSetLastLayer: ['stop_at_clip_layer'],
  CLIPTextEncode: ['text'],
  CLIPTextEncodeSDXL: [
    ...['width', 'height', 'crop_w', 'crop_h', 'target_width', 'target_height', 'text_g', 'text_l'],
  ],
  CLIPTextEncodeSDXLRefiner: ['ascore', 'width', 'height', 'text'],
  EmptyLatentImage: ['width', 'height', 'batch_size'],
  EmptySD3LatentImage: ['width', 'height', 'batch_size'],
  LatentUpscale: ['upscale_method', 'width', 'height', 'crop'],
  LatentUpscaleBy: ['upscale_method', 'scale_by'],
  ImageScale: ['upscale_method', 'width', 'height', 'crop'],
  ImageScaleBy: ['upscale_method', 'scale_by'],
  UpscaleModelLoader: ['model_name'],
  PrimitiveNode: ['value'],
  SaveImage: ['filename_prefix'],
};

/** Nodes and links that are looked at. */
const MAX_COUNT = 20_000;
/** What the page does with a node: carry it out, not at all, or hand through what comes in. */
const MUTED = 2;
const BYPASSED = 4;

/** Null for what is no workflow. */
export function graphOfWorkflow(workflow: JsonObject): JsonObject | null {
  const { nodes, links } = workflow;
  if (!isList(nodes) || !isList(links)) return null;
  const origins = new Map<string, Json>();
  for (const link of links.slice(0, MAX_COUNT)) {
    if (isList(link))
      origins.set(String(link[0]), [String(link[1]), typeof link[2] === 'number' ? link[2] : 0]);
  }
  const graph: Record<string, JsonObject> = Object.create(null) as Record<string, JsonObject>;
  for (const node of nodes.slice(0, MAX_COUNT)) {
    if (!isObject(node) || typeof node['type'] !== 'string' || node['mode'] === MUTED) continue;
    const type = node['mode'] === BYPASSED ? 'Reroute' : node['type'];
    graph[String(node['id'])] = { class_type: type, inputs: inputsOf(node, origins) };
  }
  return graph;
}

function inputsOf(node: JsonObject, origins: ReadonlyMap<string, Json>): JsonObject {
  const inputs: Record<string, Json> = Object.create(null) as Record<string, Json>;
  const names = WIDGETS[String(node['type'])] ?? [];
  const values = node['widgets_values'] ?? null;
  if (isList(values)) names.forEach((name, index) => name !== '' && (inputs[name] = values[index] ?? null));
  else if (isObject(values)) Object.assign(inputs, values);
  // A widget that was made an input has its value from there.
  for (const input of isList(node['inputs']) ? node['inputs'].slice(0, 200) : []) {
    if (!isObject(input) || typeof input['name'] !== 'string') continue;
    const origin = origins.get(String(input['link']));
    if (origin !== undefined) inputs[input['name']] = origin;
  }
  return inputs;
}
