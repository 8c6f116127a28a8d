// InvokeAI: "invokeai_metadata" (from version 3 on; invokeai/app/invocations/metadata.py, CoreMetadataInvocation), "sd-metadata" and
// "Dream" before it (ldm/invoke/args.py: metadata_dumps, dream_prompt_str).
import { fromCompel, weighs } from './emphasis.ts';
import { isList, isObject, numberOf, seedOf, stemOf, textOf, type Json, type JsonObject } from './json.ts';
import { INVOKE_SAMPLERS, likeOf } from './names.ts';
import { addLora, leftOut, note, nothingTold, type Told } from './told.ts';

export function fromInvokeMetadata(data: JsonObject): Told | null {
  if (numberOf(data['steps']) === null && textOf(data['positive_prompt']) === null) return null;
  const told = nothingTold();
  takePrompts(told, textOf(data['positive_prompt']) ?? '', textOf(data['negative_prompt']) ?? '');
  for (const [name, main] of [
    ['positive_style_prompt', 'positive_prompt'],
    ['negative_style_prompt', 'negative_prompt'],
  ] as const) {
    const style = textOf(data[name]);
    if (style !== null && style !== data[main]) note(told, 'two prompts');
  }
  told.steps = numberOf(data['steps']);
  takeInvokeSampler(told, textOf(data['scheduler']));
  told.cfgScale = numberOf(data['cfg_scale']);
  told.seed = seedOf(data['seed']);
  takeSize(told, data['width'], data['height']);
  takeModel(told, data['model']);
  const vae = nameOf(data['vae']);
  if (vae !== null) told.vae = vae;
  // Layers that are skipped; A1111 counts from the last one.
  const skipped = numberOf(data['clip_skip']) ?? 0;
  if (skipped > 0) told.clipSkip = skipped + 1;
  for (const one of isList(data['loras']) ? data['loras'] : []) {
    if (!isObject(one)) continue;
    const name = nameOf(one['model'] ?? one['lora'] ?? null);
    if (name !== null) addLora(told, name, numberOf(one['weight']) ?? 0.75);
  }
  if (data['seamless_x'] === true && data['seamless_y'] === true) told.more['Tiling'] = true;
  else if (data['seamless_x'] === true || data['seamless_y'] === true) leftOut(told, 'Seamless, one way');
  takePasses(told, data);
  const others = [
    ['controlnets', 'ControlNet'],
    ['ipAdapters', 'IP Adapter'],
    ['t2iAdapters', 'T2I Adapter'],
  ] as const;
  for (const [key, name] of others) {
    const used = data[key];
    if (isList(used) && used.length > 0) leftOut(told, name);
  }
  if ((numberOf(data['cfg_rescale_multiplier']) ?? 0) > 0) leftOut(told, 'CFG Rescale Multiplier');
  takeNoise(told, data['rand_device'] === 'cpu' || data['rand_device'] == null);
  return told;
}

/** What was painted over, enlarged, or refined. */
function takePasses(told: Told, data: JsonObject): void {
  const strength = numberOf(data['strength']);
  const mode = textOf(data['generation_mode']) ?? '';
  if (textOf(data['init_image']) !== null || /img2img|inpaint|outpaint/.test(mode)) {
    if (strength !== null) told.more['Denoising strength'] = strength;
    note(told, 'source');
  } else if (data['hrf_enabled'] === true) leftOut(told, 'High resolution fix');
  const refiner = nameOf(data['refiner_model']);
  if (refiner === null) return;
  told.more['Refiner'] = refiner;
  told.more['Refiner switch at'] = numberOf(data['refiner_start']) ?? 0.8;
}

export function fromInvokeSdMetadata(data: JsonObject): Told | null {
  const image = data['image'];
  if (!isObject(image)) return null;
  const told = nothingTold();
  takeOldPrompt(told, oldPromptOf(image['prompt'] ?? null));
  told.steps = numberOf(image['steps']);
  takeInvokeSampler(told, textOf(image['sampler']));
  told.cfgScale = numberOf(image['cfg_scale']);
  told.seed = seedOf(image['seed']);
  takeSize(told, image['width'], image['height']);
  told.model = textOf(data['model_weights']);
  const hash = textOf(data['model_hash']);
  if (hash !== null && /^[0-9a-f]{10,64}$/i.test(hash)) told.modelHash = hash.slice(0, 10).toLowerCase();
  if (image['seamless'] === true) told.more['Tiling'] = true;
  if (image['hires_fix'] === true) leftOut(told, 'hires_fix');
  if ((numberOf(image['threshold']) ?? 0) > 0) leftOut(told, 'threshold');
  if ((numberOf(image['perlin']) ?? 0) > 0) leftOut(told, 'perlin');
  if (isList(image['variations']) && image['variations'].length > 0) leftOut(told, 'variations');
  const strength = numberOf(image['strength']);
  if (image['type'] === 'img2img') {
    if (strength !== null) told.more['Denoising strength'] = strength;
    note(told, 'source');
  }
  takeNoise(told, false);
  return told;
}

