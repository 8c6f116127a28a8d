// What an X/Y/Z plot can vary: A1111's axis types (scripts/xyz_grid.py, axis_options), each with what it does to a request.
import type { ImageSettings } from '../generation/request/image-settings.ts';
import { DEFAULT_REFINER, type GenerationParameters, type Hires } from '../generation/request/request.ts';
import { parseSeed } from '../generation/request/seeds.ts';
import { HIRES_UPSCALERS } from '../image/upscale-latent.ts';
import { asciiDigits, strip } from '../prompt/python-text.ts';
import { findSampler, SAMPLERS } from '../sampling/registry.ts';
import { findScheduler, SCHEDULERS } from '../sampling/schedulers.ts';
import { TRUTHS, type AxisType } from './axis-type.ts';
import type { AxisValue } from './axis-values.ts';
import type { Cell, PlotNames } from './cell.ts';
import { extensionAxes } from './extension-axes.ts';
import { PlotError } from './plot-error.ts';
import { ordered, replaced } from './prompt-words.ts';

export type { AxisType } from './axis-type.ts';

type Details = Partial<Omit<AxisType, 'label' | 'apply'>>;

function axis(label: string, details: Details, apply: AxisType['apply']): AxisType {
  return { label, type: 'float', cost: 0, legend: 'label', tab: null, ...details, apply };
}

function withRequest(cell: Cell, changes: Partial<GenerationParameters>): Cell {
  return { ...cell, request: { ...cell.request, ...changes } };
}

function withSettings(cell: Cell, changes: Partial<ImageSettings>): Cell {
  return withRequest(cell, { settings: { ...cell.request.settings, ...changes } });
}

/** Without hires fix there is nothing to change, as in A1111; the page says so. */
function withHires(cell: Cell, changes: Partial<Hires>): Cell {
  const { hires } = cell.request;
  return hires ? withRequest(cell, { hires: { ...hires, ...changes } }) : cell;
}

/** A number of the request. */
const parameter = (label: string, key: 'cfgScale' | 'subseedStrength', details: Details = {}): AxisType =>
  axis(label, details, (cell, value) => withRequest(cell, { [key]: Number(value) }));

type NumberSetting = {
  [K in keyof ImageSettings]: ImageSettings[K] extends number ? K : never;
}[keyof ImageSettings];
type SwitchSetting = {
  [K in keyof ImageSettings]: ImageSettings[K] extends boolean ? K : never;
}[keyof ImageSettings];

/** A number of the settings; several where A1111 has one for what is told apart here. */
const setting = (label: string, keys: readonly NumberSetting[], details: Details = {}): AxisType =>
  axis(label, details, (cell, value) =>
    withSettings(cell, Object.fromEntries(keys.map((key) => [key, Number(value)]))),
  );

const toggle = (label: string, key: SwitchSetting): AxisType =>
  axis(label, { type: 'str', choices: TRUTHS }, (cell, value) =>
    withSettings(cell, { [key]: String(value).toLowerCase() === 'true' }),
  );

const SAMPLER_NAMES = SAMPLERS.map(({ name }) => name);
const SIZE = /^\s*([+]?\d+)\s*x\s*([+]?\d+)\s*$/;

