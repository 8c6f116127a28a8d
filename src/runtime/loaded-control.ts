// The control networks of a run, on the engine's device, beside the checkpoint whose UNet they steer: each is a network like the others of
// the model, and in low VRAM mode takes turns with them.
import type { Precision } from '../graph/types.ts';
import { getChunks } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import { CONTROL_PREFIX, controlNetwork } from '../models/control/control-net.ts';
import { controlSizes } from '../models/control/file.ts';
import { controlPlaces, type ControlPlace } from '../models/control/ports.ts';
import type { ControlOutput } from '../models/control/sum.ts';
import {
  ADAPTER_PREFIX,
  adapterNetwork,
  adapterOutputs,
  adapterSizes,
} from '../models/control/t2i-adapter.ts';
import { firstChannels, type ActiveUnit } from '../models/control/units.ts';
import type { HeadRule } from '../families/family.ts';
import type { UNetConfig } from '../models/types.ts';
import { sizeAtLevel } from '../models/levels.ts';
import type { UNetInputs } from '../models/unet.ts';
import { controlWeights } from './control-weights.ts';
import type { ModelWeights } from './session.ts';
import { nameOfControl } from './network-names.ts';
import type { Sessions } from './sessions.ts';
import { StoredWeights } from './weights.ts';

interface ControlFile {
  readonly record: StoredModel;
  readonly stored: StoredWeights;
  readonly weights: ModelWeights;
  /** How the attention is cut of the network that is loaded. */
  cut: string;
}

export class LoadedControls {
  readonly #files = new Map<string, ControlFile>();
  /** What adapters have made of a picture, which does not change from step to step. */
  #features = new WeakMap<object, readonly ControlOutput[]>();

  constructor(
    private readonly sessions: Sessions,
    private readonly unet: UNetConfig,
    private readonly unetWeights: StoredWeights,
    private readonly precision: Precision,
  ) {}

  /** From now on those of `files` may be asked; others are let go. */
  async choose(files: readonly StoredModel[]): Promise<void> {
    const wanted = new Set(files.map(({ sha256 }) => sha256));
    for (const [sha256, { record }] of this.#files) {
      if (wanted.has(sha256)) continue;
      await this.sessions.release(nameOfControl(record.name));
      this.#files.delete(sha256);
    }
    for (const record of files) {
      if (this.#files.has(record.sha256)) continue;
      const { control } = record.detection;
      if (!control) throw new Error(`"${record.name}" is no control network.`);
      const stored = new StoredWeights(record, await getChunks(record));
      const names = record.tensors.map(({ name }) => name);
      const weights = controlWeights(control, names, stored, this.unetWeights);
      this.#files.set(record.sha256, { record, stored, weights, cut: '' });
    }
    this.#features = new WeakMap();
  }

  /** Its outputs, in the order of the UNet's places. `heads`: how its attention is cut, unless the unit has another way. */
  async run(unit: ActiveUnit, inputs: UNetInputs, heads: HeadRule): Promise<readonly ControlOutput[]> {
    const file = this.#files.get(unit.network.sha256);
    if (!file) throw new Error(`The control network "${unit.network.name}" is not loaded.`);
    if (unit.network.kind !== 't2i-adapter') return this.#control(file, unit, inputs, heads);
    const known = this.#features.get(unit.hint) ?? (await this.#adapt(file, unit));
    this.#features.set(unit.hint, known);
    return known;
  }

  async #control(
    file: ControlFile,
    { network, hint, controlType, heads: own }: ActiveUnit,
    inputs: UNetInputs,
    heads: HeadRule,
  ): Promise<ControlOutput[]> {
    const { record, weights } = file;
    const sizes = network.kind === 'control-lora' ? this.unet : controlSizes(record.tensors, CONTROL_PREFIX);
    const config = { ...sizes, contextDim: sizes.contextDim || this.unet.contextDim, heads: own ?? heads };
    const places = controlPlaces(config);
    if (JSON.stringify(places) !== JSON.stringify(controlPlaces(this.unet)))
      throw new Error(
        `The ControlNet "${network.name}" has other blocks than the checkpoint: it is for another model.`,
      );
    const { controlTypes } = network;
    const cut = JSON.stringify(config.heads);
    if (file.cut !== cut) await this.sessions.release(nameOfControl(record.name));
    file.cut = cut;
    const session = await this.sessions.open(nameOfControl(record.name), weights, () =>
      controlNetwork(config, weights, this.precision, { controlTypes }),
    );
    const { batch, height, width } = inputs;
    const x = firstChannels(inputs.x, batch, height * width, config.inChannels);
    const names = places.map((_, index) => `control.${index}`);
    const outputs = await session.runAll({ ...inputs, x, hint: hint.data, controlType }, names);
    return outputs.map((data, index) => outputAt(data, places[index]!, inputs));
  }

  async #adapt({ record, stored }: ControlFile, { hint }: ActiveUnit): Promise<ControlOutput[]> {
    const sizes = adapterSizes((name) => stored.shapeOf(ADAPTER_PREFIX + name))!;
    const session = await this.sessions.open(nameOfControl(record.name), stored, () =>
      adapterNetwork(sizes, stored, this.precision),
    );
    const shapes = adapterOutputs(hint, sizes.unshuffle);
    const names = shapes.map((_, index) => `feature.${index}`);
    const outputs = await session.runAll(
      { picture: hint.data, height: hint.height, width: hint.width },
      names,
    );
    return outputs.map((data, index) => ({ data, ...shapes[index]! }));
  }
}

function outputAt(data: Float32Array, { level }: ControlPlace, { height, width }: UNetInputs): ControlOutput {
  return { data, ...sizeAtLevel({ height, width }, level) };
}
