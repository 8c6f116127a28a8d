// Goes through the plan: one child process a measurement, the report written after each.
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { seconds } from '../../src/generation/run/benchmark-report.ts';
import { SUBGROUP_MATRIX_FEATURE } from '../../src/wgsl/kernels/subgroup-matrix.ts';
import { ROOT } from '../process.js';
import type { Budget, Work } from './budget.ts';
import { reasonIn, runChild, self } from './child.ts';
import { readFloats, readJson } from './files.ts';
import { isTiny, planOf, type Step } from './plan.ts';
import { readProbe } from './probe-result.ts';
import { warm } from './report.ts';
import { STAND_INS, bytesOfStandIn, type StandInName } from './stand-ins.ts';
import type {
  Measured,
  Measurement,
  MeasureOptions,
  Model,
  Prepared,
  PrepareOptions,
  PyTorchFacts,
  Report,
} from './types.ts';
import { judge, tolerance } from './verdict.ts';
import type { Driver } from './vulkan.ts';

export interface RunOptions {
  readonly models: readonly (Model & { readonly make: boolean })[];
  readonly runs: number;
  /** Seconds for choosing kernels of ours, at most, of each network. */
  readonly tuning: number;
  /** What runs; null for everything. */
  readonly hows: readonly string[] | null;
  readonly python: string;
  /** A folder for weights and what children leave, big enough for gigabytes. */
  readonly scratch: string;
  readonly budget: Budget;
  readonly report: Report;
  /** Null where there is no device, and only PyTorch is timed. */
  readonly driver: Driver | null;
  /** Called whenever the report has changed. */
  readonly changed: () => void;
}

/** What tools/pytorch/bench.py writes. */
interface PyTorchMeasured {
  readonly timed: string;
  readonly cold: number | null;
  readonly runs: readonly number[];
  readonly load: number | null;
  readonly error: number | null;
  readonly memory: number | null;
  readonly problem: string | null;
}

/** Of a child's time, what its runs may take: then it ends by itself, with numbers. */
const SOFT = 0.6;
const PYTORCH_SECONDS = 120;
const PROBE_SECONDS = 30;
/** A prepared model's file, and as much again for what else there is. */
const SPARE = 0.2e9;

export class BenchmarkRun {
  readonly #prepared = new Map<string, Prepared | { readonly problem: string }>();
  /** Why a side is not asked any more. */
  readonly #given = { ours: null as string | null, pytorch: null as string | null };
  readonly #clock = () => performance.now() / 1000;

  constructor(readonly options: RunOptions) {}

  /** Rejects only for faults of its own: what fails is said in the report. */
  async run(): Promise<void> {
    const { models, report, driver } = this.options;
    await this.#askPyTorch();
    if (!driver) this.#given.ours = 'there is no WebGPU device';
    const withoutText = new Set(models.filter(({ name }) => textless(name)).map(({ name }) => name));
    const { hows } = this.options;
    // Who asks for some of it has seen that the rest is right.
    const steps = planOf(
      models.map(({ name }) => name),
      withoutText,
    ).filter(({ model, how, profile }) => !hows || (hows.includes(how) && !isTiny(model) && !profile));
    const facts = driver?.facts;
    const groups = facts?.features.includes('subgroups') ? (facts.subgroupSizes?.[1] ?? 0) : 0;
    for (const [index, step] of steps.entries()) {
      // As in src/runtime/device.ts: attention is wrong with fewer lanes.
      if (step.how === 'subgroups' && groups < 16) continue;
      if (step.how === 'own matrices' && !facts?.experimental.includes(SUBGROUP_MATRIX_FEATURE)) continue;
      await this.#step(step, steps.slice(index + 1));
    }
    if (driver && groups < 16) {
      const has = groups === 0 ? 'no subgroups' : `subgroups of ${groups}, which the app does not use`;
      report.remarks.push(`With subgroups: the device has ${has}.`);
    }
    this.options.changed();
  }

