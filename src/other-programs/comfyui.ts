// ComfyUI: the graph that was carried out, under "prompt" in a PNG (nodes.py, SaveImage), in EXIF texts of WebP and JPEG. The picture
// is the work of a sampler, of one that goes on where another ended, or of one after an enlargement: what A1111 calls Refiner and
// Hires. fix.
import type { Size } from '../image/picture-file.ts';
import { ComfyGraph, type ComfyNode } from './comfyui-graph.ts';
import { modelOf, promptOf, type Listener } from './comfyui-inputs.ts';
import { originOf, outputsOf, passOf, type Enlargement, type Origin, type Pass } from './comfyui-passes.ts';
import { weighs } from './emphasis.ts';
import { textOf, type JsonObject } from './json.ts';
import { COMFY_SAMPLERS, COMFY_SCHEDULERS, likeOf, takeSampler, takeScheduler } from './names.ts';
import { addLora, leftOut, nothingTold, note, type Told } from './told.ts';

/** Samplers that step along the unconditional prediction: A1111 and Forge divide their CFG scale by this. */
const CFG_PP_DIVISOR = 12.5;

/** Passes of a picture that are looked at. */
const MAX_PASSES = 10;

export function isComfyGraph(data: JsonObject): boolean {
  return Object.values(data).some(
    (node) => typeof node === 'object' && node !== null && 'class_type' in node,
  );
}

/** `size`: the picture's. Null where nothing in the graph samples. */
export function fromComfyGraph(data: JsonObject, size: Size | null): Told | null {
  const graph = new ComfyGraph(data);
  const told = outputsOf(graph)
    .slice(0, 50)
    .flatMap((output) => {
      const one = toldFrom(graph, output, size);
      return one ? [{ output, one }] : [];
    });
  // The file does not say which of several outputs it is of: the one of its size, or else the last.
  const fitting = told.filter(
    ({ one }) => sameSize(one.told.size ?? null, size) || sameSize(one.final, size),
  );
  const chosen = (fitting.length > 0 ? fitting : told).at(-1);
  if (!chosen) return null;
  const samplers = new Set((fitting.length > 0 ? fitting : told).map(({ one }) => one.sampler));
  if (samplers.size > 1) note(chosen.one.told, 'several pictures');
  return chosen.one.told;
}

interface Traced {
  readonly told: Told;
  /** The picture's, as far as the graph tells. */
  readonly final: Size | null;
  readonly sampler: ComfyNode;
}

function toldFrom(graph: ComfyGraph, output: ComfyNode, size: Size | null): Traced | null {
  const told = nothingTold();
  const after = originOf(graph, output);
  if (after.from.kind !== 'sampler') return null;
  for (const name of after.others) leftOut(told, name);
  for (const { method } of after.enlarged) leftOut(told, `Upscaling ${method}`.trim());
  const sampler = after.from.node;
  // From the last pass to the first.
  const passes: { readonly pass: Pass; readonly origin: Origin }[] = [];
  for (let node: ComfyNode | null = sampler; node && passes.length < MAX_PASSES;) {
    const current: ComfyNode = node;
    if (passes.some(({ pass }) => pass.node === current)) break;
    const origin: Origin = originOf(graph, current);
    passes.push({ pass: passOf(graph, current), origin });
    node = origin.from.kind === 'sampler' ? origin.from.node : null;
  }
  const { pass: first, origin } = passes.at(-1)!;
  takeFirst(told, graph, first, origin, size);
  const [second, ...more] = passes.slice(0, -1).reverse();
  if (second) takeSecond(told, graph, first, second, size);
  for (const { pass } of more) leftOut(told, pass.node.type);
  takeVae(told, graph, output);
  // Torch draws on the processor there, as A1111 does with RNG CPU.
  told.more['RNG'] = 'CPU';
  note(told, 'noise on the way');
  if (weighs(told.prompt) || weighs(told.negativePrompt)) note(told, 'weights');
  const start = told.size ?? null;
  const enlargement = second?.origin.enlarged.at(-1);
  const final = enlargement?.size ?? (enlargement?.scale && start ? times(start, enlargement.scale) : start);
  return { told, final, sampler };
}

function takeFirst(told: Told, graph: ComfyGraph, pass: Pass, origin: Origin, size: Size | null): void {
  const listener = listenerOf(told);
  told.steps = pass.steps;
  takeSampler(told, COMFY_SAMPLERS, pass.sampler);
  if (pass.sampler === 'uni_pc_bh2') told.more['UniPC variant'] = 'bh2';
  takeScheduler(told, COMFY_SCHEDULERS, pass.scheduler);
  told.cfgScale = cfgOf(pass);
  told.seed = pass.seed;
  const positive = promptOf(graph, pass.positive, false, listener);
  told.prompt = positive?.text ?? '';
  told.negativePrompt = promptOf(graph, pass.negative, true, listener)?.text ?? '';
  told.clipSkip = positive?.clipSkip ?? null;
  const model = modelOf(graph, pass.model);
  told.model = model.name;
  for (const { name, weight } of model.loras) addLora(told, name, weight);
  for (const name of [...model.others, ...origin.others]) leftOut(told, name);
  const { from } = origin;
  if (from.kind === 'empty') {
    told.size = from.size;
    if (from.batch > 1) note(told, 'batch');
  } else {
    told.size = size;
    told.more['Denoising strength'] = pass.denoise;
    // It makes as many steps as are set, however little is redrawn.
    told.more['Exact img2img steps'] = true;
    note(told, 'source');
  }
}

