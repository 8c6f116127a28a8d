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
import { tinyDecoderNetwork } from '../../models/taesd.ts';
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
  /** Nothing, where a checkpoint has none and none is chosen. */
  readonly vae: Need;
  readonly tiledVae: Need;
  /** Of the tiny decoder, which stays beside the others. */
  readonly taesd: Need;
  /** The peak, beside all weights, of runs one after the other that leave their buffers to each other. */
  readonly together: { readonly vae: number; readonly tiledVae: number };
}

/** What is read of a model or VAE file. */
type Sized = Pick<StoredModel, 'detection' | 'tensors' | 'vaeOverflows'>;

/**
 * Null for models that cannot make pictures. `decoders`: a VAE in place of the model's own, and the tiny decoder that is used
 * besides.
 */
export function memoryNeeds(
  model: Sized,
  { width, height, batchSize }: RequestSize,
  shaderF16: boolean,
  decoders: { readonly vae: Sized | null; readonly taesd: Sized | null } = { vae: null, taesd: null },
): MemoryNeeds | null {
  const { kind, networks } = model.detection;
  const family = familyOf(kind);
  const positions = networks?.textEncoders[0]?.positions;
  if (!family || !networks || positions === undefined) return null;
  const { unet, textEncoders } = networks;
  const catalog = catalogOf(model);
  const precision: Precision = shaderF16 ? 'float16' : 'float32';
  const [h, w] = [Math.ceil(height / 8), Math.ceil(width / 8)];
  // Prompt and negative prompt in one call.
  const batch = 2 * batchSize;
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
  const { whole, tiles } = vaeRuns(model, decoders.vae, h, w, precision);
  const tiny = tinyRuns(decoders.taesd, h, w, precision);
  return {
    text: textRuns.map((run) => needOf(run)),
    unet: needOf(unetRun),
    vae: needOf(...whole),
    tiledVae: needOf(...tiles),
    taesd: needOf(...tiny),
    together: {
      vae: runAll(...textRuns, unetRun, ...tiny, ...whole).peak,
      tiledVae: runAll(...textRuns, unetRun, ...tiny, ...tiles).peak,
    },
  };
}

/** Decoding in one piece, and in tiles. `file`: a VAE in place of the model's own. None where there is no VAE. */
function vaeRuns(
  model: Sized,
  file: Sized | null,
  h: number,
  w: number,
  usual: Precision,
): { readonly whole: readonly Run[]; readonly tiles: readonly Run[] } {
  const chosen = file?.detection.vae;
  const vae = chosen ? { ...chosen, scaleFactor: 1 } : (model.detection.networks?.vae ?? null);
  if (!vae) return { whole: [], tiles: [] };
  const holder = file ?? model;
  const catalog = catalogOf(holder);
  const precision = holder.vaeOverflows ? 'float32' : usual;
  const picture = {
    latent: new Float32Array(vae.latentChannels * h * w),
    batch: 1,
    height: h,
    width: w,
  };
  const shape = decoderTiles(vae);
  const { featureScale, pictureScale, halo } = shape;
  const [rows, columns] = [h * featureScale, w * featureScale];
  const tiles = cutTiles(rows, columns, TILE_SIZE / pictureScale, halo);
  const sides = [
    Math.max(...tiles.map(({ whole }) => heightOf(whole))),
    Math.max(...tiles.map(({ whole }) => widthOf(whole))),
  ] as const;
  const tile = {
    planes: new Float32Array(shape.channels * sides[0] * sides[1]),
    height: sides[0],
    width: sides[1],
    core: { top: 0, left: 0, bottom: sides[0], right: sides[1] },
    statistics: null,
  };
  return {
    whole: [runOf(vaeDecoderNetwork(vae, catalog, precision), picture)],
    tiles: [
      runOf(decoderStemNetwork(vae, catalog, precision), picture),
      runOf(decoderTileNetwork(vae, catalog, precision), tile),
    ],
  };
}

function tinyRuns(file: Sized | null, height: number, width: number, precision: Precision): readonly Run[] {
  const sizes = file?.detection.tinyVae;
  if (!file || !sizes) return [];
  const latent = new Float32Array(sizes.latentChannels * height * width);
  return [runOf(tinyDecoderNetwork(sizes, catalogOf(file), precision), { latent, batch: 1, height, width })];
}

function catalogOf({ tensors }: Sized): WeightCatalog {
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  return { shapeOf: (name) => shapes.get(name) };
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
  return { peak: pool.peak, largest: Math.max(0, ...runs.map(({ largest }) => largest)) };
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
  { text, unet, vae, tiledVae, taesd, together }: MemoryNeeds,
  lowVram: boolean,
  tiled: boolean,
): Pick<MemoryPlan, 'bytes' | 'working'> {
  const networks = [...text, unet, tiled ? tiledVae : vae];
  const weights = taesd.weights + (lowVram ? 0 : networks.reduce((sum, network) => sum + network.weights, 0));
  const alone = [taesd, ...networks].map(({ weights, peak }) => weights + peak);
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
