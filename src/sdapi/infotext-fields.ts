// The field `infotext`: what a parameters text asks for becomes fields of the request and override_settings (A1111 modules/api/api.py,
// apply_infotext). Fields that the request names count before it.
import { overrideSettings } from '../generation/request/infotext/override-settings.ts';
import { hiresSamplerAndScheduler } from '../generation/request/infotext/hires-sampler.ts';
import { parseInfotext, type Infotext } from '../generation/request/infotext/parse.ts';
import { describeModelOf } from '../generation/request/parameters.ts';
import { MASKED_CONTENTS } from '../generation/request/request.ts';
import { isObject, type Json, type JsonObject } from '../other-programs/json.ts';
import { resolveSampler } from '../sampling/registry.ts';
import {
  checkpointsAmong,
  checkpointTitle,
  findCheckpoint,
  shortHash,
  withStyles,
  type Catalogue,
} from './catalogue.ts';
import { CHECKPOINT, currentCheckpoint, type Options } from './options.ts';

/** Fields that are one value of the text. */
const PLAIN: readonly (readonly [field: string, key: string])[] = [
  ['prompt', 'Prompt'],
  ['negative_prompt', 'Negative prompt'],
  ['cfg_scale', 'CFG scale'],
  ['width', 'Size-1'],
  ['height', 'Size-2'],
  ['batch_size', 'Batch size'],
  ['styles', 'Styles array'],
  ['denoising_strength', 'Denoising strength'],
  ['steps', 'Steps'],
  ['refiner_switch_at', 'Refiner switch at'],
  ['seed', 'Seed'],
  ['subseed', 'Variation seed'],
  ['subseed_strength', 'Variation seed strength'],
  // A1111 takes one for the other here.
  ['seed_resize_from_w', 'Seed resize from-1'],
  ['seed_resize_from_h', 'Seed resize from-2'],
];

const TXT2IMG_ONLY: readonly (readonly [field: string, key: string])[] = [
  ['hr_scale', 'Hires upscale'],
  ['hr_upscaler', 'Hires upscaler'],
  ['hr_second_pass_steps', 'Hires steps'],
  ['hr_resize_x', 'Hires resize-1'],
  ['hr_resize_y', 'Hires resize-2'],
  ['hr_checkpoint_name', 'Hires checkpoint'],
  ['hr_prompt', 'Hires prompt'],
  ['hr_negative_prompt', 'Hires negative prompt'],
];

const IMG2IMG_ONLY: readonly (readonly [field: string, key: string])[] = [
  ['image_cfg_scale', 'Image CFG scale'],
  ['mask_blur', 'Mask blur'],
];

/** The body with what its text asks for; itself without one. A1111 reads few fields for img2img; here it is all. */
export function withInfotext(
  body: Json | undefined,
  mode: 'txt2img' | 'img2img',
  { models, styles }: Catalogue,
  options: Options,
): Json | undefined {
  if (!isObject(body)) return body;
  const { infotext } = body;
  if (typeof infotext !== 'string' || infotext === '') return body;
  const told = parseInfotext(infotext, withStyles(styles));
  const fields: Record<string, Json> = {};
  for (const [field, key] of [...PLAIN, ...(mode === 'txt2img' ? TXT2IMG_ONLY : IMG2IMG_ONLY)])
    if (told[key] !== undefined) fields[field] = told[key];
  Object.assign(fields, samplersOf(told), mode === 'txt2img' ? hiresOf(told) : maskOf(told));
  const refiner = told['Refiner'];
  if (typeof refiner === 'string' && refiner !== '') {
    const found = findCheckpoint(models, refiner);
    fields['refiner_checkpoint'] = found ? checkpointTitle(found) : refiner;
  }
  const named = Object.entries(body).filter(([, value]) => value !== null);
  const own = isObject(body['override_settings']) ? body['override_settings'] : {};
  return {
    ...fields,
    ...Object.fromEntries(named),
    override_settings: { ...overridesOf(told, options, models), ...own },
  };
}

function samplersOf(told: Infotext): JsonObject {
  const text = (key: string): string | null => {
    const value = told[key];
    return typeof value === 'string' ? value : null;
  };
  if (text('Sampler') === null) return {};
  const { sampler, scheduler, known } = resolveSampler(text('Sampler'), text('Schedule type'));
  // One that is not known stays, to be refused by its name.
  return { sampler_name: known ? sampler : text('Sampler'), scheduler };
}

function hiresOf(told: Infotext): JsonObject {
  const { sampler, scheduler } = hiresSamplerAndScheduler(told);
  const enlarged = [told['Hires upscale'], told['Hires upscaler']].some((value) => value !== undefined);
  const resized = Number(told['Hires resize-1']) > 0 || Number(told['Hires resize-2']) > 0;
  return {
    enable_hr: told['Denoising strength'] !== undefined && (enlarged || resized),
    hr_sampler_name: sampler,
    hr_scheduler: scheduler,
  };
}

/** Of a picture that was painted under a mask. */
function maskOf(told: Infotext): JsonObject {
  if (told['Mask blur'] === undefined) return {};
  const content = MASKED_CONTENTS.findIndex((name) => name === told['Masked content']);
  return {
    inpainting_mask_invert: Number(told['Mask mode'] === 'Inpaint not masked'),
    inpaint_full_res: told['Inpaint area'] === 'Only masked',
    ...(content >= 0 && { inpainting_fill: content }),
    ...(told['Masked area padding'] !== undefined && {
      inpaint_full_res_padding: told['Masked area padding'],
    }),
  };
}

/** Settings of the text that are not the current ones, and its checkpoint where that is in the library. */
function overridesOf(told: Infotext, options: Options, models: Catalogue['models']): JsonObject {
  const current = Object.entries(options).flatMap(([key, value]) =>
    typeof value === 'object' || typeof value === 'bigint' ? [] : [[key, value] as const],
  );
  const found = overrideSettings(told, { current: Object.fromEntries(current) });
  const { hash } = describeModelOf(told);
  const model =
    hash === null ? undefined : checkpointsAmong(models).find(({ sha256 }) => sha256.startsWith(hash));
  const changes = model && shortHash(model) !== shortHash(currentCheckpoint(options, models));
  return {
    ...Object.fromEntries(found.map(({ setting, value }) => [setting, value])),
    ...(changes && { [CHECKPOINT]: checkpointTitle(model) }),
  };
}
