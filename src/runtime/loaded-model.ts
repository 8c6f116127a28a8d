// A model of the library with its networks, ready to be called. Networks are loaded when they are first
// needed, or beforehand by `prepare`.
import { NO_ADD_ONS, type ModelAddOns } from '../add-ons/weight-changes.ts';
import { familyOf, textInfoOf } from '../families/families.ts';
import type { Family } from '../families/family.ts';
import type { Precision } from '../graph/types.ts';
import { getChunks, noteVaeOverflow } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import type { FileBuffers } from '../models/buffers.ts';
import { probePrediction } from '../models/prediction-probe.ts';
import { stateName, textEncoderNetwork, type TextInputs } from '../models/text-encoder.ts';
import type { Prediction } from '../sampling/types.ts';
import type { TextEncoderConfig, TinyVaeSizes, UNetConfig, VaeConfig } from '../models/types.ts';
import { tinyDecoderNetwork, tinyEncoderNetwork } from '../models/taesd.ts';
import { notesOf } from '../models/attention-changes.ts';
import { controlPlanes, controlUseOf, type ControlledInputs } from '../models/control/units.ts';
import { mergesTokens, unetNetwork } from '../models/unet.ts';
import { ChangedWeights } from './changed-weights.ts';
import { InterruptedError } from './errors.ts';
import { JoinedWeights } from './joined-weights.ts';
import { DEFAULT_LOAD_OPTIONS, type LoadOptions } from './load-options.ts';
import { LoadedControls } from './loaded-control.ts';
import { LoadedVae } from './loaded-vae.ts';
import type { NetworkEvent } from './network-event.ts';
import { nameOfEncoder } from './network-names.ts';
import type { EncodedText, Networks, TextState } from './networks.ts';
import type { Device, Executor } from './executor.ts';
import type { LoadedNetwork } from './kernel-choice.ts';
import type { ModelWeights } from './session.ts';
import { Sessions } from './sessions.ts';
import { turn } from './turn.ts';
import { StoredWeights } from './weights.ts';

type OnEvent = (event: NetworkEvent) => void;

/** The UNet without its deep blocks. */
const ABOVE = 'UNet above';

export class LoadedModel implements Networks {
  readonly latentChannels: number;
  readonly unetChannels: number;
  readonly contextDim: number;
  readonly vectorDim: number | null;
  readonly #sessions: Sessions;
  /** Null for a checkpoint without one, until the person chooses one. */
  #vae: LoadedVae | null = null;
  #vaeOf: StoredModel | null = null;
  /** Stays at hand in low VRAM mode, too: it is small, and previews come between the UNet's calls. */
  readonly #tinySessions: Sessions;
  readonly #controls: LoadedControls;
  #taesd: TinyFile | null = null;
  #taesdEncoder: TinyFile | null = null;
  #addOns = NO_ADD_ONS;
  /** With IP-Adapters' beside them. */
  readonly #joined: JoinedWeights;
  /** ... and what add-ons make of them. */
  readonly #weights: ChangedWeights;
  /** How the UNet is built that is loaded. */
  #unetForm = '';
  #prediction: Prediction = 'epsilon';
  #options = DEFAULT_LOAD_OPTIONS;

  private constructor(
    /** As the library has it now: a new name needs no new load. */
    public record: StoredModel,
    readonly family: Family,
    executor: Executor,
    readonly precision: Precision,
    weights: StoredWeights,
    private readonly ownVae: VaeConfig | null,
    readonly unetConfig: UNetConfig,
    readonly textEncoders: readonly TextEncoderConfig[],
    private readonly onEvent: OnEvent,
  ) {
    this.#joined = new JoinedWeights(weights);
    this.#weights = new ChangedWeights(this.#joined);
    this.#sessions = new Sessions(executor, onEvent);
    this.#tinySessions = new Sessions(executor, onEvent);
    this.#controls = new LoadedControls(this.#sessions, unetConfig, weights, precision);
    this.latentChannels = unetConfig.outChannels;
    this.unetChannels = unetConfig.inChannels;
    this.contextDim = unetConfig.contextDim;
    this.vectorDim = unetConfig.vectorDim;
    this.#useOwnVae();
  }

