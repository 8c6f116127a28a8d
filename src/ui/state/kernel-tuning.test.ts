// Fitting kernels to the card is offered once, to whom it is of use, and shows what came out.
import { expect, it } from 'vitest';
import type { KernelReport } from '../../runtime/kernel-measurements.ts';
import type { DeviceReport } from '../../runtime/device-report.ts';
import { DEFAULT_PARAMETERS } from '../../generation/request/request.ts';
import { KernelTuning, type TuningHost } from './kernel-tuning.svelte.ts';
import { Notices } from './notices.svelte.ts';

const CARD: DeviceReport = {
  ...{ backend: 'webgpu', problem: null, adapter: 'a card', shaderF16: true, subgroups: true },
  ...{ maxBufferSize: 2 ** 31, software: false },
};
const NOTHING: KernelReport = { when: null, shapes: 0, changed: 0, networks: [] };
const FOUND: KernelReport = { ...NOTHING, when: 1, shapes: 3 };

function host(change: Partial<TuningHost> = {}, known = NOTHING) {
  const notices = new Notices();
  const tuned: string[] = [];
  const one: TuningHost = {
    engine: {
      tuneKernels: async (sha256) => {
        tuned.push(sha256);
        return FOUND;
      },
      kernelReport: async () => known,
      forgetKernels: async () => NOTHING,
      interrupt: async () => undefined,
    },
    device: { report: CARD },
    notices,
    settings: { parameters: DEFAULT_PARAMETERS, device: { kernels: 'auto', offersTuning: true } },
    models: { checkpoint: { sha256: 'abc' } },
    generating: false,
    ...change,
  };
  return { host: one, notices, tuned, tuning: new KernelTuning(one) };
}
const atOnce = async (): Promise<void> => undefined;

it('is offered once a visit, and done when it is taken', async () => {
  const { tuning, notices, tuned } = host();
  await tuning.offer(atOnce);
  await tuning.offer(atOnce);
  expect(notices.list).toHaveLength(1);
  notices.list[0]!.actions[0]!.run();
  await expect.poll(() => tuning.report).toEqual(FOUND);
  expect(tuned).toEqual(['abc']);
  expect(tuning.running).toBe(false);
});

it('is not offered again where the person says so', async () => {
  const { tuning, host: page, notices } = host();
  await tuning.offer(atOnce);
  notices.list[0]!.actions[1]!.run();
  expect(page.settings.device.offersTuning).toBe(false);
  const next = new KernelTuning(page);
  notices.clear();
  await next.offer(atOnce);
  expect(notices.list).toEqual([]);
});

it.each([
  ['in software', { device: { report: { ...CARD, software: true } } }],
  ['on the processor', { device: { report: { ...CARD, backend: 'cpu' as const } } }],
  ['while pictures are made', { generating: true }],
  ['without a checkpoint', { models: { checkpoint: null } }],
  [
    'where the person has chosen',
    { settings: { parameters: DEFAULT_PARAMETERS, device: { kernels: 'own' as const, offersTuning: true } } },
  ],
])('is not offered %s', async (_, change) => {
  const { tuning, notices } = host(change);
  await tuning.offer(atOnce);
  expect(notices.list).toEqual([]);
});

it('is not offered on a card that was measured, nor when something is started meanwhile', async () => {
  const known = host({}, FOUND);
  await known.tuning.offer(atOnce);
  expect(known.notices.list).toEqual([]);
  const busy = host();
  const page = { ...busy.host, generating: false };
  const tuning = new KernelTuning(page);
  await tuning.offer(async () => void (page.generating = true));
  expect(busy.notices.list).toEqual([]);
  page.generating = false;
  await tuning.offer(atOnce);
  expect(busy.notices.list).toHaveLength(1);
});

it('keeps what was known where it is interrupted, and forgets it when asked', async () => {
  const { host: page } = host({}, FOUND);
  const tuning = new KernelTuning({ ...page, engine: { ...page.engine, tuneKernels: async () => null } });
  await tuning.look();
  await tuning.run();
  expect(tuning.report).toEqual(FOUND);
  await tuning.forget();
  expect(tuning.report).toEqual(NOTHING);
});
