import { expect, it } from 'vitest';
import { turn } from './turn.ts';

it('lets messages through that came before, which promises alone do not', async () => {
  const { port1, port2 } = new MessageChannel();
  let heard = false;
  port1.onmessage = () => (heard = true);
  port2.postMessage('stop');
  for (let i = 0; i < 1000; i++) await Promise.resolve();
  expect(heard).toBe(false);
  // Two ports may lie in different queues; a loop that computes takes a turn every step.
  for (let i = 0; i < 3 && !heard; i++) await turn();
  expect(heard).toBe(true);
  port1.close();
});
