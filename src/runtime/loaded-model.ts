// A model of the library with its networks in onnxruntime, ready to be called. Networks are loaded when they are first
// needed, or beforehand by `prepare`.
import { familyOf, textInfoOf } from '../families/families.ts';
import type { Family } from '../families/family.ts';
import type { Precision } from '../graph/types.ts';
import { getChunks, noteVaeOverflow } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import type { Network } from '../models/network.ts';
import type { FileBuffers } from '../models/buffers.ts';
import { probePrediction } from '../models/prediction-probe.ts';
import { stateName, textEncoderNetwork } from '../models/text-encoder.ts';
import type { Prediction } from '../sampling/types.ts';
import type { TextEncoderConfig, UNetConfig, VaeConfig } from '../models/types.ts';
import { unetNetwork, type UNetInputs } from '../models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../models/vae.ts';
import {
  decoderStemNetwork,
  decoderTileNetwork,
  encoderStemNetwork,
  encoderTileNetwork,
  type VaeTileInputs,
} from '../models/vae-tiles.ts';
import { InterruptedError } from './errors.ts';
import type { NetworkEvent } from './network-event.ts';
import type { EncodedText, Networks, TextState } from './networks.ts';
import { Residents } from './residents.ts';
import { NetworkSession, type Executor } from './session.ts';
import { decodeInTiles, encodeInTiles, type RunTile } from './tiled-vae.ts';
import { turn } from './turn.ts';
import { StoredWeights } from './weights.ts';

/** How the networks are kept and run. */
export interface LoadOptions {
  /** One network at a time is in the GPU's memory. */
  readonly lowVram: boolean;
  readonly tiledVae: boolean;
  /** The same where the VAE turns out to need float32, and so twice the memory. */
  readonly tiledVaeInFloat32: boolean;
  /** Attention in float32 ("Upcast cross attention layer to float32"). */
  readonly upcastAttention: boolean;
}

type OnEvent = (event: NetworkEvent) => void;