/** A pass after the first: on the same latents it is a refiner, or what follows of one run; on larger ones Hires. fix. */
function takeSecond(
  told: Told,
  graph: ComfyGraph,
  first: Pass,
  { pass, origin }: { readonly pass: Pass; readonly origin: Origin },
  size: Size | null,
): void {
  for (const name of origin.others) leftOut(told, name);
  const model = modelOf(graph, pass.model);
  const enlargement = origin.enlarged.at(-1);
  if (pass.startAt > 0 && !enlargement) {
    const steps = pass.steps ?? first.steps;
    if (model.name === told.model || model.name === null || !steps) return;
    told.more['Refiner'] = model.name;
    told.more['Refiner switch at'] = Number(Math.min(1, pass.startAt / steps).toFixed(4));
    return;
  }
  if (!enlargement && pass.denoise >= 1) return leftOut(told, pass.node.type);
  takeHires(told, graph, first, pass, origin.enlarged, size);
  if (model.name !== null && model.name !== told.model) told.more['Hires checkpoint'] = model.name;
}

function takeHires(
  told: Told,
  graph: ComfyGraph,
  first: Pass,
  pass: Pass,
  enlarged: readonly Enlargement[],
  size: Size | null,
): void {
  const { more } = told;
  more['Denoising strength'] = pass.denoise;
  const second = nothingTold();
  if (pass.sampler !== first.sampler) {
    takeSampler(second, COMFY_SAMPLERS, pass.sampler);
    if (second.sampler != null) more['Hires sampler'] = second.sampler;
  }
  if (pass.scheduler !== first.scheduler) {
    takeScheduler(second, COMFY_SCHEDULERS, pass.scheduler);
    if (second.scheduler != null) more['Hires schedule type'] = second.scheduler;
  }
  told.remarks.push(...second.remarks);
  const prompt = promptOf(graph, pass.positive, false, listenerOf(told))?.text ?? '';
  const negative = promptOf(graph, pass.negative, true, listenerOf(told))?.text ?? '';
  if (prompt !== '' && !told.prompt.startsWith(prompt)) more['Hires prompt'] = prompt;
  if (negative !== '' && negative !== told.negativePrompt) more['Hires negative prompt'] = negative;
  const last = enlarged.at(-1);
  const scale = enlarged.length === 1 ? last?.scale : null;
  const target = last?.size ?? (scale ? null : size);
  if (target) more['Hires resize'] = `${target.width}x${target.height}`;
  else more['Hires upscale'] = scale ?? 1;
  if (pass.steps !== null && pass.steps !== first.steps) more['Hires steps'] = pass.steps;
  more['Hires upscaler'] = upscalerOf(told, enlarged);
  const cfg = cfgOf(pass);
  if (cfg !== null && cfg !== told.cfgScale) more['Hires CFG Scale'] = cfg;
  if (pass.seed !== first.seed) note(told, 'second seed');
}

const UPSCALERS: Readonly<Record<string, string>> = {
  'latent nearest-exact': 'Latent (nearest-exact)',
  'latent bilinear': 'Latent',
  'latent bicubic': 'Latent (bicubic)',
  'picture nearest-exact': 'Nearest',
  'picture lanczos': 'Lanczos',
};

/** The model's, where one enlarged; a method that is not like any is named, and the nearest taken. */
function upscalerOf(told: Told, enlarged: readonly Enlargement[]): string {
  const model = enlarged.find(({ kind, method }) => kind === 'model' && method !== '');
  if (model) return model.method;
  const last = enlarged.at(-1);
  if (!last) return 'None';
  const like = likeOf(UPSCALERS, `${last.kind} ${last.method}`);
  if (like === null) leftOut(told, `Upscale method ${last.method}`.trim());
  return like ?? (last.kind === 'latent' ? 'Latent' : 'Lanczos');
}

/** A VAE in a file of its own. */
function takeVae(told: Told, graph: ComfyGraph, output: ComfyNode): void {
  let node: ComfyNode | undefined = output;
  for (let steps = 0; node && steps < MAX_PASSES; steps += 1) {
    const vae = graph.link(node, 'vae')?.node;
    const file = vae && (textOf(vae.inputs['vae_name']) ?? null);
    if (file && !/^(?:Baked|taesd|pixel_space)/i.test(file)) told.vae = file.split(/[\\/]/).at(-1)!;
    if (vae) return;
    node = ['images', 'image', 'samples', 'pixels'].flatMap((name) => graph.link(node!, name)?.node ?? [])[0];
  }
}

function cfgOf({ cfg, sampler }: Pass): number | null {
  return cfg !== null && sampler?.endsWith('_cfg_pp') ? cfg * CFG_PP_DIVISOR : cfg;
}

function listenerOf(told: Told): Listener {
  return { leftOut: (name) => leftOut(told, name), note: (what) => note(told, what) };
}

function times({ width, height }: Size, scale: number): Size {
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

function sameSize(a: Size | null, b: Size | null): boolean {
  return a !== null && b !== null && a.width === b.width && a.height === b.height;
}
