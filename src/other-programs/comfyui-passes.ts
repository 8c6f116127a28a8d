// Which sampler made a picture in a ComfyUI graph, with what, and from what: the way back from where the picture was saved.
import type { Size } from '../image/picture-file.ts';
import { NUMBER_INPUTS, type ComfyGraph, type ComfyNode, type Link } from './comfyui-graph.ts';
import { seedOf, stemOf, textOf } from './json.ts';

/** A run of a sampler, as the graph has it; names are ComfyUI's. */
export interface Pass {
  readonly node: ComfyNode;
  readonly seed: string | null;
  readonly steps: number | null;
  readonly cfg: number | null;
  readonly sampler: string | null;
  readonly scheduler: string | null;
  /** 1: from noise alone. */
  readonly denoise: number;
  /** Of KSamplerAdvanced: from which of its steps on. */
  readonly startAt: number;
  readonly model: Link | null;
  readonly positive: Link | null;
  readonly negative: Link | null;
}

/** What its latents come from. */
export interface Origin {
  /** What was done on the way, from the origin on. */
  readonly enlarged: readonly Enlargement[];
  readonly from:
    | { readonly kind: 'empty'; readonly size: Size | null; readonly batch: number }
    | { readonly kind: 'sampler'; readonly node: ComfyNode }
    | { readonly kind: 'picture' }
    | { readonly kind: 'unknown' };
  /** Other nodes on the way that changed the picture. */
  readonly others: readonly string[];
}

export interface Enlargement {
  readonly kind: 'latent' | 'picture' | 'model';
  /** ComfyUI's method, or the model's file without its ending. */
  readonly method: string;
  /** Null where the other one is told, or neither. */
  readonly size: Size | null;
  readonly scale: number | null;
}

/** Inputs that no pixels come by. */
const OTHER_INPUTS =
  /^(?:(?:\w*_)?(?:model|clip|vae|positive|negative|conditioning\w*|control_net|mask|noise_mask|noise|guider|sampler|sigmas|clip_vision|bbox_detector|sam_model\w*|segm_detector\w*|text|prompt|seed))$/i;
/** Nodes on the way that change nothing here. */
const HARMLESS =
  /^(?:VAEDecode|VAEEncode|SaveImage|PreviewImage|LatentFromBatch|RepeatLatentBatch|ImageFromBatch|GetImageSize|Note|ImageToDevice|FreeMemory)/i;

export function isSampler({ inputs }: ComfyNode): boolean {
  const fed =
    'latent_image' in inputs || 'latent' in inputs || 'samples' in inputs || 'optional_latent' in inputs;
  return (
    fed && (('sampler_name' in inputs && 'steps' in inputs) || ('sigmas' in inputs && 'sampler' in inputs))
  );
}

/** Nodes that save or show a picture, those that save first. */
export function outputsOf(graph: ComfyGraph): readonly ComfyNode[] {
  const shows = [...graph.nodes.values()].filter(
    ({ type, inputs }) => /save|preview/i.test(type) && ('images' in inputs || 'image' in inputs),
  );
  const saves = shows.filter(({ type }) => /save/i.test(type));
  return saves.length > 0 ? saves : shows;
}

/** Where the pixels of a node come from, step by step, up to what `stops`. */
export function originOf(graph: ComfyGraph, start: ComfyNode): Origin {
  const enlarged: Enlargement[] = [];
  const others: string[] = [];
  const found = (from: Origin['from']): Origin => ({ enlarged: enlarged.reverse(), others, from });
  const seen = new Set<ComfyNode>([start]);
  let node = nextOf(graph, start)?.node ?? null;
  while (node && !seen.has(node)) {
    seen.add(node);
    if (isSampler(node)) return found({ kind: 'sampler', node });
    const empty = emptyOf(graph, node);
    if (empty) return found(empty);
    if (/load.*image|image.*load|^LoadLatent/i.test(node.type)) return found({ kind: 'picture' });
    const larger = enlargementOf(graph, node);
    if (larger) enlarged.push(larger);
    else if (!HARMLESS.test(node.type)) others.push(node.type);
    node = nextOf(graph, node)?.node ?? null;
  }
  return found({ kind: 'unknown' });
}

/** By the inputs that pixels come by, in the order of how surely they do. */
function nextOf(graph: ComfyGraph, node: ComfyNode): Link | null {
  for (const name of [
    'samples',
    'latent_image',
    'latent',
    'images',
    'image',
    'pixels',
    'upscaled_image',
    'optional_latent',
  ]) {
    const link = graph.link(node, name);
    if (link) return link;
  }
  return graph.links(node).find(({ name }) => !OTHER_INPUTS.test(name)) ?? null;
}

