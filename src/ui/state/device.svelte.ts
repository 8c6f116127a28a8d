// The GPU as the page knows it: a quick look first, the engine's word once it has started.
import type { DeviceReport } from '../../runtime/device-report.ts';
import type { EngineClient } from '../clients/engine-client.svelte.ts';
import { findGpu, webGpuAdvice, type FoundGpu, type WebGpuAdvice } from '../webgpu.ts';

export class Device {
  #found = $state.raw<FoundGpu | null>(null);
  readonly #engine: EngineClient;

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  async look(): Promise<FoundGpu> {
    const found = await findGpu();
    this.#found = found;
    return found;
  }

  get report(): DeviceReport | null {
    return this.#engine.report;
  }

  /** What would give the page a GPU; null where it has one, or may have. */
  get advice(): WebGpuAdvice | null {
    if (this.#found && this.#found.problem !== null)
      return webGpuAdvice(this.#found.problem, navigator.userAgent);
    const report = this.report;
    if (report?.backend !== null || report.problem === null) return null;
    // The engine knows more than the quick look did.
    return { ...webGpuAdvice('no-adapter', navigator.userAgent), summary: report.problem };
  }

  /** Name of the GPU as the quick look found it, or null. */
  get gpu(): string | null {
    return this.#found?.adapter?.name ?? null;
  }

  /** Name of a GPU without a graphics card behind it, or null. */
  get softwareGpu(): string | null {
    const adapter = this.#found?.adapter;
    return adapter?.software ? adapter.name : null;
  }
}
