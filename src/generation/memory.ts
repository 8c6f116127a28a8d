// How much of the GPU's memory a request needs, and what to do where there is less.
//
// WebGPU does not tell how much memory a GPU has. So it is the person who says, or a common size is assumed.
import { activationBytes, type ActivationBytes } from '../graph/memory.ts';
import type { Graph } from '../graph/graph.ts';
import { product } from '../graph/shapes.ts';
import type { Precision, WeightCatalog } from '../graph/types.ts';
import { cutTiles, heightOf, widthOf } from '../image/tiles.ts';
import type { StoredModel } from '../library/types.ts';
import type { Network } from '../models/network.ts';
import { textEncoderNetwork } from '../models/text-encoder.ts';
import { unetNetwork } from '../models/unet.ts';
import { vaeDecoderNetwork } from '../models/vae.ts';
import { decoderStemNetwork, decoderTileNetwork, decoderTiles } from '../models/vae-tiles.ts';
import { TILE_SIZE } from './tiled-vae.ts';
import { roomOf, type MemoryOptions, type MemoryPlan } from './memory-options.ts';
import type { RequestSize } from './types.ts';

/** A1111's users know this as the size from which a VAE needs care. */
const TILED_VAE_ABOVE = 768 * 768;
/** onnxruntime keeps freed buffers, of sizes that it rounds up. */
const POOLING = 1.2;
/** Shaders, the browser's own pictures, readback. */
const FIXED_BYTES = 250e6;

interface Need extends ActivationBytes {
  readonly weights: number;
}

/** The needs of each network. */
export interface MemoryNeeds {
  readonly text: Need;
  readonly unet: Need;
  readonly vae: Need;
  readonly tiledVae: Need;
}

/** Null for models that cannot make pictures. */
export function memoryNeeds(
  model: Pick<StoredModel, 'detection' | 'tensors'>,
  { width, height, batchSize }: RequestSize,
  shaderF16: boolean,
): MemoryNeeds | null {
  const { networks } = model.detection;
  const encoder = networks?.textEncoders[0];
  if (!networks?.vae || !encoder) return null;
  const { unet, vae } = networks;
  const shapes = new Map(model.tensors.map(({ name, shape }) => [name, shape]));
  const catalog: WeightCatalog = { shapeOf: (name) => shapes.get(name) };
  const precision: Precision = shaderF16 ? 'float16' : 'float32';
  const [h, w] = [Math.ceil(height / 8), Math.ceil(width / 8)];
  // Prompt and negative prompt in one call.
  const batch = 2 * batchSize;
  const latent = new Float32Array(vae.latentChannels * h * w);

  const stem = needOf(decoderStemNetwork(vae, catalog, precision), { latent, batch: 1, height: h, width: w });
  const shape = decoderTiles(vae);
  const { featureScale, pictureScale, halo } = shape;
  const [rows, columns] = [h * featureScale, w * featureScale];
  const tiles = cutTiles(rows, columns, TILE_SIZE / pictureScale, halo);
  const sides = [
    Math.max(...tiles.map(({ whole }) => heightOf(whole))),
    Math.max(...tiles.map(({ whole }) => widthOf(whole))),
  ] as const;
  const tiled = needOf(decoderTileNetwork(vae, catalog, precision), {
    planes: new Float32Array(shape.channels * sides[0] * sides[1]),
    height: sides[0],
    width: sides[1],
    core: { top: 0, left: 0, bottom: sides[0], right: sides[1] },
    statistics: null,
  });
  return {
    text: needOf(textEncoderNetwork(encoder, catalog, 'float32'), {
      tokens: new Int32Array(2 * encoder.positions),
      chunks: 2,
    }),
    unet: needOf(unetNetwork(unet, catalog, precision), {
      x: new Float32Array(batch * unet.inChannels * h * w),
      batch,
      height: h,
      width: w,
      timesteps: new Array<number>(batch).fill(0),
      context: new Float32Array(batch * encoder.positions * unet.contextDim),
      tokens: encoder.positions,
      ...(unet.vectorDim === null ? {} : { vector: new Float32Array(batch * unet.vectorDim) }),
    }),
    vae: needOf(vaeDecoderNetwork(vae, catalog, precision), { latent, batch: 1, height: h, width: w }),
    tiledVae: {
      weights: stem.weights + tiled.weights,
      peak: Math.max(stem.peak, tiled.peak),
      largest: Math.max(stem.largest, tiled.largest),
    },
  };
}

function needOf<I>({ graph, feeds }: Network<I>, inputs: I): Need {
  return { weights: weightsOf(graph), ...activationBytes(graph, feeds(inputs)) };
}

function weightsOf({ weights, precision }: Graph): number {
  return weights.reduce((sum, { shape }) => sum + product(shape), 0) * (precision === 'float16' ? 2 : 4);
}

/** What is switched on, and what it takes. Where the person left it open: the quickest way that fits, or else the leanest. */
export function planMemory(
  needs: MemoryNeeds,
  options: MemoryOptions,
  { width, height }: RequestSize,
  maxBufferSize: number,
): MemoryPlan {
  const room = roomOf(options);
  const lowVram = options.lowVram === 'auto' ? [false, true] : [options.lowVram === 'on'];
  const worthTiling = width * height > TILED_VAE_ABOVE;
  const tiledVae =
    options.tiledVae === 'auto' ? (worthTiling ? [false, true] : [false]) : [options.tiledVae === 'on'];
  const plans = lowVram.flatMap((low) =>
    tiledVae.map((tiled) => ({ lowVram: low, tiledVae: tiled, ...bytesOf(needs, low, tiled) })),
  );
  const fits = ({ tiledVae, bytes }: MemoryPlan) => {
    const largest = tiledVae ? needs.tiledVae.largest : needs.vae.largest;
    return bytes <= room && (maxBufferSize === 0 || largest <= maxBufferSize);
  };
  return plans.find(fits) ?? plans.reduce((least, plan) => (plan.bytes <= least.bytes ? plan : least));
}

function bytesOf(
  { text, unet, vae, tiledVae }: MemoryNeeds,
  lowVram: boolean,
  tiled: boolean,
): Pick<MemoryPlan, 'bytes' | 'working'> {
  const networks = [text, unet, tiled ? tiledVae : vae];
  const peaks = networks.map(({ weights, peak }) => (lowVram ? weights : 0) + POOLING * peak);
  const resident = lowVram ? 0 : networks.reduce((sum, { weights }) => sum + weights, 0);
  const working = FIXED_BYTES + Math.max(...peaks);
  return { bytes: resident + working, working };
}

/** What would need less memory than the request that ran out of it: sentences for a person. */
export function memoryAdvice(request: RequestSize, plan: MemoryPlan): string {
  const { width, height, batchSize } = request;
  const lower: string[] = [];
  if (batchSize > 1)
    lower.push(`lower the batch size (${batchSize} now; "Batch count" makes as many pictures)`);
  if (!plan.lowVram) lower.push('switch on "Low VRAM mode" in Settings');
  if (!plan.tiledVae && width * height > TILED_VAE_ABOVE) lower.push('switch on "Tiled VAE" in Settings');
  if (width * height > 512 * 512) lower.push(`make a smaller picture (${width} x ${height} now)`);
  const close = 'Close other tabs and programs that use the GPU';
  return lower.length === 0
    ? `${close}, and try again.`
    : `${close}, or ${lower.join(', or ')}; then try again.`;
}
