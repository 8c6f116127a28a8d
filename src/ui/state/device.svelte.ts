// Whether there is a GPU, as the page knows it: a quick look first, the engine's word once it has started.
import type { DeviceReport } from '../../generation/types.ts';
import type { EngineClient } from '../clients/engine-client.svelte.ts';
import { findWebGpuProblem, webGpuAdvice, type WebGpuAdvice, type WebGpuProblem } from '../webgpu.ts';
import type { Settings } from './settings.svelte.ts';

export class Device {
  #problem = $state<WebGpuProblem | null>(null);
  readonly #engine: EngineClient;
  readonly #settings: Settings;

  constructor(engine: EngineClient, settings: Settings) {
    this.#engine = engine;
    this.#settings = settings;
  }

  async look(): Promise<void> {
    this.#problem = await findWebGpuProblem();
  }

  get report(): DeviceReport | null {
    return this.#engine.report;
  }

  /** Set when nothing can be generated until the person does something about it. */
  get advice(): WebGpuAdvice | null {
    if (this.#settings.cpu) return null;
    if (this.#problem) return webGpuAdvice(this.#problem, navigator.userAgent);
    const report = this.report;
    if (report?.backend !== null || report.problem === null) return null;
    // The engine knows more than the quick look did.
    return { ...webGpuAdvice('no-adapter', navigator.userAgent), summary: report.problem };
  }

  /** A remark about speed, or null. */
  get slowness(): 'cpu' | 'software' | null {
    if (this.#settings.cpu) return 'cpu';
    return this.report?.software ? 'software' : null;
  }
}
