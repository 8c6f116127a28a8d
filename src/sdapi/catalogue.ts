// What the requests name of the library: checkpoints by A1111's titles (its modules/sd_models.py), upscalers, styles.
import { isImageKind } from '../families/families.ts';
import { checkpointFromText } from '../generation/request/checkpoint-text.ts';
import { isLatentUpscaler } from '../image/upscale-latent.ts';
import { isBuiltIn } from '../image/upscale.ts';
import { boxedUpscaler } from '../library/box.ts';
import type { StoredModel } from '../library/types.ts';
import { findUpscaler, upscalersAmong } from '../library/upscaler-choice.ts';
import { vaeTitle } from '../library/vae-choice.ts';
import type { ParseOptions } from '../generation/request/infotext/parse.ts';
import { findStyles } from '../prompt/find-styles.ts';
import type { PromptStyle } from '../prompt/styles.ts';
import { failure } from './api-error.ts';

/** What is looked at of a file of the library. */
export type ListedModel = Pick<StoredModel, 'sha256' | 'name' | 'fileName' | 'detection' | 'oldHash'>;

export interface Catalogue {
  /** Newest first. */
  readonly models: readonly ListedModel[];
  readonly styles: readonly PromptStyle[];
}

const HASH_DIGITS = 10;

export function checkpointsAmong(models: readonly ListedModel[]): readonly ListedModel[] {
  return models
    .filter(({ detection }) => isImageKind(detection.kind) && detection.supported)
    .toSorted((a, b) => (checkpointTitle(a) < checkpointTitle(b) ? -1 : 1));
}

export function shortHash({ sha256 }: ListedModel): string {
  return sha256.slice(0, HASH_DIGITS);
}

/** "dreamy.safetensors [0123456789]": A1111 names checkpoints as it names VAEs. */
export const checkpointTitle: (model: ListedModel) => string = vaeTitle;

/** By title, name, file name or hash; or else the shortest title that the words are a part of. */
export function findCheckpoint(models: readonly ListedModel[], wanted: string): ListedModel | null {
  const checkpoints = checkpointsAmong(models);
  const told = checkpointFromText(wanted);
  if (!told) return null;
  const known = (model: ListedModel): readonly (string | undefined)[] => [
    ...[checkpointTitle(model), model.name, model.fileName, model.sha256, shortHash(model), model.oldHash],
    checkpointTitle(model).replace(/ \[.*$/, ''),
  ];
  const exact = checkpoints.find((model) => known(model).includes(wanted));
  if (exact) return exact;
  const { hash, name } = told;
  if (hash !== null) return checkpoints.find(({ sha256 }) => sha256.startsWith(hash)) ?? null;
  const partly = checkpoints.filter((model) => checkpointTitle(model).includes(wanted));
  const byLength = partly.toSorted((a, b) => checkpointTitle(a).length - checkpointTitle(b).length);
  return byLength[0] ?? checkpoints.find((model) => model.name === name) ?? null;
}

/** @throws ApiError as A1111 does for Hires. fix's and the refiner's. */
export function getCheckpoint(models: readonly ListedModel[], wanted: string): ListedModel {
  const found = findCheckpoint(models, wanted);
  if (!found) throw failure('Exception', `Could not find checkpoint with name ${wanted}`);
  return found;
}

/** Whether it needs no file, comes with Darkroom, or is in the library. */
export function isUpscaler(models: readonly ListedModel[], name: string): boolean {
  return (
    isBuiltIn(name) ||
    isLatentUpscaler(name) ||
    boxedUpscaler(name) !== null ||
    findUpscaler(upscalersAmong(models), name) !== null
  );
}

/** How parameters texts are read: with the styles in their prompts found. */
export function withStyles(list: readonly PromptStyle[]): ParseOptions {
  return {
    extractStyles(prompt, negativePrompt) {
      const { found, rest } = findStyles(list, { prompt, negativePrompt });
      return { styles: found, ...rest };
    },
  };
}
