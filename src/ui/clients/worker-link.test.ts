import { afterEach, expect, it } from 'vitest';
import { Failure } from '../failure.ts';
import { threadWorker } from './thread-worker.ts';
import { WorkerLink } from './worker-link.ts';

interface Api {
  add(a: number, b: number): Promise<number>;
  refuse(): Promise<void>;
  crash(): Promise<void>;
  never(): Promise<void>;
}

const METHODS = `
  add: (a, b) => a + b,
  refuse: () => { throw Object.assign(new Error('The tensor holds NaN.'), { name: 'NonFiniteWeightsError' }); },
  crash: () => { setTimeout(() => { throw new Error('out of its mind'); }); return new Promise(() => {}); },
  never: () => new Promise(() => {}),
`;

const links: WorkerLink<Api>[] = [];
function link(): WorkerLink<Api> {
  const made = new WorkerLink<Api>(threadWorker(METHODS), 'engine');
  links.push(made);
  return made;
}
afterEach(() => {
  for (const made of links.splice(0)) made.stop();
});

it('calls through, again and again', async () => {
  const worker = link();
  expect(await worker.call((api) => api.add(2, 3))).toBe(5);
  expect(await worker.call((api) => api.add(5, 5))).toBe(10);
  expect(worker.dead).toBe(false);
});

it('turns what the worker throws into a failure, and lives on', async () => {
  const worker = link();
  await expect(worker.call((api) => api.refuse())).rejects.toMatchObject({
    code: 'non-finite-weights',
    message: 'The tensor holds NaN.',
  });
  expect(await worker.call((api) => api.add(1, 1))).toBe(2);
});

it('rejects every pending and later call when the worker crashes', async () => {
  const worker = link();
  const pending = worker.call((api) => api.never());
  const died = { code: 'worker-died', message: 'The engine stopped unexpectedly.' };
  await expect(worker.call((api) => api.crash())).rejects.toMatchObject(died);
  await expect(pending).rejects.toMatchObject(died);
  await expect(worker.call((api) => api.add(1, 1))).rejects.toMatchObject(died);
  expect(worker.dead).toBe(true);
});

it('rejects pending calls with the reason it is stopped for', async () => {
  const worker = link();
  const pending = worker.call((api) => api.never());
  const reason = new Failure('worker-died', 'The person pressed Stop.');
  worker.stop(reason);
  await expect(pending).rejects.toBe(reason);
});
