import { expect, it } from 'vitest';
import { GenerateForever } from './forever.svelte.ts';

/** Something to repeat, with the pictures after which each job was asked for. */
function host() {
  const asked: number[] = [];
  const state = { seed: 5, pictures: 4, jobs: [] as { id: string }[], refuse: false };
  const forever = new GenerateForever({
    jobs: () => state.jobs,
    set: () => state,
    ask: async (made) => {
      await Promise.resolve();
      if (state.refuse) return null;
      asked.push(made);
      const id = `job ${asked.length}`;
      state.jobs = [...state.jobs, { id }];
      return id;
    },
  });
  const finish = async (status: 'finished' | 'interrupted' | 'stopped' = 'finished') => {
    const [job] = state.jobs;
    state.jobs = state.jobs.slice(1);
    await forever.ended(job!.id, { status });
  };
  return { asked, state, forever, finish };
}

it('asks again after each of its jobs, with seeds that go on', async () => {
  const { asked, state, forever, finish } = host();
  await forever.start();
  // A second word changes nothing.
  await forever.start();
  await finish();
  await finish('interrupted');
  expect(asked).toEqual([0, 4, 8]);
  state.seed = 9;
  await finish();
  expect(asked).toEqual([0, 4, 8, 0]);
  expect(forever.active).toBe(true);
});

it('makes no more once it is ended', async () => {
  const { asked, forever, finish } = host();
  await forever.start();
  forever.end();
  expect(forever.active).toBe(false);
  await finish();
  expect(asked).toEqual([0]);

  // While the next one is on its way.
  await forever.start();
  const next = finish();
  forever.end();
  await next;
  expect(forever.active).toBe(false);
  await finish();
  expect(asked).toHaveLength(3);
});

it('ends with a job that is stopped, removed, refused, and not with another one', async () => {
  const { asked, state, forever, finish } = host();
  await forever.start();
  await forever.ended('another', { status: 'stopped' });
  expect(forever.active).toBe(true);
  await finish('stopped');
  expect(forever.active).toBe(false);

  await forever.start();
  state.jobs = [];
  expect(forever.active).toBe(false);

  await forever.start();
  state.refuse = true;
  await finish();
  expect(forever.active).toBe(false);
  expect(asked).toHaveLength(3);
});
