// The queue of jobs that make pictures, and what a job that was cut short needs to go on. It outlives the page, and all
// of the browser's tabs share it: every change is one transaction on what is stored then.
import { parseSeed } from '../generation/request/seeds.ts';
import type { Evaluation } from '../generation/request/continuation.ts';
import type { NamedCheckpoint } from '../generation/request/named-checkpoint.ts';
import type { GenerationParameters } from '../generation/request/request.ts';
import { isPlotGrid, type PlotGrid } from '../plots/plan.ts';
import { isOfLaterVersion } from './record-version.ts';
import { explainStorageFailure } from './storage.ts';
import { evaluationStore, queueStore } from './stores.ts';

/**
 * waiting: runs when its turn comes. running: a tab is at it, or was when it ended. held: waits for the person's word.
 * failed: ended by `failure`; can be tried again. A job that is done is no longer in the queue.
 */
export type JobState = 'waiting' | 'running' | 'held' | 'failed';

const STATES: readonly JobState[] = ['waiting', 'running', 'held', 'failed'];

/** How far a job has come. */
export interface JobPosition {
  /** Index of the request under way. */
  readonly request: number;
  /** Pictures of it that are done. */
  readonly pictures: number;
}

export interface QueuedJob {
  readonly id: string;
  /** Lower ones run first. */
  readonly rank: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** SHA-256. */
  readonly model: string;
  /** As the person knew it when the job was added. */
  readonly modelName: string;
  /** Carried out one after another. Seeds are resolved, so that going on makes the same pictures. */
  readonly requests: readonly GenerationParameters[];
  /** Of requests that another checkpoint than `model` carries out, in their order; null for `model`. Absent: it does all of them. */
  readonly checkpoints?: readonly (NamedCheckpoint | null)[];
  /** Where the request's pictures stand together; absent where they stand for themselves. */
  readonly grid?: PlotGrid;
  readonly state: JobState;
  /** The tab that added it, or runs it: while it lives, nobody else's business. */
  readonly tab: string;
  readonly position: JobPosition;
  /** Why it failed, for the person; null while it has not. */
  readonly failure: string | null;
}

/** The model that carries a request of a job out. */
export function modelOf(
  { model, checkpoints }: Pick<QueuedJob, 'model' | 'checkpoints'>,
  request: number,
): string {
  return checkpoints?.[request]?.sha256 ?? model;
}

/** Where the evaluations of one batch are kept. */
export interface BatchKey {
  readonly job: string;
  readonly request: number;
  readonly batch: number;
}

/** Where a queue is kept: in the browser's storage, or in memory where that fails. */
export interface QueueStorage {
  /** In the order of their turns. `damaged`: keys of records that are no jobs. */
  list(): Promise<{ readonly jobs: readonly QueuedJob[]; readonly damaged: readonly string[] }>;
  /** Rejects with StorageFullError where there is no room. */
  add(job: QueuedJob): Promise<void>;
  /** Changes a job that is there; null where it is gone or `apply` gives null, which leaves it as it is. */
  change(id: string, apply: (job: QueuedJob) => QueuedJob | null): Promise<QueuedJob | null>;
  /** With all that was kept of it. */
  remove(id: string): Promise<void>;
  /** Adds to the evaluations of a batch; parts come in order. */
  keepEvaluations(key: BatchKey, part: number, evaluations: readonly Evaluation[]): Promise<void>;
  /** In parts, as they were kept. */
  evaluations(key: BatchKey): Promise<readonly (readonly Evaluation[])[]>;
  /** Of the whole job. */
  forgetEvaluations(job: string): Promise<void>;
  /** Evaluations of jobs that are gone. */
  sweep(): Promise<void>;
}

/** Far more than anyone queues: a bound on what is read. */
export const MAX_REQUESTS = 1000;
const MAX_PARTS = 100_000;

const partName = ({ job, request, batch }: BatchKey, part: number): string =>
  `${job}/${request}/${batch}/${String(part).padStart(6, '0')}`;

