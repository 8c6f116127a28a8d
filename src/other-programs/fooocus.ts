// Fooocus (modules/meta_parser.py, modules/private_logger.py): JSON under "parameters" with fooocus_scheme "fooocus", by its keys or,
// in logs and older pictures, by their labels; a text like A1111's with the scheme "a1111".
import { splitInfotext } from '../generation/request/infotext/parse.ts';
import { isList, numberOf, seedOf, stemOf, textOf, type Json, type JsonObject } from './json.ts';
import { COMFY_SAMPLERS, COMFY_SCHEDULERS, takeSampler, takeScheduler } from './names.ts';
import { addLora, leftOut, note, nothingTold, type Told } from './told.ts';

export function isFooocus(data: JsonObject): boolean {
  return (
    data['metadata_scheme'] === 'fooocus' ||
    (textOf(data['version']) ?? textOf(data['Version']) ?? '').startsWith('Fooocus') ||
    ('base_model' in data && 'performance' in data) ||
    ('Base Model' in data && 'Performance' in data)
  );
}

export function fromFooocus(data: JsonObject): Told {
  const told = nothingTold();
  const value = (key: string, label: string): Json => data[key] ?? data[label] ?? null;
  // What the styles and the expansion made of the prompt is what was drawn.
  told.prompt = joined(data['full_prompt']) ?? textOf(value('prompt', 'Prompt')) ?? '';
  told.negativePrompt =
    joined(data['full_negative_prompt']) ?? textOf(value('negative_prompt', 'Negative Prompt')) ?? '';
  if (data['full_prompt'] === undefined) {
    const styles = textOf(value('styles', 'Styles'));
    if (styles !== null && styles !== '[]') leftOut(told, `Styles ${styles}`);
  }
  told.steps = numberOf(data['steps']) ?? stepsOf(textOf(value('performance', 'Performance')));
  takeSampler(told, COMFY_SAMPLERS, textOf(value('sampler', 'Sampler')));
  takeScheduler(told, COMFY_SCHEDULERS, textOf(value('scheduler', 'Scheduler')));
  told.cfgScale = numberOf(value('guidance_scale', 'Guidance Scale'));
  told.seed = seedOf(value('seed', 'Seed'));
  const size = /(\d+)\D+(\d+)/.exec(textOf(value('resolution', 'Resolution')) ?? '');
  if (size) told.size = { width: Number(size[1]), height: Number(size[2]) };
  told.model = stem(value('base_model', 'Base Model'));
  told.modelHash = hashOf(data['base_model_hash']);
  // "Default (model)"
  const vae = textOf(value('vae', 'VAE'));
  if (vae !== null && !vae.startsWith('Default')) told.vae = vae;
  const skip = numberOf(value('clip_skip', 'CLIP Skip')) ?? 0;
  if (skip > 1) told.clipSkip = skip;
  const refiner = stem(value('refiner_model', 'Refiner Model'));
  if (refiner !== null && refiner !== 'None') {
    told.more['Refiner'] = refiner;
    told.more['Refiner switch at'] = numberOf(value('refiner_switch', 'Refiner Switch')) ?? 0.8;
  }
  takeLoras(told, data);
  takeOwnWays(told, (key, label) => value(key, label));
  return told;
}

/** Things that only Fooocus does to a picture. */
function takeOwnWays(told: Told, value: (key: string, label: string) => Json): void {
  if ((numberOf(value('sharpness', 'Sharpness')) ?? 0) > 0) leftOut(told, 'Sharpness');
  for (const [key, label] of [
    ['adm_guidance', 'ADM Guidance'],
    ['freeu', 'FreeU'],
  ] as const)
    if (textOf(value(key, label)) !== null) leftOut(told, label);
  // It draws as ComfyUI does, which it is made of.
  told.more['RNG'] = 'CPU';
  note(told, 'noise on the way');
}

function takeLoras(told: Told, data: JsonObject): void {
  const listed = data['loras'];
  if (isList(listed)) {
    for (const one of listed) if (isList(one)) add(told, textOf(one[0]), numberOf(one[1]));
    return;
  }
  for (const [key, value] of Object.entries(data)) {
    if (!/^(?:lora_combined_|LoRA )\d+$/.test(key) || typeof value !== 'string') continue;
    // "name : 0.5", and later "True : name : 0.5".
    const parts = value.split(' : ');
    if (parts.length === 3 && parts[0] !== 'True') continue;
    add(told, parts.at(-2) ?? null, numberOf(parts.at(-1)));
  }
}

function add(told: Told, file: string | null, weight: number | null): void {
  if (file !== null && file !== 'None') addLora(told, stemOf(file), weight ?? 1);
}

/** Steps of Fooocus' performances (modules/flags.py). */
function stepsOf(performance: string | null): number | null {
  const steps: Readonly<Record<string, number>> = {
    Quality: 60,
    Speed: 30,
    'Extreme Speed': 8,
    Lightning: 4,
    'Hyper-SD': 4,
  };
  return performance !== null && Object.hasOwn(steps, performance) ? steps[performance]! : null;
}

function joined(list: Json | undefined): string | null {
  if (typeof list === 'string') return textOf(list);
  if (!isList(list)) return null;
  return textOf(list.filter((part) => typeof part === 'string' && part !== '').join(', '));
}

function stem(value: Json): string | null {
  const name = textOf(value);
  return name === null ? null : stemOf(name);
}

function hashOf(value: Json | undefined): string | null {
  const hash = textOf(value);
  return hash !== null && /^[0-9a-f]{8,64}$/i.test(hash) ? hash.slice(0, 10).toLowerCase() : null;
}

/** Its text in A1111's form, in names that A1111 has; null for A1111's own. */
export function fromFooocusText(text: string): Told | null {
  const { prompt, negativePrompt, fields } = splitInfotext(text);
  if (!(fields.get('Version') ?? '').startsWith('Fooocus')) return null;
  const told = nothingTold();
  told.prompt = prompt;
  told.negativePrompt = negativePrompt;
  told.steps = numberOf(fields.get('Steps'));
  takeSampler(told, COMFY_SAMPLERS, (fields.get('Sampler') ?? '').replace(/ Karras$/, '') || null);
  takeScheduler(told, COMFY_SCHEDULERS, fields.get('Scheduler') ?? null);
  told.cfgScale = numberOf(fields.get('CFG scale'));
  told.seed = seedOf(fields.get('Seed'));
  const size = /^(\d+)x(\d+)$/.exec(fields.get('Size') ?? '');
  if (size) told.size = { width: Number(size[1]), height: Number(size[2]) };
  told.model = fields.get('Model') ?? null;
  told.modelHash = hashOf(fields.get('Model hash'));
  const vae = fields.get('VAE');
  if (vae !== undefined && !vae.startsWith('Default')) told.vae = vae;
  const refiner = fields.get('Refiner');
  if (refiner !== undefined) {
    told.more['Refiner'] = refiner;
    told.more['Refiner switch at'] = numberOf(fields.get('Overwrite Switch') ?? null) ?? 0.8;
  }
  for (const one of (fields.get('Lora weights') ?? '').split(', ')) {
    const [name = '', weight] = one.split(': ');
    if (name !== '') addLora(told, stemOf(name), numberOf(weight) ?? 1);
  }
  const labels: Readonly<Record<string, string>> = {
    'ADM Guidance': 'ADM Guidance',
    FreeU: 'FreeU',
    Sharpness: 'Sharpness',
  };
  takeOwnWays(told, (_, label) => fields.get(labels[label] ?? label) ?? null);
  return told;
}
