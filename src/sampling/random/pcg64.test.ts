import { expect, it } from 'vitest';
import { Pcg64 } from './pcg64.ts';

it('gives the numbers of numpy.random.default_rng(0)', () => {
  const random = new Pcg64(0);
  expect(Array.from({ length: 8 }, () => random.next())).toEqual([
    0.6369616873214543, 0.2697867137638703, 0.04097352393619469, 0.016527635528529094, 0.8132702392002724,
    0.9127555772777217, 0.6066357757671799, 0.7294965609839984,
  ]);
});
