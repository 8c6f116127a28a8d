// What a sampler of a ComfyUI graph was given: its prompts, by way of whatever changes conditionings, and its model with LoRAs.
import { MAX_STEPS, type ComfyGraph, type ComfyNode, type Link } from './comfyui-graph.ts';
import { fromComfy } from './emphasis.ts';
import { isObject, numberOf, stemOf, textOf } from './json.ts';
import type { Note } from './told.ts';

export interface Prompt {
  readonly text: string;
  /** Layers of the text encoder from its end, 1 for the last one; null where nothing says so. */
  readonly clipSkip: number | null;
}

export interface ComfyModel {
  /** Without its ending; null where no loader was found. */
  readonly name: string | null;
  readonly loras: readonly { readonly name: string; readonly weight: number }[];
  /** Further nodes that changed it. */
  readonly others: readonly string[];
}

/** Hears of what is not taken over. */
export interface Listener {
  leftOut(name: string): void;
  note(note: Note): void;
}

/** Nodes between text and sampler. */
const MAX_PARTS = 100;

/** `negative`: which of two outputs a node has for that. */
export function promptOf(
  graph: ComfyGraph,
  link: Link | null,
  negative: boolean,
  listener: Listener,
): Prompt | null {
  let parts = 0;
  let clipSkip: number | null = null;

  const read = (from: Link | null): string | null => {
    parts += 1;
    if (!from || parts > MAX_PARTS) return null;
    const { node } = from;
    const { type } = node;
    if (/ZeroOut/i.test(type)) return '';
    const text = textsOf(graph, node, negative, listener);
    if (text !== null) {
      clipSkip ??= clipSkipOf(graph, node);
      return text;
    }
    const both = (a: string, b: string, between: string): string =>
      [read(graph.link(node, a)), read(graph.link(node, b))].filter(Boolean).join(between);
    if (type === 'ConditioningCombine') {
      listener.note('mixed prompts');
      return both('conditioning_1', 'conditioning_2', ' AND ');
    }
    if (type === 'ConditioningConcat') return both('conditioning_to', 'conditioning_from', ' BREAK ');
    if (type === 'ConditioningAverage') {
      listener.leftOut(type);
      return read(graph.link(node, 'conditioning_to'));
    }
    if (!/^(?:FluxGuidance|BasicGuider|unCLIP)/i.test(type))
      listener.leftOut(/controlnet/i.test(type) ? 'ControlNet' : type);
    const sides =
      graph.link(node, 'positive') && graph.link(node, 'negative')
        ? negative
          ? 'negative'
          : 'positive'
        : null;
    const next = sides ?? (graph.link(node, 'conditioning') ? 'conditioning' : null);
    if (next !== null) return read(graph.link(node, next));
    return read(graph.links(node).find(({ name }) => /cond|positive|negative/i.test(name)) ?? null);
  };

  const text = read(link);
  return text === null ? null : { text: fromComfy(text).trim(), clipSkip };
}

/** Of a node that encodes a text, or has the prompts as texts of its own; null for others. */
function textsOf(graph: ComfyGraph, node: ComfyNode, negative: boolean, listener: Listener): string | null {
  const [g, l] = ['text_g', 'text_l'].map((name) => graph.text(node, name));
  if (g != null || l != null) {
    if (g != null && l != null && g.trim() !== l.trim()) listener.note('two prompts');
    return g || l || '';
  }
  const own = negative ? 'negative' : 'positive';
  for (const name of ['text', 't5xxl', 'clip_l', 'prompt', 'string', own]) {
    // A link to a conditioning is no text.
    if (name === own && typeof node.inputs[name] !== 'string') continue;
    const text = graph.text(node, name);
    if (text !== null) return text;
  }
  return null;
}

/** Of the text encoder that a prompt was read by. */
function clipSkipOf(graph: ComfyGraph, encoder: ComfyNode): number | null {
  let node: ComfyNode | null = encoder;
  for (let steps = 0; node && steps < MAX_STEPS; steps += 1) {
    const layer = graph.number(node, 'stop_at_clip_layer') ?? graph.number(node, 'clip_skip');
    if (layer !== null) return layer < 0 ? -layer : null;
    node = graph.link(node, 'clip')?.node ?? null;
  }
  return null;
}

/** Nodes that a model goes through and that change nothing of what is drawn, or what the model itself says. */
const QUIET = /^(?:Eff\. Loader|Efficient Loader|BasicScheduler|ModelPassThrough)/i;

export function modelOf(graph: ComfyGraph, link: Link | null): ComfyModel {
  const loras: { name: string; weight: number }[] = [];
  const others: string[] = [];
  let node = link?.node ?? null;
  for (let steps = 0; node && steps < MAX_STEPS; steps += 1) {
    const found = lorasOf(graph, node);
    loras.unshift(...found);
    const file = ['ckpt_name', 'unet_name', 'base_ckpt_name', 'model_name'].flatMap(
      (name) => textOf(graph.text(node!, name) ?? undefined) ?? [],
    )[0];
    const before: ComfyNode | null = graph.link(node, 'model')?.node ?? null;
    if (file !== undefined && !before) {
      const stack = graph.link(node, 'lora_stack')?.node;
      if (stack) loras.unshift(...lorasOf(graph, stack));
      return { name: stemOf(file), loras, others };
    }
    if (found.length === 0 && !/lora/i.test(node.type) && !QUIET.test(node.type)) others.push(node.type);
    node = before ?? graph.link(node, 'lora_stack')?.node ?? null;
  }
  return { name: null, loras, others };
}

/** Of one loader, or of a stack: "lora_name" with "strength_model", numbered ones, or objects {on, lora, strength}. */
function lorasOf(graph: ComfyGraph, node: ComfyNode): { name: string; weight: number }[] {
  const count = graph.number(node, 'lora_count') ?? Infinity;
  return Object.entries(node.inputs)
    .slice(0, 300)
    .flatMap(([key, value]) => {
      if (isObject(value)) {
        const name = textOf(value['lora']);
        if (name === null || value['on'] === false) return [];
        return [{ name: stemOf(name), weight: numberOf(value['strength']) ?? 1 }];
      }
      const number = /^lora_?(?:name)?_?(\d*)$/.exec(key)?.[1];
      const name = number === undefined ? null : textOf(value);
      if (name === null || name === 'None' || Number(number || 0) > count) return [];
      const weights = number
        ? [`lora_wt_${number}`, `model_str_${number}`, `model_weight_${number}`, `strength_${number}`]
        : ['strength_model', 'lora_model_strength', 'strength'];
      const weight = weights.map((one) => graph.number(node, one)).find((one) => one !== null) ?? 1;
      return weight === 0 ? [] : [{ name: stemOf(name), weight }];
    });
}
