// FreeU (Si et al. 2024), as sd-webui-freeu has it: three stages of the UNet's way up, from the deepest, each with factors for the backbone
// and for low and high frequencies of the skip, between two steps of the run. What it does to the network is models/changes/freeu.ts.
// There a Hires. fix pass goes on counting where the first one stopped, so that it mostly goes without; here it begins anew.
import { freeuMarks, type FreeUFactors, type FreeUStage } from '../../models/changes/freeu.ts';
import { marked } from '../../sampling/network-call.ts';
import type { Control, ExtensionValues } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { freeuText } from './freeu-text.ts';

/** Times the model's channels. */
const STAGES = [4, 2, 1] as const;
/** "SD1.4 Recommendations". */
const RECOMMENDED = [
  { backbone: 1.2, skip: 0.9 },
  { backbone: 1.4, skip: 0.2 },
  { backbone: 1, skip: 1 },
] as const;
const VERSIONS = ['Version 1', 'Version 2'] as const;

const controls: readonly Control[] = [
  { kind: 'choice', key: 'version', label: 'Version', choices: VERSIONS, default: VERSIONS[1] },
  slider('start', 'Start At Step', 0, 1, 0, 'As a part of the run.'),
  slider('stop', 'Stop At Step', 0, 1, 1, 'As a part of the run.'),
  slider('smoothness', 'Transition Smoothness', 0, 1, 0),
  ...RECOMMENDED.flatMap(({ backbone, skip }, i) => [
    slider(`backbone${i}`, `Backbone ${i + 1} Scale`, -1, 3, backbone),
    slider(`offset${i}`, `Backbone ${i + 1} Offset`, 0, 1, 0),
    slider(`width${i}`, `Backbone ${i + 1} Width`, 0, 1, 0.5),
    slider(`skip${i}`, `Skip ${i + 1} Scale`, -1, 3, skip),
    slider(`high${i}`, `Skip ${i + 1} High End Scale`, -1, 3, 1),
    slider(`cutoff${i}`, `Skip ${i + 1} Cutoff`, 0, 1, 0),
  ]),
];

export const freeu: Extension = {
  name: 'FreeU',
  title: 'FreeU',
  about:
    'Weighs what the UNet makes of a picture against what it keeps of the noise: more detail, in no more time.',
  paper: { title: 'FreeU: Free Lunch in Diffusion U-Net', address: 'https://arxiv.org/abs/2309.11497' },
  controls,
  text: freeuText(controls),
  network: (values) => {
    const stages = stagesOf(values).map(({ stage }) => stage);
    const version = values['version'] === VERSIONS[0] ? 1 : 2;
    return stages.length > 0 ? [{ kind: 'freeu', version, stages }] : [];
  },
  sampling: (values) => {
    const stages = stagesOf(values);
    const [start, stop, smoothness] = ['start', 'stop', 'smoothness'].map((key) => Number(values[key]));
    return {
      beforeModel: ({ items, evaluation, steps }) => {
        const strength = scheduleStrength(evaluation, steps, start!, stop!, smoothness!);
        const part = (factor: number): number => 1 + (factor - 1) * strength;
        const marks = stages.map(({ factors: { backbone, low, high } }, i) =>
          freeuMarks(i, { backbone: part(backbone), low: part(low), high: part(high) }),
        );
        return { items: marked(items, Object.assign({}, ...marks) as Record<string, number>) };
      },
    };
  },
};

function slider(
  key: string,
  label: string,
  min: number,
  max: number,
  standard: number,
  about?: string,
): Control {
  return { kind: 'number', key, label, min, max, step: 0.01, default: standard, ...(about && { about }) };
}

/** Those that change anything. */
function stagesOf(
  values: ExtensionValues,
): readonly { readonly stage: FreeUStage; readonly factors: FreeUFactors }[] {
  return STAGES.flatMap((times, i) => {
    const of = (key: string): number => Number(values[`${key}${i}`]);
    const factors = { backbone: of('backbone'), low: of('skip'), high: of('high') };
    if (Object.values(factors).every((factor) => factor === 1)) return [];
    const region = { width: of('width'), offset: of('offset') };
    return [{ stage: { times, region, cutoff: of('cutoff') }, factors }];
  });
}

/** How far the factors are in force, 0..1 (unet.py, get_schedule_ratio). `smoothness`: of ramps up to the first step and down from it. */
export function scheduleStrength(
  step: number,
  steps: number,
  start: number,
  stop: number,
  smoothness: number,
): number {
  const [first, end] = [Math.trunc(start * steps), Math.trunc(stop * steps)];
  const within = (value: number): number => Math.min(1, Math.max(0, value));
  const flat = step >= first && step < end ? 1 : 0;
  if (first === end) return (1 - smoothness) * flat;
  const smooth = step < first ? within(step / first) : within(1 + (step - first) / (first - end));
  return (1 - smoothness) * flat + smoothness * smooth;
}