  async #askPyTorch(): Promise<void> {
    const { python, report, budget } = this.options;
    const script = join(ROOT, 'tools', 'pytorch', 'device.py');
    const patience = Math.min(PYTORCH_SECONDS, budget.left(this.#clock()));
    const ended = await runChild(python, [script], process.env, patience);
    const line = ended.output.trim().split('\n').at(-1) ?? '';
    if (ended.code === 0) report.pytorch = JSON.parse(line) as PyTorchFacts;
    else this.#given.pytorch = `Not compared with PyTorch: ${reasonIn(ended)}`;
    if (this.#given.pytorch !== null) this.#remark(this.#given.pytorch);
    this.options.changed();
  }

  async #step(step: Step, later: readonly Step[]): Promise<void> {
    const { budget } = this.options;
    const title = titleOf(step);
    if (this.#missing(step)) return;
    if (budget.left(this.#clock()) < 1) return this.#remark(`${title}: the time was up`);
    const prepared = await this.#prepare(step.model);
    if (!prepared) return;
    const facts = prepared.networks.find(({ network }) => network === step.network);
    if (!facts) return;
    const before = this.#find(step, 'plain');
    if (step.how === 'subgroups' && before?.problem === LATE) {
      return this.#remark(`${title}: it did not end without subgroups either`);
    }
    const work = this.#work(step, facts);
    const now = this.#clock();
    const refusal = budget.refusal(now, work);
    if (refusal !== null) return this.#remark(`${title}: ${refusal}`);
    const others = later.filter((other) => !this.#missing(other)).map((other) => this.#work(other, null));
    const patience = budget.allowance(now, work, others);
    if (step.how === 'pytorch' && this.#given.pytorch !== null) await this.#ownReference(step, patience);
    else if (step.how === 'pytorch') await this.#pytorch(step, facts, work, patience);
    else await this.#ours(step, step.how, work, patience);
    this.#judge(step);
    this.options.changed();
  }

  /** Whether nobody can do it; said once, not at every step. */
  #missing({ how, precision }: Step): boolean {
    const { ours, pytorch } = this.#given;
    // In place of PyTorch our own float32 says what is right.
    if (how === 'pytorch' && pytorch !== null) return ours !== null || precision === 'float32';
    return how !== 'pytorch' && ours !== null;
  }

  #work({ how, precision, weight, profile }: Step, facts: Prepared['networks'][number] | null): Work {
    const whose = how === 'pytorch' || how.startsWith('own') ? how : 'onnxruntime';
    const worker = `${whose} ${precision}${profile ? ' profiled' : ''}`;
    return { worker, weight, flops: facts?.flops ?? 0, weightBytes: facts?.weightBytes ?? 0 };
  }

  /** Null with a remark, once, where it fails. */
  async #prepare(name: string): Promise<Prepared | null> {
    const known = this.#prepared.get(name);
    if (known) return 'problem' in known ? null : known;
    const { models, scratch, budget, report } = this.options;
    const { make, ...model } = models.find((candidate) => candidate.name === name)!;
    const fail = (problem: string) => {
      this.#prepared.set(name, { problem });
      this.#remark(`${model.label}: ${problem}`);
      return null;
    };
    if (make) {
      const { bavail, bsize } = statfsSync(scratch);
      const needed = bytesOfStandIn(STAND_INS[name as StandInName]) + SPARE;
      if (bavail * bsize < needed) {
        const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
        return fail(
          `its stand-in needs ${gigabytes(needed)} and ${scratch} has ${gigabytes(bavail * bsize)} left (TMPDIR names another folder)`,
        );
      }
    }
    const out = join(scratch, `${name}.json`);
    const options: PrepareOptions = { model, make, folder: scratch, out };
    const begun = this.#clock();
    const ended = await runChild(
      ...self('prepare', JSON.stringify(options)),
      process.env,
      budget.left(this.#clock()),
    );
    const prepared = readJson<Prepared>(out);
    if (!prepared) return fail(`its weights could not be made: ${reasonIn(ended)}`);
    this.#prepared.set(name, prepared);
    for (const { network, what, flops, weightBytes } of prepared.networks) {
      const { label } = prepared;
      report.networks.push({ model: name, label, network, what, flops, weightBytes });
    }
    this.#say(`${prepared.label}: ready after ${(this.#clock() - begun).toFixed(1)} s`);
    return prepared;
  }

  async #ours(step: Step, how: MeasureOptions['how'], work: Work, patience: number): Promise<void> {
    const { failed, took, found } = await this.#measure(step, how, step.precision, step.profile, patience);
    if (found && !step.profile && !isTiny(step.model)) this.#learn(work, took, found);
    const problem = failed ?? found?.problem ?? null;
    const what = found ?? { load: null, cold: null, runs: [], submit: [], kernels: [], note: '' };
    const before = this.#find(step, how);
    const measured = {
      ...{ model: step.model, network: step.network, precision: step.precision, how },
      ...{ error: null, verdict: 'unchecked' as const },
    };
    if (step.profile) {
      this.#put({ problem: null, ...measured, ...what, ...before, kernels: what.kernels });
    } else {
      this.#put({ ...measured, ...what, problem });
    }
    if (problem !== null) this.#remark(`${titleOf(step)}: ${problem}`);
    else
      this.#say(
        `${titleOf(step)}: ${step.profile ? `${what.kernels.length} kernels` : timesOf(what)}${what.note === '' ? '' : `; ${what.note}`}`,
      );
    if (failed === LATE) await this.#stillThere();
  }

  async #measure(
    { model: name, network }: Step,
    how: MeasureOptions['how'],
    precision: MeasureOptions['precision'],
    profile: boolean,
    patience: number,
  ): Promise<{ failed: string | null; took: number; found: Measured | null }> {
    const { models, scratch, runs, tuning, driver } = this.options;
    const model = models.find((candidate) => candidate.name === name)!;
    const path = join(scratch, `${name}-${network}-${precision}-${how}${profile ? '-kernels' : ''}`);
    const options: MeasureOptions = {
      ...{ model, network, precision, how, runs, tuning, profile, seconds: SOFT * patience },
      result: `${path}.result`,
      out: `${path}.json`,
    };
    const begun = this.#clock();
    const ended = await runChild(...self('measure', JSON.stringify(options)), driver!.env, patience);
    return {
      // How it ended says nothing, once all is written.
      failed: existsSync(`${options.out}.done`) ? null : ended.code === null ? LATE : reasonIn(ended),
      took: this.#clock() - begun,
      found: readJson<Measured>(options.out),
    };
  }

  /** Where there is no PyTorch: what is right, by our own float32. */
  async #ownReference(step: Step, patience: number): Promise<void> {
    const { scratch } = this.options;
    const { failed } = await this.#measure(step, 'plain', 'float32', false, patience);
    if (failed !== null) this.#remark(`${titleOf(step)}: nothing to compare with: ${failed}`);
    const from = join(scratch, `${step.model}-${step.network}-float32-plain.result`);
    const result = readFloats(from);
    if (result) this.#references.set(`${step.model} ${step.network}`, from);
  }

