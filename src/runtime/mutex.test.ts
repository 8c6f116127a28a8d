import { expect, it } from 'vitest';
import { Mutex } from './mutex.ts';

it('runs one at a time, in order, and goes on after a failure', async () => {
  const mutex = new Mutex();
  const events: string[] = [];
  const job = (name: string, fails: boolean) =>
    mutex.run(async () => {
      events.push(`${name} starts`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([job('a', false), job('b', true), job('c', false)]);
  expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
