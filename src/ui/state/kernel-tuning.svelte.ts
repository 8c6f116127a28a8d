// Fitting our kernels to the card: what is being done, what was found, and offering it once.
import type { KernelReport } from '../../runtime/kernel-measurements.ts';
import type { TuningReport } from '../../runtime/tune-model.ts';
import type { RequestSize } from '../../generation/request/request.ts';
import { toFailure } from '../failure.ts';
import { kernels as t } from '../strings/kernels.ts';
import type { EngineClient } from '../clients/engine-client.svelte.ts';
import type { Device } from './device.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { DeviceSettings } from './settings/device.ts';

/** Milliseconds that nothing is made before tuning is offered. */
const IDLE = 5000;

/** What it needs of the page. */
export interface TuningHost {
  readonly engine: Pick<EngineClient, 'tuneKernels' | 'kernelReport' | 'forgetKernels' | 'interrupt'>;
  readonly device: Pick<Device, 'report'>;
  readonly notices: Pick<Notices, 'fail' | 'inform'>;
  readonly settings: {
    readonly parameters: RequestSize;
    readonly device: Pick<DeviceSettings, 'kernels' | 'offersTuning'>;
  };
  readonly models: { readonly checkpoint: { readonly sha256: string } | null };
  /** Pictures are being made. */
  readonly generating: boolean;
}

export class KernelTuning {
  running = $state(false);
  stopping = $state(false);
  progress = $state.raw<TuningReport | null>(null);
  /** Null before the engine has started. */
  report = $state.raw<KernelReport | null>(null);
  #offered = false;

  constructor(private readonly host: TuningHost) {}

  /** With the checkpoint and the size that are set. */
  async run(): Promise<void> {
    const { engine, notices, models, settings } = this.host;
    if (this.running || models.checkpoint === null) return;
    const { width, height, batchSize } = settings.parameters;
    this.running = true;
    this.stopping = false;
    this.progress = null;
    try {
      const found = await engine.tuneKernels(
        models.checkpoint.sha256,
        { width, height, batchSize },
        (report) => (this.progress = report),
      );
      if (found) this.report = found;
    } catch (error) {
      if (!this.stopping) notices.fail(t.failed, toFailure(error));
    } finally {
      this.running = false;
    }
  }

  /** After the kernel that is tried. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.host.engine.interrupt();
  }

  async look(): Promise<void> {
    this.report = await this.host.engine.kernelReport();
  }

  async forget(): Promise<void> {
    this.report = await this.host.engine.forgetKernels();
  }

  /** After a picture. Asks once a visit, where there is a card on which nothing was measured and nobody waits for anything. */
  async offer(
    wait: () => Promise<void> = () => new Promise((done) => setTimeout(done, IDLE)),
  ): Promise<void> {
    if (this.#offered || !this.#isWorthwhile()) return;
    this.#offered = true;
    await wait();
    if (!this.#isWorthwhile()) {
      this.#offered = false;
      return;
    }
    await this.look();
    if (this.report === null || this.report.when !== null) return;
    this.host.notices.inform(t.offer, t.offerWhat, [
      { label: t.tune, run: () => void this.run() },
      { label: t.neverOffer, run: () => (this.host.settings.device.offersTuning = false) },
    ]);
  }

  #isWorthwhile(): boolean {
    const { device, settings, models, generating } = this.host;
    const { report } = device;
    const card = report?.backend === 'webgpu' && !report.software;
    const { kernels, offersTuning } = settings.device;
    const wanted = card && offersTuning && kernels === 'auto' && models.checkpoint !== null;
    return wanted && !generating && !this.running;
  }
}
