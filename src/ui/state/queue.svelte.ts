// The queue of jobs: adds, orders, cancels them and carries them out one after another. It is kept in the browser's
// storage, and all open tabs share it: whichever tab has the turn makes the pictures, for itself and for the others.
import { resolveSeeds } from '../../generation/request/seeds.ts';
import type { GenerationParameters } from '../../generation/request/request.ts';
import { inOrder, type QueuedJob, type QueueStorage } from '../../library/queue.ts';
import type { Tabs } from '../tabs.ts';
import type { GenerationJob, RunEnd } from './generation.svelte.ts';
import type { ChooseProcessor } from './processor.svelte.ts';
import { RunRecord } from './run-record.ts';

export interface QueueHooks {
  /** What paints a job. */
  readonly processor: ChooseProcessor;
  /** Around all work, for what must stay awake meanwhile. */
  readonly during: (work: () => Promise<void>) => Promise<void>;
  /** The queue cannot be read or written; what is under way goes on. */
  readonly onStorageFailure: (error: unknown) => void;
  /** Records that could not be read were removed. */
  readonly onDamaged: (count: number) => void;
  /** A job was added while another tab makes pictures. */
  readonly onOtherTab: () => void;
  /** A job of this tab has ended; the next one starts when this resolves. */
  readonly onEnded: (job: QueuedJob, end: RunEnd) => Promise<void>;
}

export interface NewJob {
  readonly model: { readonly sha256: string; readonly name: string };
  readonly requests: readonly GenerationParameters[];
  readonly checkpoints?: QueuedJob['checkpoints'];
  readonly grid?: QueuedJob['grid'];
}

export class GenerationQueue {
  /** In the order of their turns. */
  jobs = $state.raw<readonly QueuedJob[]>([]);
  /** Id of the job that this tab is at. */
  current = $state<string | null>(null);
  /** This tab makes pictures or is about to. */
  active = $state(false);
  /** This tab's jobs wait for another tab to finish. */
  waitingForTab = $state(false);

  readonly #job: GenerationJob;
  readonly #storage: QueueStorage;
  readonly #tabs: Tabs;
  readonly #hooks: QueueHooks;
  #record: RunRecord | null = null;
  #working: Promise<void> | null = null;
  #wanted = false;
  /** Changes that this tab has made to `jobs`. */
  #edits = 0;

  constructor(job: GenerationJob, storage: QueueStorage, tabs: Tabs, hooks: QueueHooks) {
    this.#job = job;
    this.#storage = storage;
    this.#tabs = tabs;
    this.#hooks = hooks;
  }

  /** Everything but the running job. */
  get pending(): readonly QueuedJob[] {
    return this.jobs.filter(({ state }) => state !== 'running');
  }

  /** What waits for the person's word: left by an earlier visit, or held back. */
  get held(): readonly QueuedJob[] {
    return this.jobs.filter(({ state }) => state === 'held');
  }