  /**
   * `shaderF16`: whether the device computes in float16. `onEvent` hears of progress, also later. Loads all networks that
   * `options` want at hand, and rejects with InterruptedError between two of them once `stopped()`.
   */
  static async load(
    record: StoredModel,
    { executor, shaderF16 }: Pick<Device, 'executor' | 'shaderF16'>,
    options: LoadOptions,
    onEvent: OnEvent,
    stopped: () => boolean = () => false,
  ): Promise<LoadedModel> {
    const { kind, networks } = record.detection;
    const family = familyOf(kind);
    if (!family || networks?.textEncoders.length !== family.text.encoders.length) {
      throw new Error(`The model "${record.name}" is not complete: its record names no text encoder.`);
    }
    const { unet, vae, textEncoders } = networks;
    const precision: Precision = shaderF16 && executor.backend === 'webgpu' ? 'float16' : 'float32';
    const weights = new StoredWeights(record, await getChunks(record));
    const model = new LoadedModel(
      record,
      family,
      executor,
      precision,
      weights,
      vae,
      unet,
      textEncoders,
      onEvent,
    );
    try {
      await model.prepare(options, stopped);
      await model.#settlePrediction();
      return model;
    } catch (error) {
      await model.release().catch(() => undefined);
      throw error;
    }
  }

  get prediction(): Prediction {
    return this.#prediction;
  }

  /** Tells of our kernels' programs as they are made; null ends that. */
  watchPrograms(onProgram: Sessions['onProgram'] | null): void {
    this.#sessions.onProgram = onProgram ?? (() => undefined);
  }

  /** Those that are loaded now. */
  get loaded(): readonly LoadedNetwork[] {
    return [...this.#sessions.loaded, ...this.#tinySessions.loaded];
  }

  get buffers(): FileBuffers {
    return this.record.buffers ?? {};
  }

  /**
   * Takes over the options, and loads what they want at hand. Rejects with InterruptedError once `stopped()`: what is not
   * loaded yet is loaded when it is needed. After any other rejection the model can only be released.
   */
  async prepare(options: LoadOptions, stopped: () => boolean = () => false): Promise<void> {
    const before = this.#options;
    this.#options = options;
    this.#sessions.oneAtATime = options.lowVram;
    await this.#sessions.use(options.kernels);
    await this.#tinySessions.use(options.kernels);
    // Two UNets at once may be more than the memory holds. In float32 attention is the same either way.
    const upcast = before.upcastAttention !== options.upcastAttention && this.precision === 'float16';
    if (upcast || before.circular !== options.circular) await this.#sessions.release('UNet', ABOVE);
    await this.#use(options.addOns, stopped);
    await this.#controls.choose(options.controls);
    await this.#join([...options.images.map(({ adapter }) => adapter), ...options.lites]);
    await this.#chooseVae(options.vae);
    await this.#vae?.prepare(options);
    this.#taesd = await this.#tiny('TAESD', this.#taesd, options.taesd);
    this.#taesdEncoder = await this.#tiny('TAESD encoder', this.#taesdEncoder, options.taesdEncoder);
    if (options.lowVram) return;
    const networks = [
      ...this.textEncoders.map((_, encoder) => () => this.#textSession(encoder)),
      () =>
        this.#unetSession(options, {
          controlled: options.controls.length > 0,
          references: options.references,
          images: options.images.length > 0,
        }),
      async () => this.#vae?.open(),
    ];
    for (const open of networks) {
      await turn();
      if (stopped()) throw new InterruptedError();
      await open();
    }
  }

