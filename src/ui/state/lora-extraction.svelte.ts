// What is set for extracting a LoRA in the Checkpoint Merger, and the extraction under way. Its models are the merger's A and B.
import type { LoraOrder, LoraOutcome, LoraProgress } from '../../merging/merge-types.ts';
import { LORA_SETTINGS, type LoraSettings } from '../../merging/lora/types.ts';
import { MergerClient } from '../clients/merger-client.ts';
import { saveFile } from '../save-file.ts';
import { toFailure, type Failure } from '../failure.ts';
import type { Merger } from './merger.svelte.ts';

export class LoraExtraction {
  dim = $state(LORA_SETTINGS.dim);
  /** 0: convolutions are left out. */
  convDim = $state(0);
  precision = $state<LoraSettings['precision']>(LORA_SETTINGS.precision);
  clampQuantile = $state(LORA_SETTINGS.clampQuantile);
  minDifference = $state(LORA_SETTINGS.minDifference);
  customName = $state('');
  target = $state<LoraOrder['target']['kind'] | 'library'>('library');

  phase = $state<'idle' | 'running' | 'cancelling'>('idle');
  progress = $state.raw<LoraProgress | null>(null);
  failure = $state.raw<Failure | null>(null);
  outcome = $state.raw<LoraOutcome | null>(null);

  readonly #merger: Merger;
  readonly #client: MergerClient;

  /** `keep` puts a file into the library. */
  constructor(
    merger: Merger,
    private readonly keep: (file: File) => Promise<unknown>,
    client = new MergerClient(),
  ) {
    this.#merger = merger;
    this.#client = client;
  }

  get busy(): boolean {
    return this.phase !== 'idle';
  }

  get hasModels(): boolean {
    return this.#merger.input('a') !== null && this.#merger.input('b') !== null;
  }

  get ready(): boolean {
    return this.hasModels && !this.busy && !this.#merger.busy;
  }

  async extract(): Promise<void> {
    if (!this.ready) return;
    const target = await this.#chooseTarget();
    if (!target) return;
    this.phase = 'running';
    this.progress = this.failure = this.outcome = null;
    try {
      const outcome = await this.#client.extractLora(this.#order(target), (progress) => {
        this.progress = progress;
      });
      this.outcome = outcome;
      if (outcome.status !== 'made' || !outcome.file) return;
      if (this.target === 'library') await this.keep(new File([outcome.file], outcome.name));
      else saveFile(outcome.file, outcome.name);
    } catch (error) {
      this.failure = toFailure(error);
    } finally {
      this.phase = 'idle';
    }
  }

  async cancel(): Promise<void> {
    if (this.phase !== 'running') return;
    this.phase = 'cancelling';
    await this.#client.cancel();
  }

  #order(target: LoraOrder['target']): LoraOrder {
    const { dim, convDim, precision, clampQuantile, minDifference } = this;
    return {
      a: this.#merger.input('a'),
      b: this.#merger.input('b'),
      settings: { dim, convDim: convDim === 0 ? null : convDim, precision, clampQuantile, minDifference },
      customName: this.customName.trim(),
      target,
    };
  }

  /** Null where the person has closed the dialog. */
  async #chooseTarget(): Promise<LoraOrder['target'] | null> {
    // The library is given the file that would be downloaded.
    if (this.target !== 'folder') return { kind: 'download' };
    try {
      const folder = await window.showDirectoryPicker?.({ mode: 'readwrite' });
      return folder ? { kind: 'folder', folder } : null;
    } catch {
      return null;
    }
  }
}
