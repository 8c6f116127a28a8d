// Easy Diffusion (ui/easydiffusion/utils/save_utils.py): each value a text of its own in a PNG, JSON in the user comment elsewhere;
// by the keys of its tasks or by their labels.
import { numberOf, seedOf, stemOf, textOf, type Json, type JsonObject } from './json.ts';
import { EASY_SAMPLERS, takeSampler } from './names.ts';
import { addLora, leftOut, note, nothingTold, type Told } from './told.ts';

const LABELS: Readonly<Record<string, string>> = {
  prompt: 'Prompt',
  negative_prompt: 'Negative Prompt',
  seed: 'Seed',
  use_stable_diffusion_model: 'Stable Diffusion model',
  use_vae_model: 'VAE model',
  use_lora_model: 'LoRA model',
  lora_alpha: 'LoRA Strength',
  clip_skip: 'Clip Skip',
  sampler_name: 'Sampler',
  width: 'Width',
  height: 'Height',
  num_inference_steps: 'Steps',
  guidance_scale: 'Guidance Scale',
  prompt_strength: 'Prompt Strength',
  use_upscale: 'Use Upscaling',
  use_face_correction: 'Use Face Correction',
  use_hypernetwork_model: 'Hypernetwork model',
  tiling: 'Seamless Tiling',
};

export function isEasyDiffusion(data: JsonObject): boolean {
  return ['use_stable_diffusion_model', LABELS['use_stable_diffusion_model']!].some((key) => key in data);
}

export function fromEasyDiffusion(data: JsonObject): Told {
  const told = nothingTold();
  const value = (key: string): Json => {
    const given = data[key] ?? data[LABELS[key]!] ?? null;
    // Python's text of nothing.
    return given === 'None' ? null : given;
  };
  told.prompt = textOf(value('prompt')) ?? '';
  told.negativePrompt = textOf(value('negative_prompt')) ?? '';
  told.steps = numberOf(value('num_inference_steps'));
  takeSampler(told, EASY_SAMPLERS, textOf(value('sampler_name')));
  told.cfgScale = numberOf(value('guidance_scale'));
  told.seed = seedOf(value('seed'));
  const [width, height] = [numberOf(value('width')), numberOf(value('height'))];
  if (width !== null && height !== null) told.size = { width, height };
  const model = textOf(value('use_stable_diffusion_model'));
  if (model !== null) told.model = stemOf(model);
  const vae = textOf(value('use_vae_model'));
  if (vae !== null) told.vae = vae.split(/[\\/]/).at(-1)!;
  if (value('clip_skip') === true || value('clip_skip') === 'True') told.clipSkip = 2;
  const lora = value('use_lora_model');
  const alpha = value('lora_alpha');
  const loras = Array.isArray(lora) ? (lora as readonly Json[]) : [lora];
  const alphas = Array.isArray(alpha) ? (alpha as readonly Json[]) : [alpha];
  for (const [index, file] of loras.entries()) {
    const name = textOf(file);
    if (name !== null) addLora(told, stemOf(name), numberOf(alphas[index]) ?? 0.5);
  }
  const strength = numberOf(value('prompt_strength'));
  if (strength !== null && textOf(data['init_image'] ?? null) !== null) {
    told.more['Denoising strength'] = strength;
    note(told, 'source');
  }
  if (value('tiling') === 'xy') told.more['Tiling'] = true;
  for (const key of ['use_upscale', 'use_face_correction', 'use_hypernetwork_model'])
    if (textOf(value(key)) !== null) leftOut(told, LABELS[key]!);
  note(told, 'noise');
  return told;
}
