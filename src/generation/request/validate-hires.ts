// Whether hires fix and the refiner can be carried out as asked: the bounds of A1111's controls, and what to say where one is
// overstepped.
import { DENOISING_BOUNDS, HIRES_LIMITS, PICTURE_SIDES, SWITCH_BOUNDS } from './bounds.ts';
import { MAX_FILE_BYTES } from '../../image/metadata.ts';
import { MAX_PROMPT_LENGTH } from '../../prompt/length.ts';
import { pictureSize, secondPass } from './hires.ts';
import { MAX_FILE_NAME } from './settings/setting-info.ts';
import { numberProblems, upscalerProblems } from './problems.ts';
import type { GenerationParameters, Hires, NamedCheckpoint, Refiner } from './request.ts';
import { samplerProblems } from './validate-sampler.ts';

export function hiresProblems(parameters: GenerationParameters): string[] {
  const { hires } = parameters;
  if (hires === null) return [];
  const problems = [
    ...(parameters.img2img === null ? [] : ['Hires. fix goes with txt2img only; switch one of the two off.']),
    ...upscalerProblems('Upscaler', hires.upscaler),
    ...numberProblems('Upscale by', hires.scale, HIRES_LIMITS.scale),
    ...numberProblems('Resize width to', hires.resizeWidth, HIRES_LIMITS.resizeWidth, true),
    ...numberProblems('Resize height to', hires.resizeHeight, HIRES_LIMITS.resizeHeight, true),
    ...numberProblems('Hires steps', hires.steps, HIRES_LIMITS.steps, true),
    ...numberProblems('Denoising strength', hires.denoisingStrength, DENOISING_BOUNDS),
    ...(hires.cfgScale === null
      ? []
      : numberProblems('Hires CFG Scale', hires.cfgScale, HIRES_LIMITS.cfgScale)),
    ...promptProblems('Hires prompt', hires.prompt),
    ...promptProblems('Hires negative prompt', hires.negativePrompt),
    ...(hires.checkpoint === null ? [] : checkpointProblems('Hires checkpoint', hires.checkpoint)),
    ...firstPassProblems(parameters, hires),
  ];
  if (problems.length > 0) return problems;
  const second = secondPass(parameters, hires);
  // It makes all of its steps.
  const settings = { ...second.settings, img2imgFixSteps: true };
  return [...sizeProblems(parameters), ...samplerProblems({ ...second, settings }, hires.denoisingStrength)];
}

function sizeProblems(parameters: GenerationParameters): string[] {
  const { width, height } = pictureSize(parameters);
  const { min, max } = PICTURE_SIDES;
  if (Math.min(width, height) >= min && Math.max(width, height) <= max) return [];
  return [
    `Hires. fix would make a picture of ${width} x ${height}; its sides must be from ${min} to ${max} pixels. Change the size, or what it is enlarged to.`,
  ];
}

function promptProblems(name: string, prompt: string): string[] {
  if (typeof prompt === 'string' && prompt.length <= MAX_PROMPT_LENGTH) return [];
  return [`${name} may have at most ${MAX_PROMPT_LENGTH} characters.`];
}

function firstPassProblems({ width, height }: GenerationParameters, { firstPass }: Hires): string[] {
  if (firstPass === null) return [];
  const { file, sha256, size } = firstPass;
  if (!(file instanceof Blob) || file.size > MAX_FILE_BYTES || !/^[0-9a-f]{64}$/.test(sha256))
    return ['The picture in place of the first pass is missing or too large; choose another.'];
  if (!size || (size.width === width && size.height === height)) return [];
  return [
    `The picture in place of the first pass has ${size.width} x ${size.height} pixels; set the same size, not ${width} x ${height}.`,
  ];
}

export function refinerProblems(refiner: Refiner | null): string[] {
  if (refiner === null) return [];
  return [
    ...checkpointProblems('Refiner', refiner.checkpoint),
    // Texts may ask for 0: from the first step on.
    ...numberProblems('Switch at', refiner.switchAt, { min: 0, max: SWITCH_BOUNDS.max }),
  ];
}

export function checkpointProblems(what: string, { sha256, name }: NamedCheckpoint): string[] {
  const sound = /^[0-9a-f]{64}$/.test(sha256) && typeof name === 'string' && name.length <= MAX_FILE_NAME;
  return sound ? [] : [`${what} names no sound checkpoint; choose it again.`];
}
