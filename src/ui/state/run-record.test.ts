import { expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../generation/request/request.ts';
import type { Evaluation } from '../../generation/request/continuation.ts';
import { memoryQueue } from '../../library/memory-queue.ts';
import type { QueuedJob, QueueStorage } from '../../library/queue.ts';
import { RunRecord } from './run-record.ts';

const JOB: QueuedJob = {
  id: 'job',
  rank: 0,
  createdAt: 0,
  model: 'a',
  modelName: 'a',
  requests: [
    { ...DEFAULT_PARAMETERS, batchSize: 2, batchCount: 2 },
    { ...DEFAULT_PARAMETERS, batchSize: 1, batchCount: 3 },
  ],
  state: 'running',
  tab: 'tab',
  position: { request: 0, pictures: 0 },
  failure: null,
};

const evaluation = (input: number, length = 1): Evaluation => ({
  input,
  output: new Float32Array(length).fill(input),
});

/** A record of the stored job, and what makes it hear of evaluations and pictures. `minute` moves its clock. */
async function open(storage: QueueStorage, options: { maxBytes?: number } = {}) {
  let time = 0;
  const failures: unknown[] = [];
  const { jobs } = await storage.list();
  const record = await RunRecord.open(jobs[0]!, storage, {
    onStorageFailure: (error) => failures.push(error),
    now: () => time,
    ...options,
  });
  return {
    record,
    failures,
    minute: () => (time += 60_000),
    evaluate: (index: number, value: Evaluation) =>
      record.receive({ type: 'evaluation', batch: 0, index, evaluation: value }),
    picture: () =>
      record.receive({
        type: 'image',
        id: '',
        png: new Blob(),
        seed: 0,
        parameters: '',
        interrupted: false,
        index: 0,
      }),
  };
}

async function stored(): Promise<QueueStorage> {
  const storage = memoryQueue();
  await storage.add(JOB);
  return storage;
}

it('gives back what was kept of a batch, in order', async () => {
  const storage = await stored();
  const first = await open(storage);
  first.minute();
  first.evaluate(0, evaluation(10));
  first.evaluate(1, evaluation(11));
  await first.record.flush();
  first.evaluate(2, evaluation(12));
  await first.record.flush();

  const second = await open(storage);
  expect(second.record.continuation()).toEqual({
    id: 'job-0',
    pictures: 0,
    evaluations: [10, 11, 12].map((value) => evaluation(value)),
  });
  second.evaluate(3, evaluation(13));
  await second.record.flush();
  expect((await open(storage)).record.continuation().evaluations).toHaveLength(4);
});

it('writes now and then, not at every step', async () => {
  const storage = await stored();
  const { minute, evaluate, record } = await open(storage);
  const kept = async () =>
    (await storage.evaluations({ job: 'job', request: 0, batch: 0 })).map(({ length }) => length);
  evaluate(0, evaluation(0));
  evaluate(1, evaluation(1));
  expect(await kept()).toEqual([]);
  minute();
  evaluate(2, evaluation(2));
  evaluate(3, evaluation(3));
  await Promise.resolve();
  expect(await kept()).toEqual([3]);
  await record.flush();
  expect(await kept()).toEqual([3, 1]);
});

it('forgets a batch that is done, and stands behind its pictures', async () => {
  const storage = await stored();
  const { evaluate, picture, record } = await open(storage);
  evaluate(0, evaluation(0));
  await record.flush();
  picture();
  await record.flush();
  // The second picture of the batch comes from the same evaluations.
  expect((await open(storage)).record.continuation()).toMatchObject({
    pictures: 1,
    evaluations: [evaluation(0)],
  });
  picture();
  evaluate(0, evaluation(7));
  await record.flush();
  expect((await open(storage)).record.continuation()).toEqual({
    id: 'job-0',
    pictures: 2,
    evaluations: [evaluation(7)],
  });
  record.nextRequest();
  picture();
  await record.flush();
  const again = await open(storage);
  expect(again.record.position).toEqual({ request: 1, pictures: 1 });
  expect(again.record.continuation()).toEqual({ id: 'job-1', pictures: 1, evaluations: [] });
});

it('takes back what turned out to be of no use, in storage too', async () => {
  const storage = await stored();
  const { evaluate, record } = await open(storage);
  for (const index of [0, 1, 2]) evaluate(index, evaluation(index));
  await record.flush();
  evaluate(1, evaluation(21));
  await record.flush();
  const expected = [evaluation(0), evaluation(21)];
  expect(record.continuation().evaluations).toEqual(expected);
  expect((await open(storage)).record.continuation().evaluations).toEqual(expected);
});

it('keeps the beginning of what is too much, and nothing after a gap', async () => {
  const storage = await stored();
  const { evaluate, record } = await open(storage, { maxBytes: 40 });
  evaluate(0, evaluation(0, 5));
  evaluate(1, evaluation(1, 6));
  evaluate(2, evaluation(2, 1));
  expect(record.continuation().evaluations).toEqual([evaluation(0, 5)]);
});

it('runs on, and says once, when nothing can be written', async () => {
  const storage = await stored();
  const full = () => Promise.reject(new Error('full'));
  const { evaluate, record, failures } = await open({ ...storage, keepEvaluations: full });
  evaluate(0, evaluation(0));
  await record.flush();
  evaluate(1, evaluation(1));
  await record.flush();
  expect(failures).toHaveLength(1);
  expect(record.continuation().evaluations).toHaveLength(2);
});
