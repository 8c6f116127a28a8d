// A model of the library with its networks in onnxruntime, ready to be called.
import type { Precision } from '../graph/types.ts';
import type { GenerationEvent } from '../generation/types.ts';
import type { Networks } from '../generation/networks.ts';
import { getChunks } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import type { Network } from '../models/network.ts';
import { probePrediction } from '../models/prediction-probe.ts';
import { textEncoderNetwork, type TextInputs } from '../models/text-encoder.ts';
import type { Prediction, TextEncoderConfig, UNetConfig, VaeConfig } from '../models/types.ts';
import { unetNetwork, type UNetInputs } from '../models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork, type VaeDecoderInputs } from '../models/vae.ts';
import { NetworkSession, type Executor } from './session.ts';
import { StoredWeights } from './weights.ts';

export class LoadedModel implements Networks {
  readonly latentChannels: number;
  readonly unetChannels: number;
  readonly contextDim: number;
  readonly textEncoder: TextEncoderConfig;
  #prediction: Prediction = 'epsilon';
  #decoder: NetworkSession<VaeDecoderInputs>;
  #decoderPrecision: Precision;
  #unet: NetworkSession<UNetInputs> | null;
  #upcastAttention = false;

  private constructor(
    /** As the library has it now: a new name needs no new load. */
    public record: StoredModel,
    private readonly executor: Executor,
    private readonly precision: Precision,
    private readonly weights: StoredWeights,
    private readonly vae: VaeConfig,
    private readonly unetConfig: UNetConfig,
    textEncoder: TextEncoderConfig,
    private readonly textSession: NetworkSession<TextInputs>,
    unet: NetworkSession<UNetInputs>,
    decoder: NetworkSession<VaeDecoderInputs>,
    private readonly onEvent: (event: GenerationEvent) => void,
  ) {
    this.latentChannels = vae.latentChannels;
    this.unetChannels = unetConfig.inChannels;
    this.contextDim = unetConfig.contextDim;
    this.#unet = unet;
    this.textEncoder = textEncoder;
    this.#decoder = decoder;
    this.#decoderPrecision = precision;
  }

  /** `shaderF16`: whether the device computes in float16. `onEvent` hears of progress, also later (see `decode`). */
  static async load(
    record: StoredModel,
    executor: Executor,
    shaderF16: boolean,
    onEvent: (event: GenerationEvent) => void,
  ): Promise<LoadedModel> {
    const networks = record.detection.networks;
    const textEncoder = networks?.textEncoders[0];
    if (!networks?.vae || !textEncoder) {
      throw new Error(`The model "${record.name}" is not complete: its record names no VAE or text encoder.`);
    }
    const { unet, vae } = networks;
    const precision: Precision = shaderF16 && executor.backend === 'webgpu' ? 'float16' : 'float32';
    const weights = new StoredWeights(record, await getChunks(record));

    const opened: { release(): Promise<void> }[] = [];
    const open = async <I>(what: string, network: Network<I>): Promise<NetworkSession<I>> => {
      const report = (fraction: number): void => onEvent({ type: 'loading', what, fraction });
      report(0);
      const { precision } = network.graph;
      const session = await NetworkSession.create(what, network, precision, weights, executor, report);
      opened.push(session);
      return session;
    };
    try {
      // Small and run once a prompt: in float16, its error on a GPU exceeds what the reference allows.
      const text = await open('text encoder', textEncoderNetwork(textEncoder, weights, 'float32'));
      const unetSession = await open('UNet', unetNetwork(unet, weights, precision));
      const decoder = await open('VAE', vaeDecoderNetwork(vae, weights, precision));
      const model = new LoadedModel(
        record,
        executor,
        precision,
        weights,
        vae,
        unet,
        textEncoder,
        text,
        unetSession,
        decoder,
        onEvent,
      );
      await model.#settlePrediction();
      return model;
    } catch (error) {
      for (const session of opened) await session.release().catch(() => undefined);
      throw error;
    }
  }

  get prediction(): Prediction {
    return this.#prediction;
  }

  encodeText(tokens: Int32Array, chunks: number, clipSkip: number): Promise<Float32Array> {
    const layers = Math.min(clipSkip, this.textEncoder.layers);
    return this.textSession.run({ tokens, chunks }, `skip.${layers}`);
  }

  async unet(inputs: UNetInputs): Promise<Float32Array> {
    if (!this.#unet) throw new Error('The UNet could not be loaded.');
    return this.#unet.run(inputs);
  }

  /**
   * Attention in float32 ("Upcast cross attention layer to float32"). In float16 the UNet is loaded anew when this changes;
   * the other networks stay. After a rejection the model can only be released.
   */
  async useUpcastAttention(upcast: boolean): Promise<void> {
    if (upcast === this.#upcastAttention || this.precision === 'float32') return;
    const network = unetNetwork(this.unetConfig, this.weights, this.precision, { upcastAttention: upcast });
    // Two UNets at once may be more than the memory holds.
    const old = this.#unet;
    this.#unet = null;
    await old?.release();
    const report = (fraction: number) => this.onEvent({ type: 'loading', what: 'UNet', fraction });
    report(0);
    this.#unet = await NetworkSession.create(
      'UNet',
      network,
      this.precision,
      this.weights,
      this.executor,
      report,
    );
    this.#upcastAttention = upcast;
  }

  /** A float16 VAE can overflow to NaN; then it is loaded again in float32, which is said once, and kept. */
  async decode(latent: Float32Array, height: number, width: number): Promise<Float32Array> {
    const inputs: VaeDecoderInputs = { latent, batch: 1, height, width };
    const image = await this.#decoder.run(inputs);
    if (this.#decoderPrecision === 'float32' || isFinite(image)) return image;
    this.onEvent({
      type: 'warning',
      message:
        'The VAE gave NaN in float16; the picture is decoded in float32 instead. This needs a little more memory.',
    });
    await this.#decoder.release();
    this.#decoderPrecision = 'float32';
    this.#decoder = await NetworkSession.create(
      'VAE',
      vaeDecoderNetwork(this.vae, this.weights, 'float32'),
      'float32',
      this.weights,
      this.executor,
    );
    return this.#decoder.run(inputs);
  }

  /**
   * The encoder is needed rarely, so it is loaded for the call alone; in float32, for in float16 its error on a GPU
   * exceeds what the reference allows.
   */
  async encode(image: Float32Array, height: number, width: number): Promise<Float32Array> {
    const session = await NetworkSession.create(
      'VAE encoder',
      vaeEncoderNetwork(this.vae, this.weights, 'float32'),
      'float32',
      this.weights,
      this.executor,
    );
    try {
      const mean = await session.run({ image, batch: 1, height, width }, 'mean');
      return mean.map((value) => value * this.vae.scaleFactor);
    } finally {
      await session.release();
    }
  }

  async release(): Promise<void> {
    for (const session of [this.textSession, this.#unet, this.#decoder]) await session?.release();
  }

  /** The person's word first, then what the file or its sidecar says, then one look at what the UNet does. */
  async #settlePrediction(): Promise<void> {
    const known = this.record.predictionOverride ?? this.record.detection.prediction?.value;
    this.#prediction = known ?? (await probePrediction(this));
  }
}

function isFinite(values: Float32Array): boolean {
  // A sum is NaN or infinite as soon as one value is; image values are far too small to overflow it.
  let sum = 0;
  for (const value of values) sum += value;
  return Number.isFinite(sum);
}