  /** Weights that add-ons change are replaced where our kernels compute; onnxruntime's networks that read them are loaded anew. */
  async #use(addOns: ModelAddOns, stopped: () => boolean): Promise<void> {
    const before = this.#addOns;
    // There may be something left of a change that was interrupted.
    if (keyOf(before) === keyOf(addOns)) return this.#sessions.changed(this.#weights, new Set(), stopped);
    await addOns.changes?.load();
    await addOns.hypernetworks?.load();
    this.#addOns = addOns;
    const names = this.#weights.use(addOns);
    // With these it is another network.
    if (partsOf(before) !== partsOf(addOns)) await this.#sessions.release('UNet', ABOVE);
    await this.#sessions.changed(this.#weights, names, stopped);
  }

  /** Tells what text encoders give apart from what they give with other changes. */
  get textKey(): string {
    const { mix, changes } = this.#addOns;
    return `${mix ? [...new Set(mix.keys.values())].join() : ''} ${changes?.textKey ?? ''}`;
  }

  async encodeText(encoder: number, text: TextInputs, { layer, finalNorm }: TextState): Promise<EncodedText> {
    const config = this.textEncoders[encoder]!;
    const state = stateName(config, layer, finalNorm);
    const outputs = textInfoOf(this.family, config).pooled ? [state, 'pooled'] : [state];
    const session = await this.#textSession(encoder);
    const [states, pooled = null] = await session.runAll(text, outputs);
    return { states: states!, pooled };
  }

  async unet(asked: ControlledInputs): Promise<Float32Array> {
    const { units, onNote, takeDeep, ...inputs } = asked;
    const { heads } = this.unetConfig;
    const control =
      units &&
      (await controlPlanes(this.unetConfig, asked, (unit) => this.#controls.run(unit, inputs, heads)));
    const form = {
      controlled: units !== undefined,
      references: asked.references !== undefined,
      images: asked.images !== undefined,
    };
    const given = { ...inputs, ...(control && { control }) };
    if (takeDeep && !onNote) {
      const deep = await takeDeep();
      return (await this.#unetSession(asked, form, true)).run({ ...given, deep });
    }
    const session = await this.#unetSession(asked, form);
    const notes = onNote ? notesOf(asked.changes ?? []) : [];
    const [out, ...noted] = await session.runAll(given, ['out', ...notes]);
    notes.forEach((name, i) => onNote?.(name, noted[i]!));
    return out!;
  }

  async decode(latent: Float32Array, height: number, width: number): Promise<Float32Array> {
    return this.#someVae().decode(latent, height, width);
  }

  /** Whether the options have one. */
  get hasTinyDecoder(): boolean {
    return this.#taesd !== null;
  }

  /** `decode`, by the tiny decoder. */
  async decodeTiny(latent: Float32Array, height: number, width: number): Promise<Float32Array> {
    const { sizes, weights } = chosen(this.#taesd);
    const build = () => tinyDecoderNetwork(sizes, weights, this.precision);
    const session = await this.#tinySessions.open('TAESD', weights, build);
    return session.run({ latent, batch: 1, height, width });
  }

  /** `encode`, by the tiny encoder: in float32, as the VAE's. */
  async encodeTiny(image: Float32Array, height: number, width: number): Promise<Float32Array> {
    const { sizes, weights } = chosen(this.#taesdEncoder);
    const build = () => tinyEncoderNetwork(sizes, weights, 'float32');
    const session = await this.#tinySessions.open('TAESD encoder', weights, build);
    return session.run({ image, batch: 1, height, width });
  }

  async encode(image: Float32Array, height: number, width: number): Promise<Float32Array> {
    return this.#someVae().encode(image, height, width);
  }

  /** In low VRAM mode, what is loaded goes, and comes back when it is needed. */
  async makeWay(): Promise<void> {
    if (this.#options.lowVram) await this.#sessions.release();
  }

  async release(): Promise<void> {
    await this.#tinySessions.release();
    await this.#sessions.release();
  }

  #someVae(): LoadedVae {
    if (this.#vae) return this.#vae;
    throw new Error(`The checkpoint "${this.record.name}" has no VAE, and none is chosen.`);
  }

  #load(file: StoredModel, config: VaeConfig, weights: ModelWeights): LoadedVae {
    const precision = file.vaeOverflows ? 'float32' : this.precision;
    // Where it cannot be written, the next visit finds out again.
    const onOverflow = () => {
      // That of a mixture says nothing of the file.
      if (!this.#addOns.mix) void noteVaeOverflow(file.sha256).catch(() => undefined);
    };
    return new LoadedVae(config, weights, this.#sessions, precision, this.onEvent, onOverflow);
  }

  /** Latents are the checkpoint's, whoever encodes and decodes them. */
  get scaleFactor(): number {
    return this.ownVae?.scaleFactor ?? this.family.latent.scaleFactor;
  }

  #useOwnVae(): void {
    this.#vae = this.ownVae && this.#load(this.record, this.ownVae, this.#weights);
    this.#vaeOf = null;
  }

  /** The UNet and the text encoders stay where they are. Null: the checkpoint's own. */
  async #chooseVae(file: StoredModel | null): Promise<void> {
    if (this.#vaeOf?.sha256 === file?.sha256) return;
    await this.#vae?.release();
    if (file === null) return this.#useOwnVae();
    const sizes = file.detection.vae;
    if (!sizes) throw new Error(`"${file.name}" is no VAE.`);
    const { scaleFactor } = this;
    const weights = new StoredWeights(file, await getChunks(file));
    this.#vae = this.#load(file, { ...sizes, scaleFactor }, weights);
    this.#vaeOf = file;
  }

  /** What is computed within the UNet. UNets that look through other adapters than before are others, so that nothing is left of those that go. */
  async #join(files: readonly StoredModel[]): Promise<void> {
    const others = new Map<string, StoredWeights>();
    for (const file of files) others.set(prefixOf(file), new StoredWeights(file, await getChunks(file)));
    this.#joined.use(others);
  }

  /** What is loaded of `before` is kept where it is the same file. */
  async #tiny(what: string, before: TinyFile | null, file: StoredModel | null): Promise<TinyFile | null> {
    if (before?.sha256 === file?.sha256) return before;
    await this.#tinySessions.release(what);
    const sizes = file?.detection.tinyVae;
    if (!file || !sizes) return null;
    return { sha256: file.sha256, sizes, weights: new StoredWeights(file, await getChunks(file)) };
  }

  #textSession(encoder: number) {
    const config = this.textEncoders[encoder]!;
    const { pooled, exact } = textInfoOf(this.family, config);
    const { positionIds } = this.buffers;
    const own = config.type === 'clip' && positionIds && !this.record.soundPositions ? { positionIds } : {};
    return this.#sessions.open(nameOfEncoder(encoder), this.#weights, () =>
      textEncoderNetwork(config, this.#weights, exact ? 'float32' : this.precision, { pooled, ...own }),
    );
  }

  /**
   * With or without token merging, whatever the ratio, with the changes that extensions ask for, with or without what control networks add,
   * and looking at pictures or not: one of them at a time.
   */
  async #unetSession(
    { tokenMerging: ratio = 0, changes = [] }: Pick<ControlledInputs, 'tokenMerging' | 'changes'>,
    { controlled, references, images: looks }: UNetForm,
    takesDeep = false,
  ) {
    const { upcastAttention, circular, controls } = this.#options;
    const slots = this.#options.images.map(({ adapter, masked }) => ({ prefix: prefixOf(adapter), masked }));
    const images = looks ? slots : [];
    const lites = this.#options.lites.map((file) => ({ prefix: prefixOf(file) }));
    const merges = !references && lites.length === 0;
    const tokenMerging = merges && mergesTokens(this.unetConfig, ratio);
    const networks = controls.flatMap(({ detection }) => detection.control ?? []);
    const control = controlUseOf(controlled ? networks : []);
    const form = JSON.stringify({ tokenMerging, control, changes, references, images, lites });
    if (this.#unetForm !== form) await this.#sessions.release('UNet', ABOVE);
    this.#unetForm = form;
    const weights = this.#weights;
    const hypernetworks = this.#addOns.hypernetworks?.used ?? [];
    return this.#sessions.open(takesDeep ? ABOVE : 'UNet', weights, () =>
      unetNetwork(this.unetConfig, weights, this.precision, {
        upcastAttention,
        tokenMerging,
        circular,
        hypernetworks,
        control,
        changes,
        references,
        images,
        lites,
        takesDeep,
      }),
    );
  }

  /** The person's word first, then what the file or its sidecar says, then one look at what the UNet does. */
  async #settlePrediction(): Promise<void> {
    const known = this.record.predictionOverride ?? this.record.detection.prediction?.value;
    // The UNet that is at hand is asked.
    const { tokenMerging, changes } = this.#options;
    const { contextDim, unetChannels } = this;
    const { controls, references } = this.#options;
    const beside = {
      ...(controls.length > 0 && { units: [] }),
      ...(references && { references: { pictures: [], negative: [false] } }),
    };
    const unet = (inputs: ControlledInputs) => this.unet({ ...inputs, tokenMerging, changes, ...beside });
    this.#prediction = known ?? (await probePrediction({ contextDim, unetChannels, unet }));
  }
}

