// Kohya Hires.fix ("deep shrink"), as sd-webui-kohya-hiresfix has it: during the first steps the UNet's inner blocks work on a smaller
// picture, so that one much larger than those of the training does not repeat itself. What it does to the network is
// models/changes/deep-shrink.ts. Sizes that do not come back to the picture's are brought there; the extension fails at some of them.
import { deepShrinkMarks } from '../../models/changes/deep-shrink.ts';
import { SCALERS, type Scaler } from '../../models/changes/resizing.ts';
import { marked } from '../../sampling/network-call.ts';
import type { Control, ExtensionValues } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

const stop = { kind: 'number', min: 0, max: 0.5, step: 0.01 } as const;
const depth = { kind: 'number', min: 1, max: 10, step: 1 } as const;
const controls: readonly Control[] = [
  {
    ...stop,
    key: 's1',
    label: 'Stop at, first',
    default: 0.15,
    about: 'Part of the run in which the first depth is scaled.',
  },
  { ...depth, key: 'd1', label: 'Depth, first', default: 3 },
  {
    ...stop,
    key: 's2',
    label: 'Stop at, second',
    default: 0.3,
    about: 'Part of the run up to which the second depth is, after that.',
  },
  { ...depth, key: 'd2', label: 'Depth, second', default: 4 },
  { kind: 'choice', key: 'scaler', label: 'Layer scaler', choices: SCALERS, default: 'bicubic' },
  { ...stop, key: 'downscale', label: 'Downsampling scale', min: 0.1, max: 1, step: 0.05, default: 0.5 },
  { ...stop, key: 'upscale', label: 'Upsampling scale', min: 1, max: 4, step: 0.1, default: 2 },
  { kind: 'checkbox', key: 'smooth', label: 'Smooth scaling', default: true },
  { kind: 'checkbox', key: 'early', label: 'Early upsampling', default: false },
  { kind: 'checkbox', key: 'onePass', label: 'Disable for additional passes', default: true },
];

export const kohyaHiresFix: Extension = {
  name: 'Kohya Hires.fix',
  title: 'Kohya Hires.fix',
  about:
    'Lays large pictures out as if they were small: no second head at twice the size that a model was trained for.',
  controls,
  text: fieldsText(controls, {
    ...{ s1: 'DSHF_s1', d1: 'DSHF_d1', s2: 'DSHF_s2', d2: 'DSHF_d2', scaler: 'DSHF_scaler' },
    ...{ downscale: 'DSHF_down', upscale: 'DSHF_up', smooth: 'DSHF_smooth', early: 'DSHF_early' },
    onePass: 'DSHF_one',
  }),
  network: (values, { pass }) => {
    if (values['onePass'] && pass === 'second') return [];
    const { scaler, early } = values;
    const blocks = depthsOf(values).map((one) => one - 1);
    return [{ kind: 'deep-shrink', scaler: scaler as Scaler, early: early === true, blocks }];
  },
  sampling: (values) => {
    const depths = depthsOf(values);
    const factors = shrinkSchedule(values);
    return {
      beforeModel: ({ items, step, steps }) => {
        const now = factors(step, steps);
        const marks = depths.map((one, i) => deepShrinkMarks(i, now.get(one) ?? NOTHING));
        return { items: marked(items, Object.assign({}, ...marks) as Record<string, number>) };
      },
    };
  },
};

interface Factors {
  readonly down: number;
  readonly up: number;
}

const NOTHING: Factors = { down: 1, up: 1 };

function depthsOf({ d1, d2 }: ExtensionValues): readonly number[] {
  return [...new Set([Number(d1), Number(d2)])];
}

/** What is scaled at each step, by depth (khrfix.py, denoiser_callback). To be asked once for each evaluation of a pass, in order. */
export function shrinkSchedule(values: ExtensionValues) {
  const number = (key: string): number => Number(values[key]);
  const [down, up] = [number('downscale'), number('upscale')];
  const spans = [
    { until: number('s1'), depth: number('d1') },
    { until: number('s2'), depth: number('d2') },
  ] as const;
  const scaled = new Map<number, Factors>();
  let over = 0;
  return (step: number, steps: number): ReadonlyMap<number, Factors> => {
    if (step < over) return scaled;
    for (const { until, depth } of spans) {
      const end = steps * until;
      if (step < end) {
        // A depth begins with the scale that is set, whatever the step.
        const part = scaled.has(depth) && values['smooth'] ? step / end : 0;
        const now = Math.min(1, (1 - down) * part + down);
        if (!scaled.has(depth) || values['smooth']) scaled.set(depth, { down: now, up: up * (down / now) });
        return scaled;
      }
      if (spans[0].depth !== spans[1].depth || until === spans[1].until) scaled.delete(depth);
    }
    over = values['onePass'] ? step : 0;
    return scaled;
  };
}