/** '"a cat [dog]" -s 50 -S 123 -W 512 -H 512 -C 7.5 -A k_lms' */
export function fromInvokeDream(dream: string): Told | null {
  const match = /^\s*"((?:\\.|[^"\\])*)"\s(.*)$/s.exec(dream.slice(0, 200_000));
  if (!match) return null;
  const options = new Map(
    [...match[2]!.matchAll(/(?:^|\s)-([A-Za-z])\s*([^\s-][^\s]*)/g)].map(([, k, v]) => [k!, v!]),
  );
  const told = nothingTold();
  takeOldPrompt(told, match[1]!.replace(/\\(.)/g, '$1'));
  told.steps = numberOf(options.get('s'));
  told.seed = seedOf(options.get('S'));
  takeSize(told, options.get('W'), options.get('H'));
  told.cfgScale = numberOf(options.get('C'));
  takeInvokeSampler(told, options.get('A') ?? null);
  if (told.steps === null && told.seed === null) return null;
  if (options.has('I')) note(told, 'source');
  takeNoise(told, false);
  return told;
}

/** Before version 3 the negative prompt stood in the prompt, in square brackets. */
function takeOldPrompt(told: Told, prompt: string): void {
  const negative = [...prompt.matchAll(/\[([^\]]*)\]/g)].map(([, inner]) => inner!.trim()).filter(Boolean);
  takePrompts(told, prompt.replace(/\s*\[[^\]]*\]/g, ''), negative.join(', '));
}

function oldPromptOf(prompt: Json): string {
  if (typeof prompt === 'string') return prompt;
  const parts = isList(prompt) ? prompt : [];
  return parts.flatMap((part) => (isObject(part) ? (textOf(part['prompt']) ?? []) : [])).join(' ');
}

function takePrompts(told: Told, prompt: string, negativePrompt: string): void {
  const [positive, negative] = [fromCompel(prompt), fromCompel(negativePrompt)];
  told.prompt = positive.prompt;
  told.negativePrompt = negative.prompt;
  if (weighs(told.prompt) || weighs(told.negativePrompt)) note(told, 'weights');
  for (const name of [...positive.functions, ...negative.functions]) leftOut(told, `.${name}()`);
}

/** "dpmpp_2m_k": what stands at the end is the schedule. */
function takeInvokeSampler(told: Told, name: string | null): void {
  if (name === null) return;
  const own = likeOf(INVOKE_SAMPLERS, name);
  const karras = own === null && name.endsWith('_k');
  told.sampler = own ?? (karras ? likeOf(INVOKE_SAMPLERS, name.slice(0, -2)) : null);
  if (told.sampler === null) told.remarks.push({ about: 'sampler', name });
  else told.scheduler = karras ? 'Karras' : 'Uniform';
}

/** On the processor torch draws the same numbers as A1111 does with RNG CPU; elsewhere a graphics card of NVIDIA's, most often. */
function takeNoise(told: Told, cpu: boolean): void {
  if (cpu) told.more['RNG'] = 'CPU';
  note(told, cpu ? 'noise on the way' : 'noise');
}

function takeSize(told: Told, asWidth: Json | undefined, asHeight: Json | undefined): void {
  const [width, height] = [numberOf(asWidth), numberOf(asHeight)];
  if (width !== null && height !== null) told.size = { width, height };
}

function takeModel(told: Told, model: Json | undefined): void {
  told.model = nameOf(model ?? null);
  if (!isObject(model)) return;
  const hash = /^(?:sha256:)?([0-9a-f]{10,64})$/i.exec(textOf(model['hash']) ?? '')?.[1];
  if (hash !== undefined) told.modelHash = hash.slice(0, 10).toLowerCase();
}

/** Of a model: "name" (version 4), "model_name" (3), or a text. */
function nameOf(model: Json | undefined): string | null {
  const name = isObject(model)
    ? (textOf(model['name']) ?? textOf(model['model_name']) ?? textOf(model['lora_name']))
    : textOf(model);
  return name === null ? null : stemOf(name);
}
