// How long the queue takes, from how fast the running job goes.
import type { GenerationParameters } from '../generation/types.ts';
import type { QueuedJob } from '../library/queue.ts';

/** Pixels times steps of what is left of a job: about what it costs on one GPU with one model. */
export function workOf({ requests, position }: Pick<QueuedJob, 'requests' | 'position'>): number {
  const whole = requests.slice(position.request).reduce((sum, request) => sum + costOf(request), 0);
  const request = requests[position.request];
  if (!request) return whole;
  const { batchSize, batchCount } = request;
  return whole - (costOf(request) * position.pictures) / (batchSize * batchCount);
}

/**
 * Milliseconds until all of `waiting` are done as well. `running`: the job under way, how long it still takes and what
 * part of it that is (0..1). Null while its speed is not known.
 */
export function queueTimeLeft(
  running: Pick<QueuedJob, 'requests'> | null,
  remaining: { readonly ms: number | null; readonly fraction: number | null },
  waiting: readonly Pick<QueuedJob, 'requests' | 'position'>[],
): number | null {
  if (!running || remaining.ms === null || remaining.fraction === null || remaining.fraction >= 1)
    return null;
  const all = running.requests.reduce((sum, request) => sum + costOf(request), 0);
  const msPerWork = remaining.ms / (all * (1 - remaining.fraction));
  return remaining.ms + msPerWork * waiting.reduce((sum, job) => sum + workOf(job), 0);
}

function costOf({ steps, width, height, batchSize, batchCount }: GenerationParameters): number {
  return steps * width * height * batchSize * batchCount;
}
