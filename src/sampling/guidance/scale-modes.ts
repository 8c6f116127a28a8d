// How the scales of Dynamic Thresholding change over a run (mcmonkeyprojects/sd-dynamic-thresholding, interpret_scale). Its pi is
// 3.14159 in places, which the numbers show.
type Shape = (done: number, value: number) => number;

const QUARTER = 1.5707;
const TURN = 6.28318;

/** Part of the way from the least to the full scale. `done`: of the run, 0..1; `value`: the "Scheduler Value". */
const SHAPES = {
  Constant: () => 1,
  'Linear Down': (done) => 1 - done,
  'Cosine Down': (done) => Math.cos(done * QUARTER),
  'Half Cosine Down': (done) => Math.cos(done),
  'Linear Up': (done) => done,
  'Cosine Up': (done) => 1 - Math.cos(done * QUARTER),
  'Half Cosine Up': (done) => 1 - Math.cos(done),
  'Power Up': (done, value) => done ** value,
  'Power Down': (done, value) => 1 - done ** value,
  'Linear Repeating': (done, value) => Math.abs(1 - 2 * ((done * value) % 1)),
  'Cosine Repeating': (done, value) => Math.cos(done * TURN * value) / 2 + 0.5,
  Sawtooth: (done, value) => (done * value) % 1,
} satisfies Record<string, Shape>;

export type ScaleMode = keyof typeof SHAPES;
export const SCALE_MODES = Object.keys(SHAPES) as readonly ScaleMode[];

/** Those that have a use for the "Scheduler Value". */
export const MODES_WITH_VALUE: readonly ScaleMode[] = [
  ...(['Power Up', 'Power Down', 'Linear Repeating', 'Cosine Repeating', 'Sawtooth'] as const),
];

export interface ScheduledScale {
  readonly mode: ScaleMode;
  readonly scale: number;
  /** Where the mode goes down to. */
  readonly least: number;
  readonly value: number;
}

/** The scale in step `step` of `steps`, counted from 0. */
export function scaleAt({ mode, scale, least, value }: ScheduledScale, step: number, steps: number): number {
  const shape: Shape = SHAPES[mode];
  return least + (scale - least) * shape(steps > 1 ? step / (steps - 1) : 0, value);
}
