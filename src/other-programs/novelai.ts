// NovelAI: JSON under "Comment" beside "Software: NovelAI". A1111 reads the oldest form of it (src/image/novelai.ts); this reads
// the sizes, schedules, prompts of V4 and the weights of words as well.
import { fromNovelAi } from './emphasis.ts';
import { isList, isObject, numberOf, seedOf, textOf, type Json, type JsonObject } from './json.ts';
import { NOVELAI_SAMPLERS, NOVELAI_SCHEDULERS, takeSampler, takeScheduler } from './names.ts';
import { leftOut, note, nothingTold, type Told } from './told.ts';

/** `description`: the prompt, where the JSON has none. `source`: the text that names the model. */
export function fromNovelAiComment(
  data: JsonObject,
  description: string | null,
  source: string | null,
): Told | null {
  if (numberOf(data['steps']) === null || data['sampler'] === undefined) return null;
  const told = nothingTold();
  const prompts = [captionOf(data['v4_prompt']), captionOf(data['v4_negative_prompt'])] as const;
  const prompt = prompts[0]?.base ?? textOf(data['prompt']) ?? description ?? '';
  const negative = prompts[1]?.base ?? textOf(data['uc']) ?? '';
  const characters = [prompts[0]?.characters ?? [], prompts[1]?.characters ?? []] as const;
  told.prompt = [prompt, ...characters[0]].map(fromNovelAi).join(', ');
  told.negativePrompt = [negative, ...characters[1]].filter(Boolean).map(fromNovelAi).join(', ');
  if (characters[0].length > 0) note(told, 'characters');
  told.steps = numberOf(data['steps']);
  takeSampler(told, NOVELAI_SAMPLERS, textOf(data['sampler']));
  takeScheduler(told, NOVELAI_SCHEDULERS, textOf(data['noise_schedule']));
  told.cfgScale = numberOf(data['scale']);
  told.seed = seedOf(data['seed']);
  const [width, height] = [numberOf(data['width']), numberOf(data['height'])];
  if (width !== null && height !== null) told.size = { width, height };
  if (source !== null && /Diffusion|NovelAI/.test(source)) told.model = source.slice(0, 100);
  // Its models of before XL are those that A1111's note is about ("Clip skip: 2, ENSD: 31337").
  if (!/XL|V[34]/.test(source ?? '') && data['v4_prompt'] === undefined) {
    told.clipSkip = 2;
    told.more['ENSD'] = 31337;
  }
  takeWays(told, data);
  note(told, 'own model');
  return told;
}

/** What only NovelAI does, where it is on. */
function takeWays(told: Told, data: JsonObject): void {
  const strength = numberOf(data['strength']);
  if (strength !== null && /Img2Img|Infill/.test(textOf(data['request_type']) ?? 'Img2Img')) {
    told.more['Denoising strength'] = strength;
    note(told, 'source');
  }
  if (data['sm_dyn'] === true) leftOut(told, 'SMEA DYN');
  else if (data['sm'] === true) leftOut(told, 'SMEA');
  if (data['dynamic_thresholding'] === true) leftOut(told, 'Decrisper');
  if ((numberOf(data['cfg_rescale']) ?? 0) > 0) leftOut(told, 'Prompt Guidance Rescale');
  if (numberOf(data['skip_cfg_above_sigma']) !== null) leftOut(told, 'Variety+');
  const references = data['reference_strength_multiple'] ?? data['reference_image_multiple'];
  if ((isList(references) && references.length > 0) || numberOf(data['reference_strength']) !== null)
    leftOut(told, 'Vibe Transfer');
}

/** A prompt of V4: what all of the picture is, and what single characters are. */
function captionOf(
  value: Json | undefined,
): { readonly base: string; readonly characters: readonly string[] } | null {
  const caption = isObject(value) ? value['caption'] : null;
  const base = isObject(caption) ? textOf(caption['base_caption']) : null;
  if (!isObject(caption) || base === null) return null;
  const all = isList(caption['char_captions']) ? caption['char_captions'] : [];
  const characters = all.flatMap((one) => (isObject(one) ? (textOf(one['char_caption']) ?? []) : []));
  return { base, characters };
}