export const browserQueue: QueueStorage = {
  async list() {
    const jobs: QueuedJob[] = [];
    const damaged: string[] = [];
    for (const [key, record] of await queueStore.entries()) {
      if (isQueuedJob(record, key)) jobs.push(record);
      else if (!isOfLaterVersion(record)) damaged.push(String(key));
    }
    return { jobs: inOrder(jobs), damaged };
  },

  async add(job) {
    try {
      await queueStore.set(job.id, job);
    } catch (error) {
      throw explainStorageFailure(error, 'there is no room for a job of the queue');
    }
  },

  async change(id, apply) {
    const change = (record: unknown) => (isQueuedJob(record, id) ? (apply(record) ?? undefined) : undefined);
    return (await queueStore.change(id, change)) ?? null;
  },

  async remove(id) {
    await queueStore.delete([id]);
    await this.forgetEvaluations(id);
  },

  async keepEvaluations(key, part, evaluations) {
    await evaluationStore.set(partName(key, part), evaluations);
  },

  async evaluations(key) {
    const parts: Evaluation[][] = [];
    for (let part = 0; part < MAX_PARTS; part++) {
      const evaluations = await evaluationStore.get(partName(key, part));
      // A gap or a damaged part ends what can be used; what comes after is computed anew.
      if (!Array.isArray(evaluations) || evaluations.length === 0 || !evaluations.every(isEvaluation)) break;
      parts.push(evaluations);
    }
    return parts;
  },

  forgetEvaluations: (job) => forgetWhere((key) => key.startsWith(`${job}/`)),

  async sweep() {
    // Those that this version cannot read are somebody's jobs as well.
    const known = new Set((await queueStore.keys()).map(String));
    await forgetWhere((key) => !known.has(key.split('/')[0]!));
  },
};

async function forgetWhere(matches: (key: string) => boolean): Promise<void> {
  const found = (await evaluationStore.keys()).filter((key) => matches(String(key)));
  if (found.length > 0) await evaluationStore.delete(found);
}

export function inOrder(jobs: readonly QueuedJob[]): readonly QueuedJob[] {
  return [...jobs].sort((a, b) => a.rank - b.rank || a.createdAt - b.createdAt);
}

/** What the page reads of a job. The engine checks the rest of a request before it carries it out. */
function isQueuedJob(value: unknown, id: unknown): value is QueuedJob {
  const job = fieldsOf(value);
  const position = fieldsOf(job['position']);
  const { requests, failure, state } = job;
  return (
    job['id'] === id &&
    Number.isFinite(job['rank']) &&
    Number.isFinite(job['createdAt']) &&
    typeof job['model'] === 'string' &&
    typeof job['modelName'] === 'string' &&
    typeof job['tab'] === 'string' &&
    STATES.some((known) => known === state) &&
    (failure === null || typeof failure === 'string') &&
    Array.isArray(requests) &&
    requests.length > 0 &&
    requests.length <= MAX_REQUESTS &&
    requests.every(isRequest) &&
    areCheckpoints(job['checkpoints'], requests.length) &&
    (job['grid'] === undefined || isPlotGrid(job['grid'], requests.length)) &&
    isIndex(position['request'], requests.length) &&
    isIndex(position['pictures'], Infinity)
  );
}

function areCheckpoints(value: unknown, count: number): boolean {
  if (value === undefined) return true;
  return Array.isArray(value) && value.length === count && value.every((one) => one === null || isNamed(one));
}

function isNamed(value: unknown): boolean {
  const { sha256, name } = fieldsOf(value);
  return typeof sha256 === 'string' && typeof name === 'string';
}

function isRequest(value: unknown): boolean {
  const request = fieldsOf(value);
  const numbers = ['steps', 'width', 'height', 'batchSize', 'batchCount'] as const;
  const texts = ['prompt', 'negativePrompt', 'sampler', 'scheduler'] as const;
  return (
    numbers.every((name) => Number.isSafeInteger(request[name])) &&
    parseSeed(request['seed']) !== null &&
    texts.every((name) => typeof request[name] === 'string') &&
    typeof request['settings'] === 'object' &&
    request['settings'] !== null &&
    isImg2Img(request['img2img'])
  );
}

/** Requests of before there was img2img know nothing of it. */
function isImg2Img(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  const { source, denoisingStrength, inpaint } = fieldsOf(value);
  return isPicture(source) && Number.isFinite(denoisingStrength) && isInpaint(inpaint);
}

function isInpaint(value: unknown): boolean {
  return value === null || value === undefined || isPicture(fieldsOf(value)['mask']);
}

function isPicture(value: unknown): boolean {
  return fieldsOf(value)['file'] instanceof Blob;
}

function isEvaluation(value: unknown): value is Evaluation {
  const { input, output } = fieldsOf(value);
  return typeof input === 'number' && output instanceof Float32Array;
}

function isIndex(value: unknown, length: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < length;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