  /** Another tab makes pictures. */
  get elsewhere(): boolean {
    // This tab's own job is listed as running for a moment after it has ended.
    return this.jobs.some(({ state, tab }) => state === 'running' && tab !== this.#tabs.id);
  }

  /** Reads what is there and holds back what nobody is at any more. Returns what ends listening to other tabs. */
  async load(): Promise<() => void> {
    const stop = this.#tabs.onChange(() => void this.#changed());
    try {
      const { damaged } = await this.#storage.list();
      for (const id of damaged) await this.#storage.remove(id);
      if (damaged.length > 0) this.#hooks.onDamaged(damaged.length);
      await this.#storage.sweep();
      await this.#holdOrphans();
      // Another tab is at work. Should it crash, what it leaves is offered here.
      if (
        this.jobs.some(
          ({ state, tab }) => (state === 'waiting' || state === 'running') && tab !== this.#tabs.id,
        )
      ) {
        void this.#tabs
          .inTurn(
            () => this.#holdOrphans(),
            () => undefined,
          )
          .catch(this.#hooks.onStorageFailure);
      }
    } catch (error) {
      this.#hooks.onStorageFailure(error);
    }
    return stop;
  }

  /** Adds a job; `first`: before all others. Resolves with its id once it is kept; it runs when its turn comes. */
  async add({ model, requests, checkpoints, grid }: NewJob, first = false): Promise<string> {
    const idle = !this.active;
    const id = crypto.randomUUID();
    this.active = true;
    try {
      const ranks = this.jobs.map(({ rank }) => rank);
      const job: QueuedJob = {
        id,
        rank: first ? Math.min(0, ...ranks) - 1 : Math.max(0, ...ranks) + 1,
        createdAt: Date.now(),
        model: model.sha256,
        modelName: model.name,
        requests: requests.map(resolveSeeds),
        ...(checkpoints?.some(Boolean) && { checkpoints }),
        ...(grid && { grid }),
        state: 'waiting',
        tab: this.#tabs.id,
        position: { request: 0, pictures: 0 },
        failure: null,
      };
      await this.#storage.add(job);
      this.#show(job);
    } catch (error) {
      if (idle) this.active = false;
      throw error;
    }
    void this.#work();
    return id;
  }

  /** Earlier by one place (-1) or later (1). */
  async move(id: string, by: -1 | 1): Promise<void> {
    const { pending } = this;
    const index = pending.findIndex((job) => job.id === id);
    const [job, other] = [pending[index], pending[index + by]];
    if (!job || !other) return;
    await this.#change(job.id, (stored) => ({ ...stored, rank: other.rank }));
    await this.#change(other.id, (stored) => ({ ...stored, rank: job.rank }));
    await this.#publish();
  }

  /** Takes a job out of the queue; not the one that runs. */
  async remove(id: string): Promise<void> {
    if (id === this.current) return;
    await this.#remove(id);
    await this.#publish();
  }

  /** Takes all out but the one that runs. */
  async clear(): Promise<void> {
    for (const { id } of this.pending) await this.#storage.remove(id);
    await this.#publish();
  }

  /** Lets a held or failed job go on from where it was; all of them without an id. */
  async goOn(id?: string): Promise<void> {
    for (const job of this.pending) {
      if (job.state === 'waiting' || (id !== undefined && job.id !== id)) continue;
      await this.#change(job.id, (stored) => ({
        ...stored,
        state: 'waiting',
        tab: this.#tabs.id,
        failure: null,
      }));
    }
    await this.#publish();
    void this.#work();
  }

  /** The job that runs is finished; those that wait are held back. */
  async hold(): Promise<void> {
    for (const { id } of this.pending) await this.#storage.change(id, held);
    await this.#publish();
  }

  /** Writes what the running job has made so far. */
  async flush(): Promise<void> {
    await this.#record?.flush();
  }

  #work(): Promise<void> {
    this.#wanted = true;
    return (this.#working ??= this.#workInTurn().finally(() => {
      this.#working = null;
      // Asked for while the last round was ending.
      if (this.#wanted) void this.#work();
    }));
  }

  async #workInTurn(): Promise<void> {
    const wait = () => {
      this.waitingForTab = true;
      this.active = false;
      this.#hooks.onOtherTab();
    };
    const work = async () => {
      this.waitingForTab = false;
      this.active = true;
      await this.#holdOrphans();
      await this.#runAll();
    };
    try {
      this.#wanted = false;
      await this.#tabs.inTurn(() => this.#hooks.during(work), wait);
    } catch (error) {
      this.#hooks.onStorageFailure(error);
    } finally {
      this.active = false;
      this.waitingForTab = false;
    }
  }

  async #runAll(): Promise<void> {
    for (;;) {
      this.#wanted = false;
      const job = await this.#claimNext();
      if (job) await this.#run(job);
      else if (!this.#wanted) return;
    }
  }

  /** The next that waits, marked as running. */
  async #claimNext(): Promise<QueuedJob | null> {
    const next = await this.#claimAmong(this.jobs);
    if (next) return next;
    // Another tab may have added one that this one has not heard of.
    await this.#refresh();
    return this.#claimAmong(this.jobs);
  }

  async #claimAmong(jobs: readonly QueuedJob[]): Promise<QueuedJob | null> {
    for (const { id, state } of jobs) {
      if (state !== 'waiting') continue;
      const claimed = await this.#storage.change(id, (job) =>
        job.state === 'waiting' ? { ...job, state: 'running', tab: this.#tabs.id } : null,
      );
      if (claimed) return claimed;
    }
    return null;
  }

  async #run(job: QueuedJob): Promise<void> {
    const { onStorageFailure } = this.#hooks;
    const record = await RunRecord.open(job, this.#storage, { onStorageFailure });
    this.#record = record;
    this.current = job.id;
    try {
      this.#show(job);
      const { requests } = job;
      const { processor } = this.#hooks;
      const end = await this.#job.run({ job, requests, processor, record });
      await record.flush();
      await this.#settle(job, end);
      await this.#hooks.onEnded(job, end);
    } finally {
      this.#record = null;
      this.current = null;
    }
    this.#tabs.announce();
  }

  async #settle(job: QueuedJob, end: RunEnd): Promise<void> {
    if (end.status !== 'failed') return this.#remove(job.id);
    const { code, message } = end.failure;
    // Nothing to try again: it would be refused again.
    if (code === 'bad-parameters') return this.#remove(job.id);
    await this.#change(job.id, (stored) => ({ ...stored, state: 'failed', failure: message }));
    // The others would only run into the same.
    if (GENERAL.has(code)) await this.hold();
  }

  /** What a tab that is gone had waiting or running is offered, not run: it may be what ended that tab. */
  async #holdOrphans(): Promise<void> {
    const open = await this.#tabs.open();
    const { jobs } = await this.#storage.list();
    for (const { id, tab, state } of jobs) {
      const mine = tab === this.#tabs.id && state === 'running' && id !== this.current;
      if (mine || (!open.has(tab) && state !== 'failed')) await this.#storage.change(id, orphaned);
    }
    await this.#publish();
  }

  /** Changes a job where it is kept and in the list: a long list is not read again for each of its jobs. */
  async #change(id: string, apply: (job: QueuedJob) => QueuedJob | null): Promise<void> {
    const changed = await this.#storage.change(id, apply);
    if (changed) this.#put(changed);
  }

  async #remove(id: string): Promise<void> {
    await this.#storage.remove(id);
    this.#edits++;
    this.jobs = this.jobs.filter((job) => job.id !== id);
  }

  /** A job as it is kept now, for this tab's list and the other tabs. */
  #show(job: QueuedJob): void {
    this.#put(job);
    this.#tabs.announce();
  }

  #put(job: QueuedJob): void {
    this.#edits++;
    this.jobs = inOrder([...this.jobs.filter(({ id }) => id !== job.id), job]);
  }

  async #publish(): Promise<void> {
    await this.#refresh();
    this.#tabs.announce();
  }

  async #refresh(): Promise<void> {
    for (;;) {
      const before = this.#edits;
      const { jobs } = await this.#storage.list();
      // What was changed here meanwhile may be missing from it.
      if (before !== this.#edits) continue;
      this.jobs = jobs;
      return;
    }
  }

  async #changed(): Promise<void> {
    try {
      await this.#refresh();
    } catch {
      // Said when it matters: when something is to be added or run.
    }
  }
}

const held = (job: QueuedJob): QueuedJob | null =>
  job.state === 'waiting' ? { ...job, state: 'held' } : null;

/** For a job whose tab is gone. */
const orphaned = (job: QueuedJob): QueuedJob | null =>
  job.state === 'running' ? { ...job, state: 'held' } : held(job);

const GENERAL: ReadonlySet<string> = new Set(['no-webgpu', 'device-lost', 'worker-died']);
