// The tuner's parts that need no device: candidates, budget, choice, and the record as anything may have written it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultKernel, dispatchesBy, type Kernel } from '../dispatches.ts';
import { candidatesOf, kernelName, type DeviceLimits } from './candidates.ts';
import { chooseBy } from './choice.ts';
import type { Timing } from './kernel-timer.ts';
import {
  cardKey,
  findCard,
  readCards,
  storedCards,
  withCard,
  withoutCard,
  type CardRecord,
} from './record.ts';
import { shapeKey, shapesOf, type Shape } from './shapes.ts';
import { smallMap, someAttention } from './testing.ts';
import { tune, type TuningOptions } from './tune.ts';

const DIALECT = { float16: 'native' } as const;
const LIMITS: DeviceLimits = { threads: 256, shared: 32768, matrixUnits: [] };

const shapes = shapesOf([smallMap(), smallMap(), someAttention()], DIALECT);
const convolution = shapes.find(({ step }) => step.kind === 'product')!;
const attention = shapes.find(({ step }) => step.kind === 'attention')!;

describe('shapes', () => {
  it('are told apart by sizes, each once, the largest share first', () => {
    expect(shapes).toHaveLength(2);
    expect(shapes.map(({ flops }) => flops)).toEqual(shapes.map(({ flops }) => flops).sort((a, b) => b - a));
    const [one] = shapesOf([smallMap()], DIALECT);
    expect(convolution.flops).toBe(2 * one!.flops);
    expect(shapesOf([smallMap(16)], DIALECT)[0]!.key).not.toBe(convolution.key);
    expect(shapesOf([smallMap()], { float16: 'packed' })[0]!.key).not.toBe(convolution.key);
  });
});

describe('candidates', () => {
  it('are different kernels, the default first, within what the device has', () => {
    for (const { step } of shapes) {
      const all = candidatesOf(step, DIALECT, LIMITS);
      expect(all.length).toBeGreaterThan(5);
      expect(all[0]).toEqual(defaultKernel(step));
      expect(new Set(all.map(kernelName)).size).toBe(all.length);
      for (const limits of [LIMITS, { ...LIMITS, threads: 64 }, { ...LIMITS, shared: 16384 }]) {
        for (const kernel of candidatesOf(step, DIALECT, limits)) {
          for (const { threads, shared, code } of dispatchesBy(kernel, step, DIALECT)) {
            expect(threads).toBeLessThanOrEqual(limits.threads);
            expect(shared).toBeLessThanOrEqual(limits.shared);
            expect(code).toContain('@compute');
          }
        }
      }
    }
  });

  it('split long sums of few results, and no others', () => {
    const splits = ({ step }: Shape) =>
      candidatesOf(step, DIALECT, LIMITS).filter((one) => one.kind === 'product' && one.splits > 1);
    expect(splits(convolution).length).toBeGreaterThan(0);
    expect(splits(shapesOf([smallMap(128, 16)], DIALECT)[0]!)).toEqual([]);
  });

  it('use matrix units where the device has them and both factors are float16', () => {
    const limits = { ...LIMITS, matrixUnits: [{ m: 16, n: 16, k: 16, lanes: 32 }] };
    const by = (shape: Shape) =>
      candidatesOf(shape.step, DIALECT, limits).filter((one) => one.kind === 'product' && one.matrix);
    expect(by(convolution).length).toBeGreaterThan(0);
    expect(candidatesOf(convolution.step, DIALECT, LIMITS).some((one) => 'matrix' in one)).toBe(false);
  });
});

