// The tuner on a device: it finds a kernel for each shape by the GPU's clock and without it, refuses one whose numbers are off,
// and what it found is taken again from what is stored of it, with the same results.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDawn } from '../../../tests/ort-dawn.ts';
import { Pipelines } from '../device/pipelines.ts';
import { dispatchesBy, isTunable } from '../dispatches.ts';
import { candidatesOf, kernelName, type DeviceLimits } from './candidates.ts';
import { chooseBy } from './choice.ts';
import { KernelTimer } from './kernel-timer.ts';
import { cardKey, findCard, withCard } from './record.ts';
import { shapesOf } from './shapes.ts';
import { smallMap, someAttention } from './testing.ts';
import { tune, type TuningOptions } from './tune.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';

/** Without shader-f16, since that takes the software device longest to compile. */
const DIALECT = { float16: 'packed' } as const;

describe.skipIf(!wanted)('the tuner', () => {
  const shapes = shapesOf([smallMap(), someAttention(1, 16, 20, 9)], DIALECT);
  let device: GPUDevice;
  let limits: DeviceLimits;
  beforeAll(async () => {
    ({ device } = await openDawn({ features: ['timestamp-query'] }));
    const { maxComputeInvocationsPerWorkgroup: threads, maxComputeWorkgroupStorageSize: shared } =
      device.limits;
    limits = { threads, shared, matrixUnits: [] };
  });
  afterAll(() => device.destroy());

  /** Three of each, the last of which is another product in parts where there is one. */
  const few: TuningOptions['candidates'] = ({ step }) => {
    const all = candidatesOf(step, DIALECT, limits);
    const split = all.slice(1).find((one) => one.kind === 'product' && one.splits > 1);
    return [all[0]!, all.at(-1)!, split ?? all[1]!];
  };
  const run = (timer: KernelTimer) =>
    tune(shapes, {
      candidates: few,
      open: ({ step }) => timer.open(step),
      prepare: ({ step }, kernel) => timer.prepare(step, kernel),
      budget: 1e9,
      now: () => performance.now(),
      stopped: () => false,
      onProgress: () => undefined,
    });

  it.each([
    ['by the card’s clock', true],
    ['by repeats', false],
  ])('finds a kernel for each shape %s, which is taken again from the record', async (_, timestamps) => {
    const timer = new KernelTimer(new Pipelines(device), DIALECT, dispatchesBy, timestamps);
    const outcome = await run(timer);
    expect(outcome.refused).toEqual([]);
    expect(outcome.complete).toBe(true);
    expect([...outcome.shapes.keys()].sort()).toEqual(shapes.map(({ key }) => key).sort());
    for (const { ms, defaultMs } of outcome.shapes.values()) {
      expect(ms).toBeGreaterThan(0);
      expect(ms).toBeLessThanOrEqual(defaultMs);
    }
    const card = cardKey('software', 'Node');
    const stored: unknown = structuredClone(
      withCard(null, { card, when: Date.now(), shapes: outcome.shapes, networks: new Map() }),
    );
    const choose = chooseBy(findCard(stored, card)!.shapes, DIALECT, limits);
    for (const { key, step } of shapes)
      expect(kernelName(choose(step)!)).toBe(outcome.shapes.get(key)!.kernel);
  });

  it('refuses kernels that compute something else, and those that do not compile', async () => {
    const names = new Map(shapes.map((shape) => [shape.step.kind, kernelName(few(shape)[1]!)]));
    const broken = shapes.find(({ step }) => step.kind === 'product')!;
    const brokenName = kernelName(few(broken)[2]!);
    /** One has its sums halved. Another is no WGSL. */
    const planted: typeof dispatchesBy = (kernel, step, dialect) =>
      dispatchesBy(kernel, step, dialect).map((dispatch) => {
        const name = kernelName(kernel);
        if (step.kind === 'product' && name === brokenName)
          return { ...dispatch, code: dispatch.code.replace('fn main', 'fn main main') };
        if (name !== names.get(step.kind)) return dispatch;
        const code = dispatch.code.replace('result[', 'value *= 0.98;\n result[');
        expect(code).not.toBe(dispatch.code);
        return { ...dispatch, code };
      });
    const outcome = await run(new KernelTimer(new Pipelines(device), DIALECT, planted));
    expect(outcome.refused).toHaveLength(3);
    for (const { step, key } of shapes) {
      expect(isTunable(step)).toBe(true);
      expect(outcome.refused).toContainEqual({
        key,
        kernel: names.get(step.kind),
        why: expect.stringContaining('off by') as string,
      });
      expect(outcome.shapes.get(key)!.kernel).not.toBe(names.get(step.kind));
    }
  });
});
