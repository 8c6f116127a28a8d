// LoRAs and hypernetworks that the prompts of a run name: found in the library, opened, and told in the pictures' texts. What A1111 goes
// on without (modules/extra_networks.py), this goes on without as well, and says so.
import { Hypernetworks, type NamedHypernetwork } from '../../add-ons/hypernetworks.ts';
import { readAddOn } from '../../add-ons/file.ts';
import { layersOf, type Layers } from '../../add-ons/layers.ts';
import { blockWeightsOf } from '../../add-ons/lora-blocks.ts';
import { LoraChanges, type OpenedLora } from '../../add-ons/lora-changes.ts';
import { AddOnError } from '../../add-ons/matrix.ts';
import { openModelFile } from '../../add-ons/open.ts';
import type { ModelAddOns, WeightChanges } from '../../add-ons/weight-changes.ts';
import { CheckpointError, type Checkpoint } from '../../checkpoint/types.ts';
import { keptFile } from '../../library/kept-file.ts';
import { findLora, loraHash, lorasAmong } from '../../library/lora-choice.ts';
import { stemOf } from '../../library/named-files.ts';
import { listModels } from '../../library/models.ts';
import type { StoredModel } from '../../library/types.ts';
import {
  ExtraNetworkError,
  parseExtraNetworks,
  readHypernetworkTags,
  readLoraTags,
  type ExtraNetworkTag,
  type LoraRequest,
} from '../../prompt/extra-networks.ts';
import type { NamedHash } from '../request/named-hashes.ts';

/** Kinds of tags of LoRAs, in the order in which A1111 takes them together. */
const LORA_TAGS: readonly string[] = ['lora', 'lyco'];
const HYPERNETWORK_TAG = 'hypernet';

/** Kinds of tags that mean something. */
export const KNOWN_TAGS: readonly string[] = [...LORA_TAGS, HYPERNETWORK_TAG];

export class RunAddOns {
  #listed: Promise<readonly StoredModel[]> | null = null;
  readonly #named = new Map<string, NamedHash>();
  readonly #warned = new Set<string>();
  readonly #made = new Map<string, Promise<ModelAddOns>>();

  constructor(private readonly onWarning: (message: string) => void) {}

  /** LoRAs that were applied so far. */
  get loras(): readonly NamedHash[] {
    return [...this.#named.values()];
  }

  /** What the tags of a prompt ask for over a checkpoint: the files are opened once a run. */
  for(prompt: string, checkpoint: StoredModel): Promise<ModelAddOns> {
    const key = `${checkpoint.sha256} ${prompt}`;
    const made = this.#made.get(key) ?? this.#make(prompt, checkpoint);
    this.#made.set(key, made);
    return made;
  }

  async #make(prompt: string, checkpoint: StoredModel): Promise<ModelAddOns> {
    const { networks } = parseExtraNetworks(prompt);
    const tagsOf = (kinds: readonly string[]) => kinds.flatMap((kind) => networks.get(kind) ?? []);
    return {
      changes: await this.#changes(tagsOf(LORA_TAGS), checkpoint),
      hypernetworks: await this.#hypernetworks(tagsOf([HYPERNETWORK_TAG])),
    };
  }

  async #changes(tags: readonly ExtraNetworkTag[], checkpoint: StoredModel): Promise<WeightChanges | null> {
    const layers = layersOf(checkpoint.tensors);
    const fitting: OpenedLora[] = [];
    for (const request of this.#requestsIn(tags)) {
      const lora = await this.#openLora(request, layers, checkpoint);
      if (lora) fitting.push(lora);
    }
    if (fitting.length === 0) return null;
    return new LoraChanges(layers, fitting, (remark) => this.#warn(remark));
  }

  async #hypernetworks(tags: readonly ExtraNetworkTag[]): Promise<Hypernetworks | null> {
    const named: NamedHypernetwork[] = [];
    for (const { name, strength } of this.#readHypernetworks(tags)) {
      const all = (await this.#models()).filter(
        ({ detection }) => detection.hypernetwork && detection.supported,
      );
      const file = all.find((one) => one.name === name) ?? all.find((one) => stemOf(one.fileName) === name);
      const checkpoint = await this.#open(file, 'hypernetwork', `<hypernet:${name}:...>`, name);
      if (file && checkpoint) named.push({ sha256: file.sha256, strength, checkpoint });
    }
    return named.length === 0 ? null : new Hypernetworks(named);
  }

  #readHypernetworks(tags: readonly ExtraNetworkTag[]) {
    try {
      return readHypernetworkTags(tags);
    } catch (error) {
      if (!(error instanceof ExtraNetworkError)) throw error;
      this.#warn(`${error.message} No hypernetwork of the prompt counts until it can be read.`);
      return [];
    }
  }

  #requestsIn(tags: readonly ExtraNetworkTag[]): readonly LoraRequest[] {
    try {
      return readLoraTags(tags);
    } catch (error) {
      if (!(error instanceof ExtraNetworkError)) throw error;
      this.#warn(`${error.message} No LoRA of the prompt counts until it can be read.`);
      return [];
    }
  }

  /** Null, and a warning, where it has nothing for the checkpoint, either. */
  async #openLora(
    { name, textEncoder: text, unet, dynDim: dyn, named }: LoraRequest,
    layers: Layers,
    { name: model }: StoredModel,
  ): Promise<OpenedLora | null> {
    const found = findLora(lorasAmong(await this.#models()), name);
    const checkpoint = await this.#open(found, 'LoRA', `<lora:${name}:...>`, name);
    if (!found || !checkpoint) return null;
    try {
      const file = readAddOn(checkpoint, layers);
      this.#named.set(name, { name, hash: loraHash(found) });
      const { weights: blocks, problems } = blockWeightsOf(named);
      for (const problem of problems) this.#warn(`<lora:${name}:...>: ${problem}`);
      return { name, sha256: found.sha256, strength: { text, unet, dyn, blocks }, checkpoint, file };
    } catch (error) {
      if (!(error instanceof AddOnError)) throw error;
      this.#warn(`The LoRA "${name}" changes nothing of ${model}. ${error.message}`);
      return null;
    }
  }

  /** Null, and a warning, where it is not there or cannot be read. */
  async #open(
    file: StoredModel | null | undefined,
    what: string,
    tag: string,
    name: string,
  ): Promise<Checkpoint | null> {
    if (!file) {
      this.#warn(
        `The ${what} "${name}" is not in the library. Import its file, or take ${tag} out of the prompt.`,
      );
      return null;
    }
    try {
      return await openModelFile(await keptFile(file));
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      this.#warn(`The ${what} "${name}" cannot be read: ${error.message}`);
      return null;
    }
  }

  #models(): Promise<readonly StoredModel[]> {
    this.#listed ??= listModels();
    return this.#listed;
  }

  #warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.onWarning(message);
  }
}