/** Times by the kernel's name; the clock goes on by them. */
function timed(
  ms: (kernel: Kernel) => number | 'wrong',
  more: Partial<TuningOptions> = {},
  of: readonly Shape[] = shapes,
) {
  let clock = 0;
  const asked: string[] = [];
  const options: TuningOptions = {
    candidates: ({ step }) => candidatesOf(step, DIALECT, LIMITS),
    open: async ({ key }) => ({
      time: async (kernel): Promise<Timing> => {
        asked.push(key);
        const time = ms(kernel);
        clock += time === 'wrong' ? 1 : time;
        return time === 'wrong' ? { outcome: 'refused', why: 'wrong' } : { outcome: 'timed', ms: time };
      },
      release: () => undefined,
    }),
    ...{ budget: 1e6, now: () => clock, stopped: () => false, onProgress: () => undefined, ...more },
  };
  return { outcome: tune(of, options), asked, clock: () => clock };
}

describe('tuning', () => {
  const names = candidatesOf(convolution.step, DIALECT, LIMITS).map(kernelName);
  const fastest = names[3]!;

  it('takes the fastest, and none whose numbers are off', async () => {
    const wrong = names[2]!;
    const { outcome } = timed((kernel) => {
      const name = kernelName(kernel);
      return name === wrong ? 'wrong' : name === fastest ? 2 : 5;
    });
    const { shapes: found, refused, complete } = await outcome;
    expect(found.get(convolution.key)).toEqual({ kernel: fastest, ms: 2, defaultMs: 5 });
    expect(refused).toContainEqual({ key: convolution.key, kernel: wrong, why: 'wrong' });
    expect(complete).toBe(true);
  });

  it('keeps the default where it is the fastest, and nothing where the default fails', async () => {
    const best = await timed((kernel) => (kernelName(kernel) === names[0] ? 1 : 2)).outcome;
    expect(best.shapes.get(convolution.key)?.kernel).toBe(names[0]);
    const none = await timed(() => 'wrong').outcome;
    expect(none.shapes.size).toBe(0);
  });

  it('tries on later shapes what did well before, the default first', async () => {
    const many = shapesOf(
      [8, 10, 12, 14, 16, 18, 20, 22].map((side) => smallMap(side, 128)),
      DIALECT,
    );
    const all = new Map(many.map((shape) => [shape, candidatesOf(shape.step, DIALECT, LIMITS)] as const));
    const names = [...all.values()].map((kernels) => kernels.map(kernelName));
    const common = names[0]!.filter((name) => names.every((others) => others.includes(name)));
    const favourite = common.at(-1)!;
    const { outcome, asked } = timed(
      (kernel) => (kernelName(kernel) === favourite ? 1 : 7),
      { candidates: (shape) => all.get(shape)! },
      many,
    );
    const { shapes: found, complete } = await outcome;
    expect(complete).toBe(true);
    expect([...found.values()].map(({ kernel }) => kernel)).toEqual(many.map(() => favourite));
    const tried = (shape: Shape) => asked.filter((key) => key === shape.key).length;
    expect(tried(many[0]!)).toBe(names[0]!.length);
    expect(tried(many.at(-1)!)).toBeLessThan(names.at(-1)!.length);
  });

  it('ends when the budget does, largest shares first', async () => {
    const { outcome, asked, clock } = timed(() => 10, { budget: 45 });
    const { shapes: found, complete } = await outcome;
    expect(complete).toBe(false);
    expect(clock()).toBeLessThanOrEqual(50);
    expect(new Set(asked)).toEqual(new Set([shapes[0]!.key]));
    expect([...found.keys()]).toEqual([shapes[0]!.key]);
  });

  it('ends when it is stopped, and tells how far it is', async () => {
    let seen = 0;
    const fractions: number[] = [];
    const onProgress: TuningOptions['onProgress'] = ({ fraction, left }) => {
      seen++;
      fractions.push(fraction);
      expect(left).toBeGreaterThanOrEqual(0);
    };
    const { outcome } = timed(() => 10, { stopped: () => seen >= 3, onProgress });
    expect((await outcome).complete).toBe(false);
    expect(fractions).toHaveLength(3);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    const all: number[] = [];
    await timed(() => 10, { onProgress: ({ fraction }) => all.push(fraction) }).outcome;
    expect(all.at(-1)).toBeCloseTo(1);
  });
});

