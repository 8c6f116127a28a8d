// What the interface lists: samplers, schedules, models and what else may be named in a request.
import { HIRES_UPSCALERS, isLatentUpscaler } from '../image/upscale-latent.ts';
import { UPSCALERS } from '../image/upscale.ts';
import { BOXED_UPSCALERS } from '../library/box.ts';
import { lorasAmong } from '../library/lora-choice.ts';
import { upscalersAmong } from '../library/upscaler-choice.ts';
import { vaeFileName, vaesAmong } from '../library/vae-choice.ts';
import type { PromptStyle } from '../prompt/styles.ts';
import { SAMPLERS } from '../sampling/registry.ts';
import { SCHEDULERS } from '../sampling/schedulers.ts';
import { checkpointsAmong, checkpointTitle, shortHash, type ListedModel } from './catalogue.ts';
import type { JsonValue } from './json.ts';
import { SCRIPT_NAMES } from './scripts.ts';

/** Options are texts, as A1111's model of the answer makes them. */
export function samplerList(): JsonValue {
  return SAMPLERS.map(({ name, aliases, ...info }) => {
    const options: Record<string, string> = {};
    if (info.scheduler !== undefined) options['scheduler'] = info.scheduler;
    if (info.usesEnsd) options['uses_ensd'] = 'True';
    if (info.discardNextToLastSigma) options['discard_next_to_last_sigma'] = 'True';
    if (info.secondOrder) options['second_order'] = 'True';
    if (info.brownianNoise) options['brownian_noise'] = 'True';
    if (info.solverType) options['solver_type'] = info.solverType;
    return { name, aliases, options };
  });
}

/** Their schedules need the model. */
const NEED_MODEL = ['uniform', 'sgm_uniform', 'simple', 'normal', 'ddim', 'beta'];

export function schedulerList(): JsonValue {
  return SCHEDULERS.map(({ name, label, aliases, defaultRho }) => ({
    name,
    label,
    aliases: aliases.length > 0 ? aliases : null,
    default_rho: defaultRho ?? -1,
    need_inner_model: NEED_MODEL.includes(name),
  }));
}

export function upscalerList(models: readonly ListedModel[]): JsonValue {
  const files = upscalersAmong(models);
  const boxed = BOXED_UPSCALERS.filter(({ name }) => !files.some((file) => file.name === name));
  const entry = (name: string, path: string | null, scale: number) => ({
    name,
    model_name: path === null ? null : name,
    model_path: path,
    model_url: null,
    scale,
  });
  return [
    ...UPSCALERS.map((name) => entry(name, null, 4)),
    ...boxed.map(({ name, file }) => entry(name, file, 4)),
    ...files.map(({ name, model }) => entry(name, model.fileName, model.detection.upscaler?.scale ?? 4)),
  ];
}

export function latentUpscalerList(): JsonValue {
  return HIRES_UPSCALERS.filter(isLatentUpscaler).map((name) => ({ name }));
}

export function checkpointList(models: readonly ListedModel[]): JsonValue {
  return checkpointsAmong(models).map((model) => ({
    title: checkpointTitle(model),
    model_name: model.name,
    hash: shortHash(model),
    sha256: model.sha256,
    filename: model.fileName,
    config: null,
  }));
}

export function vaeList(models: readonly ListedModel[]): JsonValue {
  return vaesAmong(models).map((model) => ({ model_name: vaeFileName(model), filename: model.fileName }));
}

export function loraList(models: readonly ListedModel[]): JsonValue {
  return lorasAmong(models).map(({ name, fileName, detection }) => ({
    name,
    alias: detection.lora?.alias ?? name,
    path: fileName,
    metadata: {},
  }));
}

export function hypernetworkList(models: readonly ListedModel[]): JsonValue {
  const found = models.filter(({ detection }) => detection.kind === 'hypernetwork' && detection.supported);
  return found.map(({ name, fileName }) => ({ name, path: fileName }));
}

export function embeddingList(models: readonly ListedModel[]): JsonValue {
  const found = models.filter(({ detection }) => detection.embedding && detection.supported);
  const loaded = found.map(({ name, detection }) => {
    const { widths, vectors } = detection.embedding!;
    return [
      name,
      { step: null, sd_checkpoint: null, sd_checkpoint_name: null, shape: widths[0]!, vectors },
    ] as const;
  });
  return { loaded: Object.fromEntries(loaded), skipped: {} };
}

export function styleList(styles: readonly PromptStyle[]): JsonValue {
  return styles.map(({ name, prompt, negativePrompt }) => ({
    name,
    prompt,
    negative_prompt: negativePrompt,
  }));
}

/** Whether there is a file of theirs is not said here, as in A1111. */
export const FACE_RESTORERS: JsonValue = [
  { name: 'CodeFormer', cmd_dir: null },
  { name: 'GFPGAN', cmd_dir: null },
];

/** Those of A1111's names that are in the library. */
export function realEsrganList(models: readonly ListedModel[]): JsonValue {
  const named = upscalersAmong(models).filter(({ name }) => name.startsWith('R-ESRGAN '));
  return named.map(({ name, model }) => ({
    name,
    path: model.fileName,
    scale: model.detection.upscaler?.scale ?? 4,
  }));
}

export function scriptList(): JsonValue {
  const names = ({ selectable, alwaysOn }: (typeof SCRIPT_NAMES)['txt2img']) => [...selectable, ...alwaysOn];
  return { txt2img: names(SCRIPT_NAMES.txt2img), img2img: names(SCRIPT_NAMES.img2img) };
}
