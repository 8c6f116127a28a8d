// The benchmark of the Settings tab: what it is doing, and what came out.
import type { BenchmarkProgress } from '../../generation/run/benchmark.ts';
import type { BenchmarkResult } from '../../generation/run/benchmark-report.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../../generation/request/settings/list.ts';
import type { GenerationParameters } from '../../generation/request/request.ts';
import type { EngineClient } from '../clients/engine-client.svelte.ts';
import type { ChooseProcessor } from './processor.svelte.ts';

export class Benchmark {
  running = $state(false);
  stopping = $state(false);
  progress = $state.raw<BenchmarkProgress | null>(null);
  result = $state.raw<BenchmarkResult | null>(null);

  constructor(private readonly engine: EngineClient) {}

  /** Rejects with a Failure, unless it was stopped. */
  async run(sha256: string, request: GenerationParameters, choose: ChooseProcessor): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.stopping = false;
    this.progress = null;
    try {
      const processor = await choose(sha256, request, {
        onEvent: () => undefined,
        cancelled: () => this.stopping,
        gpuFailed: false,
      });
      if (this.stopping) return;
      const { width, height, batchSize } = request;
      // Of what is set only what decides which networks there are.
      const { sdVae, sdVaeOverrides } = request.settings;
      const settings = { ...DEFAULT_IMAGE_SETTINGS, sdVae, sdVaeOverrides };
      const onProgress = (progress: BenchmarkProgress) => (this.progress = progress);
      const asked = { width, height, batchSize, settings };
      this.result = await this.engine.benchmark(sha256, asked, processor === 'cpu', onProgress);
    } catch (error) {
      if (!this.stopping) throw error;
    } finally {
      this.running = false;
    }
  }

  /** After the run under way. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.engine.interrupt();
  }
}