describe('the choice', () => {
  const other = candidatesOf(convolution.step, DIALECT, LIMITS)[4]!;
  const found = (key: string, kernel: string) => new Map([[key, { kernel }]]);

  it('is what was found, also for a picture of nearly that size', () => {
    const choose = chooseBy(found(convolution.key, kernelName(other)), DIALECT, LIMITS);
    expect(choose(convolution.step)).toEqual(other);
    const [wider] = shapesOf([smallMap(12)], DIALECT);
    expect(kernelName(choose(wider!.step)!)).toBe(kernelName(other));
    const [huge] = shapesOf([smallMap(64)], DIALECT);
    expect(choose(huge!.step)).toBeNull();
    expect(choose(attention.step)).toBeNull();
  });

  it('is the default where the name is of no candidate that the device takes', () => {
    for (const name of ['', 'constructor', '999x1x7/3x3', kernelName(other).repeat(9)])
      expect(chooseBy(found(convolution.key, name), DIALECT, LIMITS)(convolution.step)).toBeNull();
    const { rows } = shapeKey(convolution.step, DIALECT);
    expect(chooseBy(found(`@${rows}`, kernelName(other)), DIALECT, LIMITS)(convolution.step)).toBeNull();
    const small = { ...LIMITS, threads: 1 };
    expect(chooseBy(found(convolution.key, kernelName(other)), DIALECT, small)(convolution.step)).toBeNull();
  });
});

describe('the record', () => {
  const record = (card: string, when = 1): CardRecord => ({
    ...{ card, when },
    shapes: new Map([['a @8', { kernel: '64x64', ms: 1, defaultMs: 2 }]]),
    networks: new Map([['UNet', { own: 30, onnxruntime: null, agree: true }]]),
  });
  const survives = (stored: unknown) => JSON.parse(JSON.stringify(stored)) as unknown;

  it('comes back as it was, by card, browser and kernels', () => {
    const card = cardKey('Some GPU', 'Chrome 150');
    const stored = survives(withCard(undefined, record(card)));
    expect(findCard(stored, card)).toEqual(record(card));
    expect(findCard(stored, cardKey('Some GPU', 'Chrome 151'))).toBeNull();
    expect(findCard(withoutCard(stored, card), card)).toBeNull();
    expect(readCards(withCard(stored, record(card, 2)))).toEqual([record(card, 2)]);
  });

  it('is bounded, the latest cards kept', () => {
    let stored: unknown;
    for (let i = 0; i < 30; i++) stored = withCard(stored, record(`card ${i}`, i));
    expect(readCards(stored)).toHaveLength(8);
    expect(findCard(stored, 'card 29')).not.toBeNull();
    const many = new Map(
      Array.from({ length: 5000 }, (_, i) => [`s @${i}`, { kernel: 'k', ms: 1, defaultMs: 1 }] as const),
    );
    expect(readCards(storedCards([{ ...record('c'), shapes: many }]))[0]!.shapes.size).toBe(1000);
  });

  it('is read whatever is stored there', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (a, b) => {
        readCards(a);
        const cards = readCards({ format: 1, cards: [{ card: 'c', when: 1, shapes: a, networks: b }] });
        for (const { shapes } of cards) chooseBy(shapes, DIALECT, LIMITS)(convolution.step);
      }),
    );
    const bad = { kernel: 'x'.repeat(1000), ms: -1, defaultMs: 'soon' };
    const stored = {
      format: 1,
      cards: [
        null,
        { card: 'c', when: 1, shapes: [['k @1', bad], 3, ['k']], networks: [['UNet', { own: '1' }]] },
      ],
    };
    expect(readCards(stored)).toEqual([{ card: 'c', when: 1, shapes: new Map(), networks: new Map() }]);
    expect(readCards({ ...stored, format: 2 })).toEqual([]);
  });
});