/** Latents of noise alone: by their width and height, where nothing else comes in. */
function emptyOf(graph: ComfyGraph, node: ComfyNode): Extract<Origin['from'], { kind: 'empty' }> | null {
  if (nextOf(graph, node) && !/empty.*latent|latent.*empty/i.test(node.type)) return null;
  const of = (names: readonly string[]): number | null =>
    names.map((name) => graph.number(node, name)).find((value) => value !== null) ?? null;
  const width = of(['width', 'empty_latent_width']);
  const height = of(['height', 'empty_latent_height']);
  // "1024x1024 (1.0)" of pickers of sizes.
  const named = /^(\d{2,5})\s*[x×]\s*(\d{2,5})/.exec(
    textOf(node.inputs['resolution']) ?? textOf(node.inputs['dimensions']) ?? '',
  );
  const size =
    width !== null && height !== null
      ? { width, height }
      : named && { width: Number(named[1]), height: Number(named[2]) };
  if (!size && !/latent/i.test(node.type)) return null;
  return { kind: 'empty', size, batch: graph.number(node, 'batch_size') ?? 1 };
}

function enlargementOf(graph: ComfyGraph, node: ComfyNode): Enlargement | null {
  const { type, inputs } = node;
  const method = textOf(inputs['upscale_method']) ?? textOf(inputs['method']) ?? '';
  const [width, height] = [graph.number(node, 'width'), graph.number(node, 'height')];
  const size = width !== null && height !== null && width > 0 && height > 0 ? { width, height } : null;
  const scale = graph.number(node, 'scale_by') ?? graph.number(node, 'factor');
  if (/UpscaleWithModel|UpscaleUsingModel/i.test(type)) {
    const loader = graph.link(node, 'upscale_model')?.node;
    return {
      kind: 'model',
      method: stemOf(textOf(loader?.inputs['model_name']) ?? ''),
      size: null,
      scale: null,
    };
  }
  if (/latent.*(?:upscale|scale)|^NNLatentUpscale/i.test(type))
    return { kind: 'latent', method, size, scale };
  if (/image.*(?:upscale|scale|resize)/i.test(type)) return { kind: 'picture', method, size, scale };
  return null;
}

export function passOf(graph: ComfyGraph, node: ComfyNode): Pass {
  const sigmas = graph.link(node, 'sigmas')?.node ?? null;
  const chosen = graph.link(node, 'sampler')?.node ?? null;
  const guider = graph.link(node, 'guider')?.node ?? null;
  const noise = graph.link(node, 'noise')?.node ?? null;
  const near = (names: readonly string[], nodes: readonly (ComfyNode | null)[]): number | null => {
    for (const one of nodes)
      for (const name of one ? names : []) {
        const value = graph.number(one!, name);
        if (value !== null) return value;
      }
    return null;
  };
  const link = (name: string, nodes: readonly (ComfyNode | null)[]): Link | null =>
    nodes.flatMap((one) => (one ? (graph.link(one, name) ?? []) : []))[0] ?? null;
  const seed = [node, noise].flatMap((one) =>
    ['seed', 'noise_seed'].flatMap((name) =>
      one ? (seedOf(graph.value(one, name, NUMBER_INPUTS)) ?? []) : [],
    ),
  )[0];
  const conditions = [node, guider];
  return {
    node,
    seed: seed ?? null,
    steps: near(['steps'], [node, sigmas]),
    cfg: near(['cfg', 'cfg_conds'], [node, guider]),
    sampler: textOf(graph.value(node, 'sampler_name', NAMES)) ?? samplerOf(graph, chosen),
    scheduler: textOf(graph.value(node, 'scheduler', NAMES)) ?? schedulerOf(graph, sigmas),
    denoise: near(['denoise'], [node, sigmas]) ?? 1,
    startAt: near(['start_at_step'], [node]) ?? 0,
    model: link('model', [node, guider, sigmas]),
    positive: link('positive', conditions) ?? link('conditioning', [guider]) ?? link('cond1', [guider]),
    negative: link('negative', conditions),
  };
}

/** Where a name that comes by a link stands. */
const NAMES = ['value', 'string', 'text', 'sampler_name', 'scheduler'];

/** KSamplerSelect has a name; nodes for single samplers have one in their class: "SamplerDPMPP_2M_SDE". */
function samplerOf(graph: ComfyGraph, node: ComfyNode | null): string | null {
  if (!node) return null;
  const named = textOf(graph.value(node, 'sampler_name', NAMES));
  if (named !== null) return named;
  const name = /^Sampler_?(\w+)$/i.exec(node.type)?.[1];
  return name === undefined ? node.type : (CLASSES[name.toLowerCase()] ?? name.toLowerCase());
}

const CLASSES: Readonly<Record<string, string>> = {
  eulerancestral: 'euler_ancestral',
  dpmpp_2s_ancestral: 'dpmpp_2s_ancestral',
  dpmadaptative: 'dpm_adaptive',
  lms: 'lms',
};

/** BasicScheduler has a name; others in their class: "KarrasScheduler". */
function schedulerOf(graph: ComfyGraph, node: ComfyNode | null): string | null {
  if (!node) return null;
  const named = textOf(graph.value(node, 'scheduler', NAMES));
  if (named !== null) return named;
  const name = /^(\w+?)Scheduler/i.exec(node.type)?.[1]?.toLowerCase();
  return name === 'alignyoursteps' ? 'ays' : (name ?? node.type);
}
