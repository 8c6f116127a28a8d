// CFG schedules and intervals (sampling/guidance/cfg-schedules.ts), with the controls and fields of sd-webui-incantations.
import {
  CFG_SCHEDULES,
  cfgScaleInInterval,
  type CfgSchedule,
} from '../../sampling/guidance/cfg-schedules.ts';
import type { Control } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

const level = { kind: 'number', min: 0, max: 100, step: 0.1 } as const;

const controls: readonly Control[] = [
  {
    kind: 'choice',
    key: 'schedule',
    label: 'CFG Schedule Type',
    choices: CFG_SCHEDULES,
    default: 'Constant',
  },
  { ...level, key: 'low', label: 'CFG Noise Interval Low', default: 0 },
  {
    ...{ ...level, key: 'high', label: 'CFG Noise Interval High', default: 100 },
    about: 'Outside the interval the CFG scale is 1. A constant schedule has no interval.',
  },
];

export const cfgSchedule: Extension = {
  name: 'CFG Scheduler',
  title: 'CFG Scheduler',
  about: 'Changes the CFG scale along the way, or guides in an interval of noise levels only.',
  paper: {
    title: 'Analysis of Classifier-Free Guidance Weight Schedulers',
    address: 'https://arxiv.org/abs/2404.13040',
  },
  controls,
  text: fieldsText(
    controls,
    { schedule: 'CFG Interval Schedule', low: 'CFG Interval Low', high: 'CFG Interval High' },
    'CFG Interval Enable',
  ),
  sampling: ({ schedule, low, high }, { steps }) => ({
    needsUncond: true,
    beforeModel: ({ step, cfgScale }) => ({
      cfgScale: cfgScaleInInterval(
        { schedule: schedule as CfgSchedule, low: Number(low), high: Number(high) },
        ...([step, steps, cfgScale] as const),
      ),
    }),
  }),
};
