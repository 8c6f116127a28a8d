// What is answered once pictures are painted: `images`, `parameters` (the request as it was read) and `info` (a text that holds JSON).
import { splitInfotext } from '../generation/request/infotext/parse.ts';
import { seedsOf } from '../generation/request/seeds.ts';
import { shortHash } from './catalogue.ts';
import { jsonText, type JsonValue } from './json.ts';
import type { Painting } from './painting.ts';

/** A finished picture. */
export interface Painted {
  readonly base64: string;
  /** Its parameters text. */
  readonly parameters: string;
}

/** Keys of the text that `info` has fields for, or that are the program's own. */
const TOLD_OTHERWISE = new Set([
  ...[
    'Steps',
    'Sampler',
    'CFG scale',
    'Image CFG scale',
    'Seed',
    'Face restoration',
    'Size',
    'Model hash',
    'Model',
  ],
  ...[
    'VAE hash',
    'VAE',
    'Variation seed',
    'Variation seed strength',
    'Seed resize from',
    'Clip skip',
    'ENSD',
  ],
  ...[
    'Token merging ratio',
    'Token merging ratio hr',
    'RNG',
    'Tiling',
    'Version',
    'Schedule type: Automatic',
  ],
]);

export function answerOf(painting: Painting, pictures: readonly Painted[]): JsonValue {
  const { send_images } = painting.fields;
  return {
    images: send_images ? pictures.map(({ base64 }) => base64) : [],
    parameters: parametersOf(painting),
    info: jsonText(
      infoOf(
        painting,
        pictures.map(({ parameters }) => parameters),
      ),
    ),
  };
}

/** The fields, with their defaults; pictures only where they are asked for. */
export function parametersOf({ mode, fields }: Painting): JsonValue {
  if (mode === 'txt2img') return { ...fields };
  const { include_init_images } = fields as { readonly include_init_images: boolean };
  return { ...fields, ...(!include_init_images && { init_images: null, mask: null }) };
}

/** A1111's Processed.js. `texts`: the parameters texts of the pictures. */
export function infoOf({ fields, parameters, model }: Painting, texts: readonly string[]) {
  const first = splitInfotext(texts[0] ?? '').fields;
  const told = texts.map(splitInfotext);
  // One more text than pictures were asked for would have no seed of its own.
  const seeds = texts.map((_, index) => seedsOf(parameters, index));
  const { settings, img2img, hires } = parameters;
  const sizes = [fields.width, fields.height];
  return {
    prompt: told[0]?.prompt ?? parameters.prompt,
    all_prompts: told.map(({ prompt }) => prompt),
    negative_prompt: told[0]?.negativePrompt ?? parameters.negativePrompt,
    all_negative_prompts: told.map(({ negativePrompt }) => negativePrompt),
    seed: parameters.seed,
    all_seeds: seeds.map(({ seed }) => seed),
    subseed: parameters.subseed,
    all_subseeds: seeds.map(({ subseed }) => subseed),
    subseed_strength: parameters.subseedStrength,
    width: sizes[0]!,
    height: sizes[1]!,
    sampler_name: parameters.sampler,
    cfg_scale: parameters.cfgScale,
    steps: parameters.steps,
    batch_size: parameters.batchSize,
    restore_faces: settings.faceRestoration,
    face_restoration_model: settings.faceRestoration ? settings.faceRestorationModel : null,
    sd_model_name: model.name,
    sd_model_hash: shortHash(model),
    sd_vae_name: first.get('VAE') ?? null,
    sd_vae_hash: first.get('VAE hash') ?? null,
    seed_resize_from_w: fields.seed_resize_from_w,
    seed_resize_from_h: fields.seed_resize_from_h,
    denoising_strength: img2img?.denoisingStrength ?? hires?.denoisingStrength ?? null,
    extra_generation_params: extraOf(first),
    index_of_first_image: 0,
    infotexts: texts,
    styles: fields.styles ?? [],
    clip_skip: parameters.clipSkip,
    is_using_inpainting_conditioning: first.has('Conditional mask weight'),
    version: first.get('Version') ?? null,
  } satisfies JsonValue;
}

/** What the text tells besides; numbers and truths as such. */
function extraOf(fields: ReadonlyMap<string, string>): JsonValue {
  const extra = [...fields].filter(
    ([key, value]) => !TOLD_OTHERWISE.has(key) && !TOLD_OTHERWISE.has(`${key}: ${value}`),
  );
  return Object.fromEntries(extra.map(([key, value]) => [key, scalarOf(value)]));
}

function scalarOf(text: string): JsonValue {
  if (text === 'True' || text === 'False') return text === 'True';
  return /^-?\d{1,15}(?:\.\d+)?$/.test(text) ? Number(text) : text;
}