/** What a UNet is built for besides itself. */
interface UNetForm {
  /** What control networks add. */
  readonly controlled: boolean;
  /** Pictures that self-attention looks at. */
  readonly references: boolean;
  /** ... and that cross-attention looks at. */
  readonly images: boolean;
}

/** Before the names of a file's tensors among the UNet's. */
function prefixOf({ sha256 }: StoredModel): string {
  return `beside.${sha256}.`;
}

/** Tells add-ons from others. */
function keyOf({ mix, changes, hypernetworks }: ModelAddOns): string {
  return JSON.stringify([[...(mix?.keys ?? [])], [...(changes?.keys ?? [])], hypernetworks?.key ?? '']);
}

/** Tells add-ons apart that add to a network: hypernetworks, and biases of layers without one. */
function partsOf({ changes, hypernetworks }: ModelAddOns): string {
  return JSON.stringify([[...(changes?.added.keys() ?? [])], hypernetworks?.key ?? '']);
}

/** One half of a tiny VAE, in its file. */
interface TinyFile {
  readonly sha256: string;
  readonly sizes: TinyVaeSizes;
  readonly weights: StoredWeights;
}

function chosen(file: TinyFile | null): TinyFile {
  if (!file) throw new Error('No such tiny VAE is chosen.');
  return file;
}
