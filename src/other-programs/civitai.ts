// Civitai's own generator: A1111's text whose last fields are JSON without quotes ("Civitai resources: [{...}]"), which A1111's reader
// takes apart at its commas; or ComfyUI's graph with the values beside it in "extraMetadata".
import { addLora, nothingTold, note, type Told } from './told.ts';
import {
  isList,
  isObject,
  numberOf,
  readJson,
  readObject,
  seedOf,
  textOf,
  type Json,
  type JsonObject,
} from './json.ts';
import { COMFY_SAMPLERS, takeSampler, takeScheduler } from './names.ts';
import { resolveSampler } from '../sampling/registry.ts';

const FIELD = /(?:,\s*|^)(Civitai (?:resources|metadata)):\s*(?=[[{])/g;

export interface CivitaiText {
  /** Without the JSON, and with the checkpoint's name where it has none. */
  readonly text: string;
  readonly changed: boolean;
}

/** A parameters text whose last line has Civitai's JSON in it; null for others. */
export function fromCivitaiText(text: string): string | null {
  const start = text.lastIndexOf('\n') + 1;
  const line = text.slice(start);
  const found = [...line.matchAll(FIELD)];
  if (found.length === 0) return null;
  const resources: JsonObject[] = [];
  let rest = '';
  let done = 0;
  for (const match of found) {
    if (match.index < done) continue;
    const from = match.index + match[0].length;
    const to = endOfJson(line, from);
    rest += line.slice(done, match.index);
    done = to;
    const value = readJson(line.slice(from, to));
    if (isList(value)) resources.push(...value.slice(0, 100).filter(isObject));
  }
  rest += line.slice(done);
  const checkpoint = resources.find(({ type }) => textOf(type)?.toLowerCase() === 'checkpoint');
  const name = checkpoint && textOf(checkpoint['modelName']);
  if (name != null && !/(?:^|, )Model: /.test(rest))
    rest += `, Model: ${/[,:\n]/.test(name) ? JSON.stringify(name) : name}`;
  return text.slice(0, start) + rest.replace(/^,\s*/, '');
}

/** Behind the bracket that closes the value at `start`; the end of the text where none does. */
function endOfJson(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i += 1) {
    const c = text[i];
    if (c === '"') {
      i += 1;
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
    } else if (c === '[' || c === '{') depth += 1;
    else if (c === ']' || c === '}') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return text.length;
}

/** Of a graph of Civitai's, the values that it was made of; null for other graphs. */
export function fromCivitaiGraph(graph: JsonObject): Told | null {
  const given = graph['extraMetadata'];
  const data = typeof given === 'string' ? readObject(given) : isObject(given) ? given : null;
  if (!data) return null;
  const told = nothingTold();
  told.prompt = textOf(data['prompt']) ?? '';
  told.negativePrompt = textOf(data['negativePrompt']) ?? '';
  told.steps = numberOf(data['steps']);
  const sampler = textOf(data['sampler']);
  // "DPM++ 2M Karras": one of A1111's names, old ones too; or ComfyUI's.
  const resolved = sampler === null ? null : resolveSampler(sampler, null, false);
  if (resolved?.known) {
    told.sampler = resolved.sampler;
    if (resolved.scheduler !== 'Automatic') told.scheduler = resolved.scheduler;
  } else takeSampler(told, COMFY_SAMPLERS, sampler);
  takeScheduler(told, {}, textOf(data['scheduler']));
  told.cfgScale = numberOf(data['cfgScale']);
  told.seed = seedOf(data['seed']);
  const skip = numberOf(data['clipSkip']) ?? 0;
  if (skip > 1) told.clipSkip = skip;
  const [width, height] = [numberOf(data['width']), numberOf(data['height'])];
  if (width !== null && height !== null) told.size = { width, height };
  takeResources(told, graph, data['resources'] ?? null);
  if (textOf(data['workflowId'])?.includes('img2img')) note(told, 'source');
  told.more['RNG'] = 'CPU';
  note(told, 'noise on the way');
  return told;
}

/** Names of files are in the graph alone: resources are numbers of Civitai's. */
function takeResources(told: Told, graph: JsonObject, resources: Json): void {
  for (const node of Object.values(graph)) {
    const inputs = isObject(node) ? node['inputs'] : null;
    if (!isObject(inputs)) continue;
    told.model ??= textOf(inputs['ckpt_name']);
    const lora = textOf(inputs['lora_name']);
    if (lora !== null) addLora(told, lora, numberOf(inputs['strength_model']) ?? 1);
  }
  if (told.model != null || !isList(resources)) return;
  const checkpoint = resources
    .filter(isObject)
    .find(({ type }) => textOf(type)?.toLowerCase() === 'checkpoint');
  told.model = checkpoint ? textOf(checkpoint['modelName']) : null;
}