  readonly #references = new Map<string, string>();

  async #pytorch(
    step: Step,
    { inputs, pytorch: sizes }: Prepared['networks'][number],
    work: Work,
    patience: number,
  ): Promise<void> {
    const { models, scratch, runs, python } = this.options;
    const { model: name, network, precision } = step;
    const path = join(scratch, `${name}-${network}-${precision}-pytorch`);
    const reference = join(scratch, `${name}-${network}.reference`);
    const options = {
      ...{ file: models.find((candidate) => candidate.name === name)!.file, network, sizes, inputs },
      ...{ precision, runs, seconds: SOFT * patience, reference, out: `${path}.json` },
    };
    const begun = this.#clock();
    const script = join(ROOT, 'tools', 'pytorch', 'bench.py');
    const ended = await runChild(python, [script, JSON.stringify(options)], process.env, patience);
    const found = readJson<PyTorchMeasured>(options.out);
    if (found && !isTiny(name)) this.#learn(work, this.#clock() - begun, found);
    const failed = ended.code === 0 ? null : ended.code === null ? LATE : reasonIn(ended);
    const problem = failed ?? found?.problem ?? null;
    this.#put({
      ...{ model: name, network, precision, how: 'pytorch', note: found?.timed ?? '' },
      ...{
        load: found?.load ?? null,
        cold: found?.cold ?? null,
        runs: found?.runs ?? [],
        submit: [],
        kernels: [],
      },
      ...{ error: found?.error ?? null, verdict: 'unchecked', problem },
    });
    this.#references.set(`${name} ${network}`, reference);
    if (problem !== null) this.#remark(`${titleOf(step)}: ${problem}`);
    else this.#say(`${titleOf(step)}: ${timesOf(found!)}; ${found!.timed}`);
  }

  /** Numbers and what they are held against come in any order. */
  #judge({ model, network }: Step): void {
    const { report, scratch } = this.options;
    const reference = this.#references.get(`${model} ${network}`);
    const expected = reference === undefined ? null : readFloats(reference);
    if (!expected) return;
    report.measurements.forEach((one, index) => {
      if (one.model !== model || one.network !== network || one.how === 'pytorch') return;
      const theirs = this.#find({ ...one, profile: false, weight: 1 }, 'pytorch')?.error ?? null;
      const path = join(scratch, `${model}-${network}-${one.precision}-${one.how}.result`);
      if (path === reference) return;
      const said = judge(readFloats(path), expected, tolerance(one.precision, one.how, theirs));
      if (said.verdict === 'wrong' && one.verdict !== 'wrong') {
        this.#say(
          `${titleOf(one)}: WRONG numbers, off by ${said.error?.toExponential(1) ?? 'what is no number'}`,
        );
      }
      report.measurements[index] = { ...one, ...said };
    });
  }

  /** A card that hung once may hang for good: then nothing more is asked of it. */
  async #stillThere(): Promise<void> {
    const { driver, budget } = this.options;
    // With less, silence would say nothing.
    if (budget.left(this.#clock()) < PROBE_SECONDS) return;
    const ended = await runChild(...self('probe'), driver!.env, PROBE_SECONDS);
    if (readProbe(ended.output)) return;
    this.#given.ours = 'the device does not answer any more';
    this.#remark('WebGPU: the device did not answer any more, so nothing more was asked of it');
  }

  #learn(work: Work, took: number, { cold, runs }: Pick<Measured, 'cold' | 'runs'>): void {
    const running = runs.reduce((sum, run) => sum + run, cold ?? 0) / 1000;
    const run = runs.length > 0 ? warm({ runs }) / 1000 : null;
    this.options.budget.learn(work, { loading: Math.max(0, took - running), run });
  }

  #find({ model, network, precision }: Step, how: Measurement['how']): Measurement | undefined {
    return this.options.report.measurements.find(
      (one) =>
        one.model === model && one.network === network && one.precision === precision && one.how === how,
    );
  }

  /** In place of one of the same kind. */
  #put(measurement: Measurement): void {
    const { measurements } = this.options.report;
    const { model, network, precision, how } = measurement;
    const at = measurements.findIndex(
      (one) =>
        one.model === model && one.network === network && one.precision === precision && one.how === how,
    );
    if (at < 0) measurements.push(measurement);
    else measurements[at] = measurement;
  }

  #remark(text: string): void {
    this.options.report.remarks.push(text);
    this.#say(text);
  }

  #say(text: string): void {
    const { report } = this.options;
    report.elapsed = (Date.now() - Date.parse(report.when)) / 1000;
    console.log(`[${report.elapsed.toFixed(0).padStart(4)} s] ${text}`);
  }
}

const LATE = 'it did not end in its time';

const textless = (name: string) => name in STAND_INS && STAND_INS[name as StandInName].text === null;

function titleOf({
  model,
  network,
  precision,
  how,
  profile = false,
}: Omit<Step, 'weight' | 'profile'> & { profile?: boolean }): string {
  return `${model} ${network} ${precision} ${profile ? 'kernels' : how}`;
}

function timesOf(times: Pick<Measured, 'load' | 'cold' | 'runs'>): string {
  const part = (name: string, value: number | null) =>
    value === null || Number.isNaN(value) ? [] : [`${name} ${seconds(value)}`];
  return [
    ...part('load', times.load),
    ...part('first', times.cold),
    ...part('then', warm(times)),
    `${times.runs.length} runs`,
  ].join(', ');
}
