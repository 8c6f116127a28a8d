// The models that the engine has loaded: one, or several where the memory holds them.
import type { StoredModel } from '../../library/types.ts';
import { InterruptedError } from '../../runtime/errors.ts';
import type { NetworkEvent } from '../../runtime/network-event.ts';
import type { LoadOptions } from '../../runtime/load-options.ts';
import { LoadedModel } from '../../runtime/loaded-model.ts';
import type { Device } from '../../runtime/executor.ts';
import type { LoadedNetwork } from '../../runtime/kernel-choice.ts';
import { CondCache } from '../recipes/conditioning.ts';

/** A loaded model, with what belongs to it. */
export interface AtHand {
  readonly model: LoadedModel;
  readonly conds: CondCache;
  /** What it has been run at: onnxruntime keeps buffers for each size. */
  readonly sizes: Set<string>;
}

export class LoadedModels {
  #all: AtHand[] = [];

  /** `onEvent` hears of loading and of the models' warnings. */
  constructor(private readonly onEvent: (event: NetworkEvent) => void) {}

  /** Sizes that the model has been run at; none where it is not loaded. */
  sizesOf(record: StoredModel): ReadonlySet<string> {
    return this.#find(record)?.sizes ?? new Set();
  }

  /**
   * The model, loaded as `options` ask for unless it is. Of the others those stay that are named in `beside`. Rejects with
   * InterruptedError once `stopped()`.
   */
  async open(
    record: StoredModel,
    options: LoadOptions,
    beside: readonly StoredModel[],
    device: () => Promise<Device>,
    stopped: () => boolean = () => false,
  ): Promise<AtHand> {
    const there = this.#find(record);
    const stay = new Set([there, ...beside.map((other) => this.#find(other))]);
    for (const one of this.#all) if (!stay.has(one)) await this.#release(one);
    if (!there) {
      const model = await LoadedModel.load(record, await device(), options, this.onEvent, stopped);
      const made = { model, conds: new CondCache(), sizes: new Set<string>() };
      this.#all.push(made);
      return made;
    }
    // It may have been renamed meanwhile, and pictures carry the name.
    there.model.record = record;
    try {
      await there.model.prepare(options, stopped);
    } catch (error) {
      // It has lost networks that it cannot load again.
      if (!(error instanceof InterruptedError)) await this.#release(there);
      throw error;
    }
    return there;
  }

  /** Networks that are loaded, model by model. */
  get networks(): readonly LoadedNetwork[] {
    return this.#all.flatMap(({ model }) => model.loaded);
  }

  /** In low VRAM mode, for a network that is none of theirs. */
  async makeWay(): Promise<void> {
    for (const { model } of this.#all) await model.makeWay();
  }

  async release(): Promise<void> {
    const all = this.#all;
    this.#all = [];
    for (const { model } of all) await model.release();
  }

  #find(record: StoredModel): AtHand | undefined {
    return this.#all.find(({ model }) => sameNetworks(model.record, record));
  }

  async #release(one: AtHand): Promise<void> {
    this.#all = this.#all.filter((other) => other !== one);
    await one.model.release();
  }
}

/** Whether what is loaded for one record serves the other: a sidecar or the person may have changed what shapes cannot tell. */
function sameNetworks(a: StoredModel, b: StoredModel): boolean {
  const deciding = ({ sha256, predictionOverride, detection, buffers, soundPositions }: StoredModel) =>
    JSON.stringify([sha256, predictionOverride, detection, buffers, soundPositions ?? false]);
  return deciding(a) === deciding(b);
}
