// SwarmUI (docs/Image Metadata Format.md): JSON with "sui_image_params", under "parameters" in a PNG, in EXIF elsewhere.
import { fromComfy, weighs } from './emphasis.ts';
import { isList, isObject, numberOf, seedOf, stemOf, textOf, type Json, type JsonObject } from './json.ts';
import { COMFY_SAMPLERS, COMFY_SCHEDULERS, takeSampler, takeScheduler } from './names.ts';
import { addLora, leftOut, note, nothingTold, type Told } from './told.ts';

/** Parameters that are read, or change no picture. */
const KNOWN = new Set([
  ...[
    'prompt',
    'negativeprompt',
    'model',
    'seed',
    'steps',
    'cfgscale',
    'width',
    'height',
    'sampler',
    'scheduler',
  ],
  ...[
    'comfyuisampler',
    'comfyuischeduler',
    'vae',
    'loras',
    'loraweights',
    'loratencweights',
    'clipstopatlayer',
  ],
  ...[
    'aspectratio',
    'sidelength',
    'images',
    'batchsize',
    'swarm_version',
    'automaticvae',
    'presets',
    'personalnote',
  ],
  ...[
    'initimage',
    'initimagecreativity',
    'maskimage',
    'variationseed',
    'variationseedstrength',
    'seamlesstileable',
  ],
  ...[
    'refinermodel',
    'refinercontrolpercentage',
    'refinermethod',
    'refinerupscale',
    'refinerupscalemethod',
    'refinersteps',
  ],
  ...[
    'internalbackendtype',
    'exactbackendid',
    'donotsave',
    'nopreviews',
    'imageformat',
    'colordepth',
    'modelspecificenhancements',
  ],
  ...[
    'original_prompt',
    'original_negativeprompt',
    'comfyuicustomworkflow',
    'usereferenceonly',
    'date',
    'generation_time',
  ],
]);

export function fromSwarm(data: JsonObject): Told | null {
  const given = data['sui_image_params'];
  if (!isObject(given)) return null;
  const told = nothingTold();
  // Names come in any case.
  const values = new Map(Object.entries(given).map(([key, value]) => [key.toLowerCase(), value] as const));
  const text = (key: string): string | null => textOf(values.get(key));
  const number = (key: string): number | null => numberOf(values.get(key));
  told.prompt = prompt(told, text('prompt') ?? '');
  told.negativePrompt = prompt(told, text('negativeprompt') ?? '');
  told.steps = number('steps');
  takeSampler(told, COMFY_SAMPLERS, text('sampler') ?? text('comfyuisampler') ?? 'euler');
  takeScheduler(told, COMFY_SCHEDULERS, text('scheduler') ?? text('comfyuischeduler') ?? 'normal');
  told.cfgScale = number('cfgscale');
  told.seed = seedOf(values.get('seed'));
  const [width, height] = [number('width'), number('height')];
  if (width !== null && height !== null) told.size = { width, height };
  const model = text('model');
  if (model !== null) told.model = stemOf(model);
  const vae = text('vae');
  if (vae !== null && !['None', 'Automatic'].includes(vae)) told.vae = vae.split(/[\\/]/).at(-1)!;
  // "-2": two layers before the end.
  const layer = number('clipstopatlayer');
  if (layer !== null && layer < -1) told.clipSkip = -layer;
  const weights = list(values.get('loraweights'));
  for (const [index, lora] of list(values.get('loras')).entries())
    addLora(told, stemOf(lora), numberOf(weights[index]) ?? 1);
  takeVariation(told, values);
  takePasses(told, values);
  if (values.get('seamlesstileable') === true || text('seamlesstileable') === 'true')
    told.more['Tiling'] = true;
  const others = [...values.keys()].filter((key) => !KNOWN.has(key));
  for (const key of others) leftOut(told, key);
  told.more['RNG'] = 'CPU';
  if (weighs(told.prompt + told.negativePrompt)) note(told, 'weights');
  note(told, 'noise on the way');
  return told;
}

function takeVariation(told: Told, values: ReadonlyMap<string, Json>): void {
  const strength = numberOf(values.get('variationseedstrength')) ?? 0;
  const seed = seedOf(values.get('variationseed'));
  if (strength <= 0 || seed === null) return;
  told.more['Variation seed'] = seed;
  told.more['Variation seed strength'] = strength;
}

function takePasses(told: Told, values: ReadonlyMap<string, Json>): void {
  const creativity = numberOf(values.get('initimagecreativity'));
  if (values.has('initimage') || creativity !== null) {
    told.more['Denoising strength'] = creativity ?? 0.6;
    note(told, 'source');
    return;
  }
  const share = numberOf(values.get('refinercontrolpercentage'));
  const upscale = numberOf(values.get('refinerupscale')) ?? 1;
  const refiner = textOf(values.get('refinermodel'));
  if (share === null || share <= 0) return;
  if (upscale > 1) {
    told.more['Denoising strength'] = share;
    told.more['Hires upscale'] = upscale;
    const steps = numberOf(values.get('refinersteps'));
    if (steps !== null) told.more['Hires steps'] = steps;
    // "model-4x-UltraSharp.pth", "latent-bilinear", "pixel-lanczos"
    const method = textOf(values.get('refinerupscalemethod')) ?? 'pixel-lanczos';
    told.more['Hires upscaler'] = upscalerOf(method);
    if (refiner !== null) told.more['Hires checkpoint'] = stemOf(refiner);
  } else if (refiner !== null) {
    told.more['Refiner'] = stemOf(refiner);
    // Its share of the steps is the last one.
    told.more['Refiner switch at'] = Number((1 - share).toFixed(4));
  }
}

function upscalerOf(method: string): string {
  const [kind = '', ...rest] = method.split('-');
  const name = rest.join('-');
  if (kind === 'model') return stemOf(name);
  if (kind === 'latent') return name === 'bilinear' ? 'Latent' : `Latent (${name})`;
  return name.startsWith('nearest') ? 'Nearest' : 'Lanczos';
}

/** Lists are lists, or texts with commas. */
function list(value: Json | undefined): readonly string[] {
  if (isList(value))
    return value.flatMap((one) => (typeof one === 'string' || typeof one === 'number' ? [String(one)] : []));
  return typeof value === 'string' && value !== '' ? value.split(',').map((one) => one.trim()) : [];
}

/** "<embed:name>" is the name alone; LoRAs are tags as here; other tags are its own. */
function prompt(told: Told, text: string): string {
  for (const [, name] of text.matchAll(/<(\w+)(?:\[[^\]]*\])?[:>]/g)) {
    if (!['lora', 'embed', 'embedding'].includes(name!)) leftOut(told, `<${name}>`);
  }
  return fromComfy(text.replace(/<embed(?:ding)?:([^<>]*)>/g, (_, name: string) => stemOf(name)));
}
