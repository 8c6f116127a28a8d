// A VAE with its networks: the checkpoint's own, or one from a file of its own.
import type { Precision } from '../graph/types.ts';
import { cutOut } from '../image/tiles.ts';
import type { VaeConfig } from '../models/types.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../models/vae.ts';
import {
  decoderStemNetwork,
  decoderTileNetwork,
  encoderStemNetwork,
  encoderTileNetwork,
  type VaeTileInputs,
} from '../models/vae-tiles.ts';
import type { LoadOptions } from './load-options.ts';
import type { NetworkEvent } from './network-event.ts';
import type { ModelWeights, Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { decodeInTiles, encodeInTiles, type RunTile } from './tiled-vae.ts';

export class LoadedVae {
  #tiled = false;
  /** The same where the VAE turns out to need float32, and so twice the memory. */
  #tiledInFloat32 = false;
  /** Opposite edges continue each other. */
  #circular = false;
  #precision: Precision;

  /** `onOverflow`: it turned out to leave the range of float16. */
  constructor(
    private readonly config: VaeConfig,
    private readonly weights: ModelWeights,
    private readonly sessions: Pick<Sessions, 'open' | 'release'>,
    precision: Precision,
    private readonly onEvent: (event: NetworkEvent) => void,
    private readonly onOverflow: () => void,
  ) {
    this.#precision = precision;
  }

  /** How pictures are taken from now on: in tiles or whole, and whether their opposite edges continue each other. */
  async prepare({
    tiledVae,
    tiledVaeInFloat32,
    circular,
  }: Pick<LoadOptions, 'tiledVae' | 'tiledVaeInFloat32' | 'circular'>): Promise<void> {
    if (this.#tiled !== tiledVae || this.#circular !== circular) await this.release();
    this.#tiled = tiledVae;
    this.#tiledInFloat32 = tiledVaeInFloat32;
    this.#circular = circular;
  }

  /** Loads what decoding needs. */
  async open(): Promise<void> {
    await (this.#tiled ? this.#decoderTile() : this.#decoder());
  }

  /** A float16 VAE can overflow to NaN; then it is loaded again in float32, which is said once. */
  async decode(latent: Float32Array, height: number, width: number): Promise<Float32Array> {
    const image = await this.#decode(latent, height, width);
    if (this.#precision === 'float32' || isFinite(image)) return image;
    this.onEvent({
      type: 'warning',
      message:
        'The VAE gave NaN in float16; pictures are decoded with it in float32 from now on. This needs more memory.',
    });
    await this.release();
    this.#precision = 'float32';
    this.#tiled = this.#tiledInFloat32;
    this.onOverflow();
    return this.#decode(latent, height, width);
  }

  /**
   * The encoder is needed rarely, so it is loaded for the call alone; in float32, since everything that follows starts
   * from its result. Whole where opposite edges continue each other: its downsampling does not look across them, which tiles that
   * lie across an edge could not tell.
   */
  async encode(image: Float32Array, height: number, width: number): Promise<Float32Array> {
    const { config, weights, sessions } = this;
    const circular = this.#circular;
    try {
      if (!this.#tiled || circular) {
        const build = () => vaeEncoderNetwork(config, weights, 'float32', { circular });
        const encoder = await sessions.open('VAE encoder', weights, build);
        const mean = await encoder.run({ image, batch: 1, height, width }, 'mean');
        return mean.map((value) => value * config.scaleFactor);
      }
      const tile = await sessions.open('VAE encoder', weights, () =>
        encoderTileNetwork(config, weights, 'float32'),
      );
      const stem = () => encoderStemNetwork(config, weights, 'float32');
      // Tiles are made of whole cells. Otherwise the pixels beyond show a little in the last ones.
      const cell = 2 ** (config.channelMult.length - 1);
      const [rows, columns] = [height - (height % cell), width - (width % cell)];
      const planes = { data: image, channels: config.inChannels, height, width };
      const cells = cutOut(planes, { top: 0, left: 0, bottom: rows, right: columns });
      return await encodeInTiles(
        config,
        {
          tile: runTile(tile),
          stem: async (features) =>
            (await sessions.open('VAE encoder stem', weights, stem)).run(features, 'mean'),
        },
        cells.data,
        rows,
        columns,
      );
    } finally {
      await sessions.release('VAE encoder', 'VAE encoder stem');
    }
  }

  async release(): Promise<void> {
    await this.sessions.release('VAE', 'VAE stem', 'VAE tile');
  }

  async #decode(latent: Float32Array, height: number, width: number): Promise<Float32Array> {
    const inputs = { latent, batch: 1, height, width };
    const wraps = this.#circular;
    if (!this.#tiled) return (await this.#decoder()).run(inputs);
    const parts = {
      stem: async (whole: typeof inputs) => {
        const build = () =>
          decoderStemNetwork(this.config, this.weights, this.#precision, { circular: wraps });
        return (await this.sessions.open('VAE stem', this.weights, build)).run(whole);
      },
      tile: async (tile: VaeTileInputs) => runTile(await this.#decoderTile())(tile),
    };
    const onTile = (done: number, total: number): void =>
      this.onEvent({ type: 'loading', what: 'Decoding tiles', fraction: done / total });
    return decodeInTiles(this.config, parts, latent, height, width, { wraps, onTile });
  }

  #decoder() {
    const circular = this.#circular;
    const build = () => vaeDecoderNetwork(this.config, this.weights, this.#precision, { circular });
    return this.sessions.open('VAE', this.weights, build);
  }

  #decoderTile() {
    const build = () => decoderTileNetwork(this.config, this.weights, this.#precision);
    return this.sessions.open('VAE tile', this.weights, build);
  }
}

function runTile(session: Session<VaeTileInputs>): RunTile {
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
