// What is set in the Checkpoint Merger, and the merge under way.
import { BLOCKS, forXl, PRESETS, XL_BLOCKS } from '../../merging/blocks.ts';
import { mergedName } from '../../merging/file-name.ts';
import type {
  MergeInput,
  MergeOrder,
  MergeOutcome,
  MergeProgress,
  MergeTarget,
} from '../../merging/merge-types.ts';
import { DEFAULT_METADATA } from '../../merging/metadata.ts';
import type { TriedMerge } from '../../generation/run/trial.ts';
import type { ConfigSource, MergeSettings, Method } from '../../merging/types.ts';
import type { StoredModel } from '../../library/types.ts';
import { MergerClient } from '../clients/merger-client.ts';
import { type Failure, toFailure } from '../failure.ts';
import { pairSidecars, type ImportRequest } from '../pairing.ts';
import { saveFile } from '../save-file.ts';

/** Of a choice: nothing, a model of the library by its hash, or a file by its number. */
export type ModelKey = '' | `model:${string}` | `file:${number}`;

export type ModelRole = 'a' | 'b' | 'c' | 'vae';

export class Merger {
  models = $state<Record<ModelRole, ModelKey>>({ a: '', b: '', c: '', vae: '' });
  /** Files that have been chosen to be merged where they lie. */
  files = $state.raw<readonly ImportRequest<File>[]>([]);
  method = $state<Method>('Weighted sum');
  multiplier = $state(0.3);
  customName = $state('');
  precision = $state<MergeSettings['precision']>('float32');
  configSource = $state<ConfigSource>('A, B or C');
  discard = $state('');
  metadata = $state({ ...DEFAULT_METADATA });
  blocksOn = $state(false);
  isXl = $state(false);
  /** 26 or 20, BASE first. */
  blocks = $state<number[]>([...PRESETS.get('GRAD_V')!]);
  target = $state<MergeTarget['kind']>('library');

  phase = $state<'idle' | 'running' | 'cancelling'>('idle');
  progress = $state.raw<MergeProgress | null>(null);
  failure = $state.raw<Failure | null>(null);
  outcome = $state.raw<MergeOutcome | null>(null);

  readonly #client: MergerClient;
  readonly #library: () => readonly StoredModel[];
  readonly #onKept: (model: StoredModel) => Promise<void>;

  /** `onKept` hears of a model that is in the library now. */
  constructor(
    library: () => readonly StoredModel[],
    onKept: (model: StoredModel) => Promise<void>,
    client = new MergerClient(),
  ) {
    this.#library = library;
    this.#onKept = onKept;
    this.#client = client;
  }

  get busy(): boolean {
    return this.phase !== 'idle';
  }

  /** What the method takes. */
  get roles(): readonly ('a' | 'b' | 'c')[] {
    if (this.method === 'No interpolation') return ['a'];
    return this.method === 'Weighted sum' ? ['a', 'b'] : ['a', 'b', 'c'];
  }

  get ready(): boolean {
    return this.roles.every((role) => this.input(role) !== null) && !this.busy;
  }

  /** The name that the result gets without one of its own; empty while models are missing. */
  get givenName(): string {
    const named = (role: 'a' | 'b' | 'c') => {
      const name = this.#nameOf(role);
      return name === null ? null : { name };
    };
    const [a, b, c] = [named('a'), named('b'), named('c')];
    const missing = this.roles.some((role) => this.input(role) === null);
    return missing ? '' : mergedName({ a, b, c }, this, '');
  }

  /** Adds files and chooses the first for a role. */
  addFiles(role: ModelRole, files: readonly File[]): void {
    const { requests } = pairSidecars(files);
    if (requests.length === 0) return;
    const at = this.files.length;
    this.files = [...this.files, ...requests];
    this.choose(role, `file:${at}`);
  }

  choose(role: ModelRole, key: ModelKey): void {
    this.models[role] = key;
    if (role !== 'a') return;
    const model = this.#stored(key);
    if (model) this.setFamily(model.detection.kind.startsWith('sdxl'));
  }

  setFamily(isXl: boolean): void {
    if (isXl === this.isXl) return;
    this.isXl = isXl;
    this.blocks = isXl ? forXl(this.blocks) : [...PRESETS.get('GRAD_V')!];
  }

  get blockNames(): readonly string[] {
    return this.isXl ? XL_BLOCKS : BLOCKS;
  }