/** A1111's, in its order. */
export const AXIS_TYPES: readonly AxisType[] = [
  axis('Nothing', { type: 'str', legend: 'nothing' }, (cell) => cell),
  axis('Seed', { type: 'int' }, (cell, value) => withRequest(cell, { seed: seedOf(value) })),
  axis('Var. seed', { type: 'int', needs: 'variation' }, (cell, value) =>
    withRequest(cell, { subseed: seedOf(value) }),
  ),
  parameter('Var. strength', 'subseedStrength'),
  axis('Steps', { type: 'int' }, (cell, value) => withRequest(cell, { steps: Number(value) })),
  axis('Hires steps', { type: 'int', tab: 'txt2img', needs: 'hires' }, (cell, value) =>
    withHires(cell, { steps: Number(value) }),
  ),
  parameter('CFG Scale', 'cfgScale'),
  axis('Image CFG Scale', { tab: 'img2img' }, (cell, value) => {
    const { img2img } = cell.request;
    return img2img ? withRequest(cell, { img2img: { ...img2img, imageCfgScale: Number(value) } }) : cell;
  }),
  axis('Prompt S/R', { type: 'str', legend: 'value' }, (cell, value, { values }) =>
    withRequest(cell, replaced(cell.request, String(values[0]), String(value))),
  ),
  axis('Prompt order', { type: 'permutations', legend: 'value' }, (cell, value) =>
    withRequest(cell, { prompt: ordered(cell.request.prompt, value as readonly string[]) }),
  ),
  axis('Sampler', { type: 'str', legend: 'value', choices: SAMPLER_NAMES }, (cell, value) =>
    withRequest(cell, { sampler: samplerOf(value) }),
  ),
  axis(
    'Hires sampler',
    { type: 'str', tab: 'txt2img', needs: 'hires', choices: SAMPLER_NAMES },
    (cell, value) => withHires(cell, { sampler: samplerOf(value) }),
  ),
  axis(
    'Checkpoint name',
    { type: 'str', cost: 1, legend: 'file', names: 'checkpoints' },
    (cell, value, { names }) => ({
      ...cell,
      checkpoint: checkpointOf(value, names),
    }),
  ),
  setting('Negative Guidance minimum sigma', ['sMinUncond']),
  setting('Sigma Churn', ['sChurn']),
  setting('Sigma min', ['sTmin']),
  setting('Sigma max', ['sTmax']),
  setting('Sigma noise', ['sNoise']),
  axis('Schedule type', { type: 'str', choices: SCHEDULERS.map(({ label }) => label) }, (cell, value) => {
    const scheduler = findScheduler(String(value));
    if (!scheduler) throw new PlotError(`There is no schedule type called "${String(value)}".`);
    return withRequest(cell, { scheduler: scheduler.label });
  }),
  setting('Schedule min sigma', ['sigmaMin']),
  setting('Schedule max sigma', ['sigmaMax']),
  setting('Schedule rho', ['rho']),
  setting('Beta schedule alpha', ['betaAlpha']),
  setting('Beta schedule beta', ['betaBeta']),
  // A picture has one eta, whatever its sampler.
  setting('Eta', ['etaDdim', 'etaAncestral']),
  axis('Clip skip', { type: 'int' }, (cell, value) => withRequest(cell, { clipSkip: Number(value) })),
  axis('Denoising', { needs: 'strength' }, (cell, value) => {
    const { img2img } = cell.request;
    const changes = { denoisingStrength: Number(value) };
    return img2img ? withRequest(cell, { img2img: { ...img2img, ...changes } }) : withHires(cell, changes);
  }),
  setting('Initial noise multiplier', ['initialNoiseMultiplier']),
  setting('Extra noise', ['img2imgExtraNoise']),
  axis(
    'Hires upscaler',
    { type: 'str', tab: 'txt2img', needs: 'hires', choices: HIRES_UPSCALERS, names: 'upscalers' },
    (cell, value, { names }) => {
      const upscaler = names.upscaler(String(value));
      if (upscaler === null)
        throw new PlotError(`There is no upscaler called "${String(value)}" in the library.`);
      return withHires(cell, { upscaler });
    },
  ),
  setting('Cond. Image Mask Weight', ['inpaintingMaskWeight'], { tab: 'img2img' }),
  axis(
    'VAE',
    { type: 'str', cost: 0.7, choices: ['Automatic', 'None'], names: 'vaes' },
    (cell, value, { names }) => {
      const text = String(value);
      const common = /^(?:auto|automatic)$/i.test(text) ? 'Automatic' : /^none$/i.test(text) ? 'None' : null;
      const sdVae = common ?? names.vae(text);
      if (sdVae === null) throw new PlotError(`There is no VAE called "${text}" in the library.`);
      return withSettings(cell, { sdVae });
    },
  ),
  axis('Styles', { type: 'str', names: 'styles' }, (cell, value, { names }) => {
    const added = String(value).split(',').map(strip);
    const unknown = added.find((name) => !names.hasStyle(name));
    if (unknown !== undefined) throw new PlotError(`There is no style called "${unknown}".`);
    return { ...cell, styles: [...cell.styles, ...added] };
  }),
  axis('UniPC Order', { type: 'int', cost: 0.5 }, (cell, value) =>
    withSettings(cell, { uniPcOrder: Math.min(Number(value), cell.request.steps - 1) }),
  ),
  axis(
    'Face restore',
    { type: 'str', legend: 'value', choices: ['None', 'CodeFormer', 'GFPGAN'] },
    (cell, value) => {
      const model = (['CodeFormer', 'GFPGAN'] as const).find(
        (name) => name.toLowerCase() === String(value).toLowerCase(),
      );
      const on = model !== undefined || /^(?:true|yes|y|1)$/i.test(String(value));
      return withSettings(cell, {
        faceRestoration: on,
        ...(model !== undefined && { faceRestorationModel: model }),
      });
    },
  ),
  axis('Token merging ratio', {}, (cell, value) =>
    withSettings(cell, {
      tokenMergingRatio: Number(value),
      ...(cell.request.img2img && { tokenMergingRatioImg2img: Number(value) }),
    }),
  ),
  setting('Token merging ratio high-res', ['tokenMergingRatioHr']),
  toggle('Always discard next-to-last sigma', 'alwaysDiscardNextToLastSigma'),
  toggle('SGM noise multiplier', 'sgmNoiseMultiplier'),
  axis(
    'Refiner checkpoint',
    { type: 'str', cost: 1, legend: 'file', choices: ['None'], names: 'checkpoints' },
    (cell, value, { names }) => {
      if (/^none$/i.test(String(value)) || value === '') return withRequest(cell, { refiner: null });
      const switchAt = cell.request.refiner?.switchAt ?? DEFAULT_REFINER.switchAt;
      return withRequest(cell, { refiner: { checkpoint: checkpointOf(value, names), switchAt } });
    },
  ),
  axis('Refiner switch at', { needs: 'refiner' }, (cell, value) => {
    const { refiner } = cell.request;
    return refiner ? withRequest(cell, { refiner: { ...refiner, switchAt: Number(value) } }) : cell;
  }),
  axis('RNG source', { type: 'str', choices: ['GPU', 'CPU', 'NV'] }, (cell, value) => {
    const rng = (['GPU', 'CPU', 'NV'] as const).find((name) => name === String(value));
    if (!rng) throw new PlotError(`RNG source must be GPU, CPU or NV; it is "${String(value)}".`);
    return withRequest(cell, { rng });
  }),
  axis('Size', { type: 'str' }, (cell, value) => {
    const size = SIZE.exec(asciiDigits(String(value)));
    if (!size)
      throw new PlotError(`Sizes are written as width x height: 512x768. "${String(value)}" is none.`);
    return withRequest(cell, { width: Number(size[1]), height: Number(size[2]) });
  }),
];

/** Those of A1111's that mean nothing here, with why. */
export const OTHER_AXES: Readonly<Record<string, string>> = {
  'FP8 mode': 'Weights are float16 or float32 here.',
};

/** A1111's, and those of the extensions that are known. */
export function axisTypes(): readonly AxisType[] {
  return [...AXIS_TYPES, ...extensionAxes()];
}

export function findAxis(label: string): AxisType | undefined {
  return axisTypes().find((type) => type.label === label);
}

function seedOf(value: AxisValue): NonNullable<ReturnType<typeof parseSeed>> {
  const seed = parseSeed(value);
  if (seed === null) throw new PlotError(`Seeds have 64 bits; ${String(value)} is beyond that.`);
  return seed;
}

function samplerOf(value: AxisValue): string {
  const sampler = findSampler(String(value));
  if (!sampler) throw new PlotError(`There is no sampler called "${String(value)}".`);
  return sampler.name;
}

function checkpointOf(value: AxisValue, names: PlotNames): NonNullable<Cell['checkpoint']> {
  const checkpoint = names.checkpoint(String(value));
  if (!checkpoint) throw new PlotError(`There is no checkpoint called "${String(value)}" in the library.`);
  return checkpoint;
}
