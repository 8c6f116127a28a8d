// Draw Things: JSON as the user comment of an XMP packet, with keys of one or two letters.
import { isList, isObject, numberOf, readObject, seedOf, stemOf, textOf, type JsonObject } from './json.ts';
import { addLora, leftOut, note, nothingTold, type Told } from './told.ts';
import { takeSampler, takeScheduler } from './names.ts';
import { userCommentOf } from './xmp.ts';

/** Schedules that its samplers' names end with. */
const ENDINGS: readonly (readonly [ending: string, scheduler: string])[] = [
  [' Karras', 'Karras'],
  [' AYS', 'Align Your Steps'],
  [' Trailing', 'SGM Uniform'],
];

export function isDrawThings(data: JsonObject): boolean {
  return 'c' in data && 'uc' in data && 'seed_mode' in data;
}

export function fromDrawThingsXmp(packet: string): Told | null {
  const data = readObject(userCommentOf(packet));
  return data && isDrawThings(data) ? fromDrawThings(data) : null;
}

export function fromDrawThings(data: JsonObject): Told {
  const told = nothingTold();
  told.prompt = textOf(data['c']) ?? '';
  told.negativePrompt = textOf(data['uc']) ?? '';
  told.steps = numberOf(data['steps']);
  takeOwnSampler(told, textOf(data['sampler']));
  told.cfgScale = numberOf(data['scale']);
  told.seed = seedOf(data['seed']);
  const size = /^(\d+)x(\d+)$/.exec(textOf(data['size']) ?? '');
  if (size) told.size = { width: Number(size[1]), height: Number(size[2]) };
  const model = textOf(data['model']);
  // "_f16", "_q6p_q8p": how its weights are stored.
  if (model !== null) told.model = stemOf(model).replace(/(?:_(?:f16|q\d+p))+$/, '');
  const skip = numberOf(data['clip_skip']) ?? 0;
  if (skip > 1) told.clipSkip = skip;
  for (const one of isList(data['lora']) ? data['lora'] : []) {
    const name = isObject(one) ? textOf(one['model']) : null;
    if (name !== null && isObject(one)) addLora(told, stemOf(name), numberOf(one['weight']) ?? 1);
  }
  const strength = numberOf(data['strength']) ?? 1;
  if (strength < 1) {
    told.more['Denoising strength'] = strength;
    note(told, 'source');
  }
  const refiner = textOf(data['refiner']);
  if (refiner !== null) {
    told.more['Refiner'] = stemOf(refiner);
    told.more['Refiner switch at'] = numberOf(data['refiner_start']) ?? 0.85;
  }
  if (data['hires_fix'] === true) leftOut(told, 'High Resolution Fix');
  if (isList(data['control']) && data['control'].length > 0) leftOut(told, 'Control');
  if (textOf(data['upscaler']) !== null) leftOut(told, 'Upscaler');
  // "NVIDIA GPU Compatible" is made to draw as torch does on such a card.
  if (data['seed_mode'] === 'NVIDIA GPU Compatible') told.more['RNG'] = 'NV';
  else if (data['seed_mode'] === 'Torch CPU Compatible') told.more['RNG'] = 'CPU';
  else note(told, 'noise');
  return told;
}

function takeOwnSampler(told: Told, name: string | null): void {
  if (name === null) return;
  const [ending, scheduler] = ENDINGS.find(([end]) => name.endsWith(end)) ?? ['', null];
  takeSampler(
    told,
    { 'Euler Ancestral': 'Euler a', 'Euler A': 'Euler a' },
    name.slice(0, name.length - ending.length),
  );
  // With a sampler that has none like it the schedule says nothing.
  if (told.sampler !== null && scheduler !== null) takeScheduler(told, {}, scheduler);
  if (told.sampler === null) told.remarks.splice(-1, 1, { about: 'sampler', name });
}
