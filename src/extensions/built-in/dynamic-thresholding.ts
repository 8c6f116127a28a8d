// Dynamic Thresholding (sampling/guidance/dynamic-thresholding.ts), with the controls and fields of sd-dynamic-thresholding.
import { dynamicThresholding as thresholded } from '../../sampling/guidance/dynamic-thresholding.ts';
import {
  MODES_WITH_VALUE,
  SCALE_MODES,
  scaleAt,
  type ScaleMode,
} from '../../sampling/guidance/scale-modes.ts';
import { combine } from '../../sampling/latent.ts';
import type { Control, ExtensionValues } from '../controls.ts';
import { denoisedBatch, outputsOf } from '../denoised.ts';
import type { Extension } from '../interface.ts';
import { fieldsText, type ExtensionText } from '../text.ts';

const scale = { min: 0, max: 30, step: 0.5 };

const controls: readonly Control[] = [
  {
    ...{ kind: 'number', key: 'mimicScale', label: 'Mimic CFG Scale', ...scale, min: 1, default: 7 },
    about: 'Pictures are spread no wider than this scale would make them, whatever the CFG scale.',
  },
  { kind: 'checkbox', key: 'separateChannels', label: 'Separate Feature Channels', default: true },
  {
    kind: 'choice',
    key: 'startpoint',
    label: 'Scaling Startpoint',
    choices: ['MEAN', 'ZERO'],
    default: 'MEAN',
  },
  { kind: 'choice', key: 'variability', label: 'Variability Measure', choices: ['AD', 'STD'], default: 'AD' },
  { kind: 'number', key: 'phi', label: 'Interpolate Phi', min: 0, max: 1, step: 0.01, default: 1 },
  {
    ...{ kind: 'number', key: 'percentile', label: 'Top percentile of latents to clamp' },
    ...{ min: 90, max: 100, step: 0.05, default: 100 },
  },
  {
    kind: 'choice',
    key: 'mimicMode',
    label: 'Mimic Scale Scheduler',
    choices: SCALE_MODES,
    default: 'Constant',
  },
  {
    kind: 'number',
    key: 'mimicMin',
    label: 'Minimum value of the Mimic Scale Scheduler',
    ...scale,
    default: 0,
  },
  { kind: 'choice', key: 'cfgMode', label: 'CFG Scale Scheduler', choices: SCALE_MODES, default: 'Constant' },
  { kind: 'number', key: 'cfgMin', label: 'Minimum value of the CFG Scale Scheduler', ...scale, default: 0 },
  {
    ...{ kind: 'number', key: 'value', label: 'Scheduler Value', min: 0, max: 40, step: 0.5, default: 4 },
    about: 'The power of Power Up and Power Down; how often the repeating ones repeat.',
  },
];

const FIELDS = {
  ...{ mimicScale: 'Mimic scale', separateChannels: 'Separate Feature Channels' },
  ...{ startpoint: 'Scaling Startpoint', variability: 'Variability Measure', phi: 'Interpolate Phi' },
  ...{ percentile: 'Threshold percentile', mimicMode: 'Mimic mode', mimicMin: 'Mimic scale minimum' },
  ...{ cfgMode: 'CFG mode', cfgMin: 'CFG scale minimum', value: 'Scheduler value' },
} as const;

const fields = fieldsText(controls, FIELDS, 'Dynamic thresholding enabled');

/** Fields of schedulers that are not at work are not told, unless they are to come back as something else than the default. */
const text: ExtensionText = {
  ...fields,
  write(values) {
    const { mimicMode, cfgMode } = values;
    const hasValue = [mimicMode, cfgMode].some((mode) => MODES_WITH_VALUE.includes(mode as ScaleMode));
    const useless = new Set<string>([
      ...(mimicMode === 'Constant' ? ['mimicMode', 'mimicMin'] : []),
      ...(cfgMode === 'Constant' ? ['cfgMode', 'cfgMin'] : []),
      ...(hasValue ? [] : ['value']),
    ]);
    const left = controls
      .filter((control) => useless.has(control.key) && values[control.key] === control.default)
      .map(({ key }) => FIELDS[key as keyof typeof FIELDS]);
    const told = Object.entries(fields.write(values));
    return Object.fromEntries(told.filter(([name]) => !(left as readonly string[]).includes(name)));
  },
};

export const dynamicThresholding: Extension = {
  name: 'Dynamic Thresholding',
  title: 'Dynamic Thresholding (CFG Scale Fix)',
  about: 'High CFG scales without burnt pictures.',
  paper: {
    title: 'Photorealistic Text-to-Image Diffusion Models with Deep Language Understanding',
    address: 'https://arxiv.org/abs/2205.11487',
  },
  controls,
  text,
  sampling: (values, pass) => ({
    needsUncond: true,
    guidance(call) {
      const batch = denoisedBatch(call, pass);
      if (!batch) return call.images.map(({ guided }) => guided);
      const { cond, uncond, shape } = batch;
      const scaleNow = (which: 'mimic' | 'cfg', full: number) =>
        scaleAt(
          {
            ...{ scale: full, value: Number(values['value']) },
            ...{ mode: values[`${which}Mode`] as ScaleMode, least: Number(values[`${which}Min`]) },
          },
          call.evaluation,
          call.evaluations,
        );
      const result = thresholded(
        uncond,
        combine([1, cond], [-1, uncond]),
        shape,
        scaleNow('mimic', Number(values['mimicScale'])),
        scaleNow('cfg', call.cfgScale),
        optionsOf(values),
      );
      return outputsOf(result, call);
    },
  }),
};

function optionsOf({ percentile, separateChannels, startpoint, variability, phi }: ExtensionValues) {
  return {
    ...{
      percentile: Number(percentile) / 100,
      phi: Number(phi),
      separateChannels: separateChannels === true,
    },
    startpoint: startpoint === 'ZERO' ? 'ZERO' : 'MEAN',
    variability: variability === 'STD' ? 'STD' : 'AD',
  } as const;
}