export class LoadedModel implements Networks {
  readonly latentChannels: number;
  readonly unetChannels: number;
  readonly contextDim: number;
  readonly vectorDim: number | null;
  readonly #residents = new Residents();
  #prediction: Prediction = 'epsilon';
  #decoderPrecision: Precision;
  #options: LoadOptions = {
    lowVram: false,
    tiledVae: false,
    tiledVaeInFloat32: false,
    upcastAttention: false,
  };

  private constructor(
    /** As the library has it now: a new name needs no new load. */
    public record: StoredModel,
    readonly family: Family,
    private readonly executor: Executor,
    readonly precision: Precision,
    private readonly weights: StoredWeights,
    private readonly vae: VaeConfig,
    private readonly unetConfig: UNetConfig,
    readonly textEncoders: readonly TextEncoderConfig[],
    private readonly onEvent: OnEvent,
  ) {
    this.latentChannels = vae.latentChannels;
    this.unetChannels = unetConfig.inChannels;
    this.contextDim = unetConfig.contextDim;
    this.vectorDim = unetConfig.vectorDim;
    this.#decoderPrecision = record.vaeOverflows ? 'float32' : precision;
  }

  /**
   * `shaderF16`: whether the device computes in float16. `onEvent` hears of progress, also later. Loads all networks that
   * `options` want at hand, and rejects with InterruptedError between two of them once `stopped()`.
   */
  static async load(
    record: StoredModel,
    executor: Executor,
    shaderF16: boolean,
    options: LoadOptions,
    onEvent: OnEvent,
    stopped: () => boolean = () => false,
  ): Promise<LoadedModel> {
    const { kind, networks } = record.detection;
    const family = familyOf(kind);
    if (!family || !networks?.vae || networks.textEncoders.length !== family.text.encoders.length) {
      throw new Error(`The model "${record.name}" is not complete: its record names no VAE or text encoder.`);
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
    this.#residents.oneAtATime = options.lowVram;
    // Two UNets at once may be more than the memory holds. In float32 both are the same.
    if (before.upcastAttention !== options.upcastAttention && this.precision === 'float16') {
      await this.#residents.release('UNet');
    }
    if (before.tiledVae !== options.tiledVae) await this.#releaseVae();
    if (options.lowVram) return;
    const networks = [
      ...this.textEncoders.map((_, encoder) => () => this.#textSession(encoder)),
      () => this.#unetSession(),
      () => (options.tiledVae ? this.#decoderTile() : this.#decoder()),
    ];
    for (const open of networks) {
      await turn();
      if (stopped()) throw new InterruptedError();
      await open();
    }
  }

  async encodeText(
    encoder: number,
    tokens: Int32Array,
    chunks: number,
    { layer, finalNorm }: TextState,
  ): Promise<EncodedText> {
    const config = this.textEncoders[encoder]!;
    const state = stateName(config, layer, finalNorm);
    const outputs = textInfoOf(this.family, config).pooled ? [state, 'pooled'] : [state];
    const session = await this.#textSession(encoder);
    const [states, pooled = null] = await session.runAll({ tokens, chunks }, outputs);
    return { states: states!, pooled };
  }

  async unet(inputs: UNetInputs): Promise<Float32Array> {
    return (await this.#unetSession()).run(inputs);
  }

  /** A float16 VAE can overflow to NaN; then it is loaded again in float32, which is said once, and remembered of the model. */
  async decode(latent: Float32Array, height: number, width: number): Promise<Float32Array> {
    const image = await this.#decode(latent, height, width);
    if (this.#decoderPrecision === 'float32' || isFinite(image)) return image;
    this.onEvent({
      type: 'warning',
      message:
        'The VAE gave NaN in float16; pictures of this model are decoded in float32 from now on. This needs more memory.',
    });
    await this.#releaseVae();
    this.#decoderPrecision = 'float32';
    this.#options = { ...this.#options, tiledVae: this.#options.tiledVaeInFloat32 };
    // Where it cannot be written, the next visit finds out again.
    void noteVaeOverflow(this.record.sha256).catch(() => undefined);
    return this.#decode(latent, height, width);
  }

  /**
   * The encoder is needed rarely, so it is loaded for the call alone; in float32, since everything that follows starts
   * from its result.
   */
  async encode(image: Float32Array, height: number, width: number): Promise<Float32Array> {
    const { vae, weights } = this;
    try {
      if (!this.#options.tiledVae) {
        const encoder = await this.#open('VAE encoder', () => vaeEncoderNetwork(vae, weights, 'float32'));
        const mean = await encoder.run({ image, batch: 1, height, width }, 'mean');
        return mean.map((value) => value * vae.scaleFactor);
      }
      const tile = await this.#open('VAE encoder', () => encoderTileNetwork(vae, weights, 'float32'));
      const stem = () => encoderStemNetwork(vae, weights, 'float32');
      return await encodeInTiles(
        vae,
        {
          tile: runTile(tile),
          stem: async (features) => (await this.#open('VAE encoder stem', stem)).run(features, 'mean'),
        },
        image,
        height,
        width,
      );
    } finally {
      await this.#residents.release('VAE encoder', 'VAE encoder stem');
    }
  }

  async release(): Promise<void> {
    await this.#residents.release();
  }

  async #decode(latent: Float32Array, height: number, width: number): Promise<Float32Array> {
    const inputs = { latent, batch: 1, height, width };
    if (!this.#options.tiledVae) return (await this.#decoder()).run(inputs);
    const parts = {
      stem: async (whole: typeof inputs) => {
        const build = () => decoderStemNetwork(this.vae, this.weights, this.#decoderPrecision);
        return (await this.#open('VAE stem', build)).run(whole);
      },
      tile: async (tile: VaeTileInputs) => runTile(await this.#decoderTile())(tile),
    };
    const onTile = (done: number, total: number): void =>
      this.onEvent({ type: 'loading', what: 'Decoding tiles', fraction: done / total });
    return decodeInTiles(this.vae, parts, latent, height, width, { onTile });
  }

  #textSession(encoder: number) {
    const config = this.textEncoders[encoder]!;
    const { pooled, exact } = textInfoOf(this.family, config);
    const { positionIds } = this.buffers;
    const own = config.type === 'clip' && positionIds && !this.record.soundPositions ? { positionIds } : {};
    return this.#open(encoder === 0 ? 'text encoder' : `text encoder ${encoder + 1}`, () =>
      textEncoderNetwork(config, this.weights, exact ? 'float32' : this.precision, { pooled, ...own }),
    );
  }

  #unetSession() {
    const { upcastAttention } = this.#options;
    return this.#open('UNet', () =>
      unetNetwork(this.unetConfig, this.weights, this.precision, { upcastAttention }),
    );
  }

  #decoder() {
    return this.#open('VAE', () => vaeDecoderNetwork(this.vae, this.weights, this.#decoderPrecision));
  }

  #decoderTile() {
    return this.#open('VAE tile', () => decoderTileNetwork(this.vae, this.weights, this.#decoderPrecision));
  }

  #releaseVae(): Promise<void> {
    return this.#residents.release('VAE', 'VAE stem', 'VAE tile');
  }

  #open<I>(what: string, build: () => Network<I>): Promise<NetworkSession<I>> {
    return this.#residents.get(what, () => {
      const network = build();
      const report = (fraction: number): void => this.onEvent({ type: 'loading', what, fraction });
      report(0);
      const { precision } = network.graph;
      return NetworkSession.create(what, network, precision, this.weights, this.executor, report);
    });
  }

  /** The person's word first, then what the file or its sidecar says, then one look at what the UNet does. */
  async #settlePrediction(): Promise<void> {
    const known = this.record.predictionOverride ?? this.record.detection.prediction?.value;
    this.#prediction = known ?? (await probePrediction(this));
  }
}

function runTile(session: NetworkSession<VaeTileInputs>): RunTile {
  return async (inputs) => {
    const [out, moments] = await session.runAll(inputs, ['out', 'moments']);
    return { out: out!, moments: moments! };
  };
}

function isFinite(values: Float32Array): boolean {
  // A sum is NaN or infinite as soon as one value is; image values are far too small to overflow it.
  let sum = 0;
  for (const value of values) sum += value;
  return Number.isFinite(sum);
}
