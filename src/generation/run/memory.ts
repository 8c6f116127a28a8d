// How much of the GPU's memory a request needs, and what to do where there is less.
//
// WebGPU does not tell how much memory a GPU has. So it is the person who says, or a common size is assumed.
import { familyOf, textInfoOf } from '../../families/families.ts';
import { BufferPool } from '../../graph/buffer-pool.ts';
import { planRun, type RunPlan } from '../../graph/memory.ts';
import type { Graph } from '../../graph/graph.ts';
import { product } from '../../graph/shapes.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { cutTiles, heightOf, widthOf } from '../../image/tiles.ts';
import type { StoredModel } from '../../library/types.ts';
import type { Network } from '../../models/network.ts';
import { textEncoderNetwork } from '../../models/text-encoder.ts';
import { unetNetwork } from '../../models/unet.ts';
import { vaeDecoderNetwork } from '../../models/vae.ts';
import { decoderStemNetwork, decoderTileNetwork, decoderTiles } from '../../models/vae-tiles.ts';
import { TILE_SIZE } from '../../runtime/tiled-vae.ts';
import { roomOf, type MemoryOptions, type MemoryPlan } from './memory-options.ts';
import type { RequestSize } from '../request/request.ts';

/** Below this, tiles save next to nothing. */
const TILED_VAE_ABOVE = 512 * 512;
/** Shaders, the browser's own pictures, readback. */
const FIXED_BYTES = 250e6;

/** Bytes. */
interface Need {
  readonly weights: number;
  /** All buffers beside the weights, at the peak of a run on its own. */
  readonly peak: number;
  /** The largest of them: no buffer of the device may be smaller. */
  readonly largest: number;
}

export interface MemoryNeeds {
  readonly text: readonly Need[];
  readonly unet: Need;
  readonly vae: Need;
  readonly tiledVae: Need;
  /** The peak, beside all weights, of runs one after the other that leave their buffers to each other. */
  readonly together: { readonly vae: number; readonly tiledVae: number };
}

/** Null for models that cannot make pictures. */
export function memoryNeeds(
  model: Pick<StoredModel, 'detection' | 'tensors' | 'vaeOverflows'>,
  { width, height, batchSize }: RequestSize,
  shaderF16: boolean,
): MemoryNeeds | null {
  const { kind, networks } = model.detection;
  const family = familyOf(kind);
  const positions = networks?.textEncoders[0]?.positions;
  if (!family || !networks?.vae || positions === undefined) return null;
  const { unet, vae, textEncoders } = networks;
  const shapes = new Map(model.tensors.map(({ name, shape }) => [name, shape]));
  const catalog: WeightCatalog = { shapeOf: (name) => shapes.get(name) };
  const precision: Precision = shaderF16 ? 'float16' : 'float32';
  const vaePrecision = model.vaeOverflows ? 'float32' : precision;
  const [h, w] = [Math.ceil(height / 8), Math.ceil(width / 8)];
  // Prompt and negative prompt in one call.
  const batch = 2 * batchSize;
  const latent = new Float32Array(vae.latentChannels * h * w);

  const stem = runOf(decoderStemNetwork(vae, catalog, vaePrecision), {
    latent,
    batch: 1,
    height: h,
    width: w,
  });
  const shape = decoderTiles(vae);
  const { featureScale, pictureScale, halo } = shape;
  const [rows, columns] = [h * featureScale, w * featureScale];
  const tiles = cutTiles(rows, columns, TILE_SIZE / pictureScale, halo);
  const sides = [
    Math.max(...tiles.map(({ whole }) => heightOf(whole))),
    Math.max(...tiles.map(({ whole }) => widthOf(whole))),
  ] as const;
  const tile = runOf(decoderTileNetwork(vae, catalog, vaePrecision), {
    planes: new Float32Array(shape.channels * sides[0] * sides[1]),
    height: sides[0],
    width: sides[1],
    core: { top: 0, left: 0, bottom: sides[0], right: sides[1] },
    statistics: null,
  });
  const textRuns = textEncoders.map((encoder) => {
    const { pooled, exact } = textInfoOf(family, encoder);
    return runOf(textEncoderNetwork(encoder, catalog, exact ? 'float32' : precision, { pooled }), {
      tokens: new Int32Array(2 * encoder.positions),
      chunks: 2,
    });
  });
  const unetRun = runOf(unetNetwork(unet, catalog, precision), {
    x: new Float32Array(batch * unet.inChannels * h * w),
    batch,
    height: h,
    width: w,
    timesteps: new Array<number>(batch).fill(0),
    context: new Float32Array(batch * positions * unet.contextDim),
    tokens: positions,
    ...(unet.vectorDim === null ? {} : { vector: new Float32Array(batch * unet.vectorDim) }),
  });
  const vaeRun = runOf(vaeDecoderNetwork(vae, catalog, vaePrecision), {
    latent,
    batch: 1,
    height: h,
    width: w,
  });
  return {
    text: textRuns.map((run) => needOf(run)),
    unet: needOf(unetRun),
    vae: needOf(vaeRun),
    tiledVae: needOf(stem, tile),
    together: {
      vae: runAll(...textRuns, unetRun, vaeRun).peak,
      tiledVae: runAll(...textRuns, unetRun, stem, tile).peak,
    },
  };
}

/** A network and one of its runs. */
interface Run extends RunPlan {
  readonly weights: number;
}

function runOf<I>({ graph, feeds }: Network<I>, inputs: I): Run {
  return { weights: weightsOf(graph), ...planRun(graph, feeds(inputs)) };
}

/** Of networks that run one after the other, and are loaded together. */
function needOf(...runs: readonly Run[]): Need {
  return { weights: runs.reduce((sum, { weights }) => sum + weights, 0), ...runAll(...runs) };
}

function runAll(...runs: readonly Run[]): Pick<Need, 'peak' | 'largest'> {
  const pool = new BufferPool();
  for (const run of runs) run.simulate(pool);
  return { peak: pool.peak, largest: Math.max(...runs.map(({ largest }) => largest)) };
}

function weightsOf({ weights, precision }: Graph): number {
  return weights.reduce((sum, { shape }) => sum + product(shape), 0) * (precision === 'float16' ? 2 : 4);
}

/** What is switched on, and what it takes. Where the person left it open: the quickest way that fits, or else the leanest. */
export function planMemory(needs: MemoryNeeds, options: MemoryOptions, maxBufferSize: number): MemoryPlan {
  const room = roomOf(options);
  const lowVram = options.lowVram === 'auto' ? [false, true] : [options.lowVram === 'on'];
  const tiledVae = options.tiledVae === 'auto' ? [false, true] : [options.tiledVae === 'on'];
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
  { text, unet, vae, tiledVae, together }: MemoryNeeds,
  lowVram: boolean,
  tiled: boolean,
): Pick<MemoryPlan, 'bytes' | 'working'> {
  const networks = [...text, unet, tiled ? tiledVae : vae];
  const weights = lowVram ? 0 : networks.reduce((sum, network) => sum + network.weights, 0);
  const alone = networks.map(({ weights, peak }) => weights + peak);
  const working = FIXED_BYTES + (lowVram ? Math.max(...alone) : tiled ? together.tiledVae : together.vae);
  return { bytes: weights + working, working };
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