  /** The preset that the weights are; empty for none. */
  get preset(): string {
    const is = (weights: readonly number[]) =>
      this.#fit(weights).every((weight, i) => weight === this.blocks[i]);
    return [...PRESETS].find(([, weights]) => is(weights))?.[0] ?? '';
  }

  set preset(name: string) {
    const weights = PRESETS.get(name);
    if (weights) this.blocks = [...this.#fit(weights)];
  }

  #fit(weights: readonly number[]): readonly number[] {
    return this.isXl ? forXl(weights) : weights;
  }

  input(role: ModelRole): MergeInput | null {
    const key = this.models[role];
    const model = this.#stored(key);
    if (model) return { kind: 'stored', sha256: model.sha256 };
    const request = this.#file(key);
    return request ? { kind: 'file', ...request } : null;
  }

  #nameOf(role: ModelRole): string | null {
    const key = this.models[role];
    const file = this.#file(key)?.file;
    return this.#stored(key)?.name ?? (file ? file.name.replace(/\.[^.]*$/, '') : null);
  }

  #stored(key: ModelKey): StoredModel | undefined {
    return this.#library().find(({ sha256 }) => key === `model:${sha256}`);
  }

  #file(key: ModelKey): ImportRequest<File> | undefined {
    return key.startsWith('file:') ? this.files[Number(key.slice(5))] : undefined;
  }

  async merge({ allowNonFinite = false } = {}): Promise<void> {
    if (!this.ready) return;
    const target = await this.#chooseTarget(allowNonFinite);
    if (!target) return;
    this.phase = 'running';
    this.progress = this.failure = this.outcome = null;
    try {
      const outcome = await this.#client.merge(this.#order(target), (progress) => (this.progress = progress));
      if (outcome.status === 'kept') await this.#onKept(outcome.model);
      if (outcome.status === 'made') {
        saveFile(outcome.file, outcome.name);
        if (outcome.sidecar) saveFile(outcome.sidecar, outcome.name.replace(/\.safetensors$/, '.yaml'));
      }
      this.outcome = outcome;
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

  /** Fills the JSON with what the chosen models' files say of themselves. */
  async readMetadata(): Promise<void> {
    const inputs = this.roles.map((role) => this.input(role)).filter((input) => input !== null);
    this.failure = null;
    try {
      this.metadata.json = JSON.stringify(await this.#client.readMetadata(inputs), null, 4);
    } catch (error) {
      this.failure = toFailure(error);
    }
  }

  /** Null where the person has closed the dialog. */
  async #chooseTarget(allowNonFinite: boolean): Promise<MergeTarget | null> {
    if (this.target === 'library') return { kind: 'library', allowNonFinite };
    if (this.target === 'download') return { kind: 'download' };
    try {
      const folder = await window.showDirectoryPicker?.({ mode: 'readwrite' });
      return folder ? { kind: 'folder', folder } : null;
    } catch {
      return null;
    }
  }

  /** How weights are mixed. */
  get #mixing() {
    const { method, multiplier } = this;
    return {
      ...{ method, multiplier },
      blocks: this.blocksOn && method !== 'No interpolation' ? [...this.blocks] : null,
    };
  }

  /** The merge as it can be tried, by the models' SHA-256; null where one is missing, or is a file. */
  get tried(): ({ readonly a: string } & TriedMerge) | null {
    const hashOf = (role: ModelRole): string | null => {
      const input = this.input(role);
      return input?.kind === 'stored' ? input.sha256 : null;
    };
    const used = [...this.roles, ...(this.models.vae ? (['vae'] as const) : [])];
    const [a, vae] = [hashOf('a'), hashOf('vae')];
    if (a === null || used.some((role) => hashOf(role) === null)) return null;
    const of = (role: 'b' | 'c') => (this.roles.includes(role) ? hashOf(role) : null);
    const [b, c] = [of('b'), of('c')];
    return { a, b, c, vae, settings: this.#mixing };
  }

  #order(target: MergeTarget): MergeOrder {
    const { precision, discard } = this;
    return {
      id: crypto.randomUUID(),
      a: this.input('a'),
      b: this.input('b'),
      c: this.input('c'),
      vae: this.input('vae'),
      settings: { ...this.#mixing, precision, discard },
      customName: this.customName.trim(),
      configSource: this.configSource,
      metadata: $state.snapshot(this.metadata),
      target,
    };
  }
}
