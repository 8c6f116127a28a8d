// The picture that img2img starts from is kept with its job.
import { expect, it } from 'vitest';
import { DEFAULT_IMG2IMG, DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { holdInMemory } from './memory/memory-mode.ts';
import { browserQueue, type QueuedJob } from './queue.ts';
import { queueStore } from './stores.ts';

const JOB: Omit<QueuedJob, 'id' | 'requests'> = {
  rank: 0,
  createdAt: 0,
  model: 'a'.repeat(64),
  modelName: 'model',
  state: 'waiting',
  tab: 'tab',
  position: { request: 0, pictures: 0 },
  failure: null,
};

it('keeps the source picture, and knows a job without one for damaged', async () => {
  holdInMemory();
  const source = { file: new Blob(['pixels']), sha256: 'b'.repeat(64), size: { width: 3, height: 2 } };
  const request = { ...DEFAULT_PARAMETERS, img2img: { source, ...DEFAULT_IMG2IMG } };
  await browserQueue.add({ ...JOB, id: 'kept', requests: [request, DEFAULT_PARAMETERS] });
  const older = { ...DEFAULT_PARAMETERS, img2img: undefined };
  await queueStore.set('older', { ...JOB, id: 'older', requests: [older] });
  for (const [id, img2img] of [
    ['no-source', { ...request.img2img, source: undefined }],
    ['no-blob', { ...request.img2img, source: { ...source, file: 'x' } }],
    ['no-strength', { source }],
  ] as const)
    await queueStore.set(id, { ...JOB, id, requests: [{ ...request, img2img }] });

  const { jobs, damaged } = await browserQueue.list();
  expect(jobs.map(({ id }) => id)).toEqual(['kept', 'older']);
  expect(damaged).toEqual(['no-blob', 'no-source', 'no-strength']);
  const { file, ...rest } = jobs[0]!.requests[0]!.img2img!.source;
  expect(await file.text()).toBe('pixels');
  expect(rest).toEqual({ sha256: source.sha256, size: source.size });
});
