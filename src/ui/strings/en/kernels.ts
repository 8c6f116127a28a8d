// Kernels fitted to the graphics card.
import { dateTime, number, plural } from '../locale.ts';

export const kernels = {
  title: 'Kernels for this card',
  what: 'Darkroom can try which of its own kernels are the fastest on this graphics card, and compare them with onnxruntime for each network of the chosen checkpoint. That takes about 20 seconds besides loading, is kept for this browser, and changes no picture.',
  tune: 'Tune for this card',
  forget: 'Forget',
  stopping: 'Cancelling',
  failed: 'The kernels could not be measured',
  notForgotten: 'What was measured could not be forgotten',
  notStopped: 'Measuring could not be cancelled',
  offer: 'Faster on this card?',
  offerWhat:
    'Darkroom can measure which kernels are the fastest on your graphics card. It takes about 20 seconds, gives way to anything else you start, and is kept.',
  offers: 'Offer this after the first picture on a new card',
  neverOffer: 'Do not ask again',
  stages: {
    loading: 'Loading the networks',
    kernels: 'Trying kernels',
    comparing: 'Comparing with onnxruntime',
  },
  measured: 'Measured on this card',
  network: 'Network',
  own: 'Darkroom’s own',
  onnxruntime: 'onnxruntime',
  used: 'Used',
  milliseconds: (ms: number | null) => (ms === null ? '–' : `${number(ms, ms < 100 ? 1 : 0)} ms`),
  why: {
    faster: 'faster',
    only: 'the only one that computes it',
    chosen: 'your choice',
    off: 'Darkroom’s own numbers are off on this card',
    chosenThoughOff: 'your choice, though Darkroom’s own numbers are off on this card',
  },
  usedWhy: (whose: string, why: string) => `${whose}: ${why}`,
  found: (shapes: number, changed: number, when: number) =>
    `${plural(shapes, { one: 'One shape', other: `${number(shapes)} shapes` })} tried, ${number(changed)} with a faster kernel than the default; ${dateTime(when)}.`,
};
