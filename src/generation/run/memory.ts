// How much of the GPU's memory a request needs, and what to do where there is less.
//
// WebGPU does not tell how much memory a GPU has. So it is the person who says, or a common size is assumed.
import { isReference } from '../request/control-unit.ts';
import { largestCall, networkChanges } from '../../extensions/at-work.ts';
import type { WhichPass } from '../../extensions/interface.ts';
import { conditioningOf } from '../../families/conditioning.ts';
import { familyOf, textInfoOf } from '../../families/families.ts';
import type { Precision, WeightCatalog } from '../../graph/types.ts';
import { cutTiles, heightOf, widthOf } from '../../image/tiles.ts';
import { isLatentUpscaler } from '../../image/upscale-latent.ts';
import type { StoredModel } from '../../library/types.ts';
import type { Size } from '../../image/picture-file.ts';
import { stateName, textEncoderNetwork } from '../../models/text-encoder.ts';
import { tinyDecoderNetwork } from '../../models/taesd.ts';
import { mergesTokens, unetNetwork } from '../../models/unet.ts';
import type { UNetConfig, VaeConfig } from '../../models/types.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../../models/vae.ts';
import {
  decoderStemNetwork,
  decoderTileNetwork,
  decoderTiles,
  encoderStemNetwork,
  encoderTileNetwork,
  encoderTiles,
  type TileShape,
} from '../../models/vae-tiles.ts';
import { nameOfEncoder } from '../../runtime/network-names.ts';
import { TILE_SIZE } from '../../runtime/tiled-vae.ts';
import { roomOf, type MemoryOptions, type MemoryPlan } from './memory-options.ts';
import { needOf, NO_NEED, runAll, runOf, type Computing, type Need, type Run } from './run-memory.ts';
import { hiresSize, pictureSize } from '../request/hires.ts';
import { largestPass } from '../request/passes.ts';
import type { SizedRequest } from '../request/request.ts';
import { tokenMergingOf, tokenMergingOfSecondPass } from '../request/token-merging.ts';
import { askedUpscalers } from '../request/upscalers.ts';

/** Below this, tiles save next to nothing. */
const TILED_VAE_ABOVE = 512 * 512;
/** Shaders, the browser's own pictures, readback. */
const FIXED_BYTES = 250e6;

export interface MemoryNeeds {
  readonly text: readonly Need[];
  readonly unet: Need;
  /** Nothing, where a checkpoint has none and none is chosen. */
  readonly vae: Need;
  readonly tiledVae: Need;
  /** Of the tiny decoder, which stays beside the others. */
  readonly taesd: Need;
  /**
   * Of the encoder, which is loaded for one call, beside what is loaded. Nothing, where no picture is encoded.
   */
  readonly encoder: Need;
  readonly tiledEncoder: Need;
  /** Of the control networks. */
  readonly controls: readonly Need[];
  /** Of the upscaler or the networks for faces that take the most, which are likewise loaded for one picture. Nothing without. */
  readonly finishing: Need;
  /** The peak, beside all weights, of runs one after the other that leave their buffers to each other. */
  readonly together: { readonly vae: number; readonly tiledVae: number };
}

/** What is read of a model or VAE file. */
type Sized = Pick<StoredModel, 'detection' | 'tensors' | 'vaeOverflows'>;

/**
 * Null for models that cannot make pictures. `decoders`: a VAE in place of the model's own, and the tiny decoder that is used
 * besides. `finishing`: finishingNeed's; `controls`: controlNeeds'.
 */
export function memoryNeeds(
  model: Sized,
  asked: SizedRequest,
  computing: Computing,
  decoders: { readonly vae: Sized | null; readonly taesd: Sized | null } = { vae: null, taesd: null },
  finishing: Need = NO_NEED,
  controls: readonly Need[] = [],
): MemoryNeeds | null {
  const request = { ...asked, ...largestPass(asked) };
  const circular = request.settings?.tiling ?? false;
  const { batchSize, hires = null } = request;
  const { kind, networks } = model.detection;
  const family = familyOf(kind);
  const positions = networks?.textEncoders[0]?.positions;
  if (!family || !networks || positions === undefined) return null;
  const { unet, textEncoders } = networks;
  const catalog = catalogOf(model);
  const precision: Precision = computing.shaderF16 ? 'float16' : 'float32';
  const batch = itemsPerPicture(unet, request) * batchSize;
  const looked = (request.controlUnits ?? []).filter(({ module }) => isReference(module));
  const textRuns = textEncoders.map((encoder, index) => {
    const { pooled, exact } = textInfoOf(family, encoder);
    const network = textEncoderNetwork(encoder, catalog, exact ? 'float32' : precision, { pooled });
    const inputs = { tokens: new Int32Array(2 * encoder.positions), chunks: 2 };
    const outputs = [stateName(encoder, 1, true), ...(pooled ? ['pooled'] : [])];
    return runOf(nameOfEncoder(index), network, inputs, computing, outputs);
  });
  const { extensions = [] } = request;
  const unetRun = ({ width, height }: Size, pass: WhichPass): Run => {
    const target = { family: family.id, pass, width, height };
    const call = largestCall(extensions, target, { items: batch, width, height });
    const [h, w] = cellsOf(call);
    const { items } = call;
    const tokenMerging = (pass === 'second' ? tokenMergingOfSecondPass : tokenMergingOf)(request);
    const changes = networkChanges(extensions, target);
    const x = new Float32Array(items * unet.inChannels * h * w);
    const pictures = looked.map(() => ({ x, weight: 1, fidelity: 0, attention: true, adain: true }));
    const references = pictures.length > 0;
    const options = {
      ...{ circular, changes, references, tokenMerging: !references && mergesTokens(unet, tokenMerging) },
    };
    const inputs = {
      ...{ x, batch: items },
      references: { pictures, negative: new Array<boolean>(items).fill(true) },
      height: h,
      width: w,
      timesteps: new Array<number>(items).fill(0),
      context: new Float32Array(items * positions * unet.contextDim),
      tokens: positions,
      tokenMerging,
      ...(unet.vectorDim === null ? {} : { vector: new Float32Array(items * unet.vectorDim) }),
    };
    return runOf('UNet', unetNetwork(unet, catalog, precision, options), inputs, computing);
  };
  const picture = pictureSize(request);
  const last = unetRun(picture, hires ? 'second' : 'first');
  const firstPass = hires && !hires.firstPass ? [unetRun(request, 'first')] : [];
  const vae = (size: Size) => vaeRuns(model, decoders.vae, ...cellsOf(size), computing, circular);
  const { whole, tiles } = vae(picture);
  // Between the passes, unless it is the latents that are enlarged.
  const between = firstPass.length > 0 && hires && !isLatentUpscaler(hires.upscaler) ? vae(request) : NO_RUNS;
  const encoder = encoderRuns(model, decoders.vae, encodedSize(unet, request), computing, circular);
  const tiny = tinyRuns(decoders.taesd, ...cellsOf(picture), precision, computing);
  const all = (how: 'whole' | 'tiles') =>
    runAll(
      ...textRuns,
      ...firstPass,
      ...between[how],
      ...encoder[how],
      last,
      ...tiny,
      ...(how === 'whole' ? whole : tiles),
    ).peak;
  return {
    text: textRuns.map((run) => needOf(run)),
    unet: { ...needOf(last), ...runAll(...firstPass, last) },
    vae: needOf(...whole),
    tiledVae: needOf(...tiles),
    taesd: needOf(...tiny),
    encoder: needOf(...encoder.whole),
    tiledEncoder: needOf(...encoder.tiles),
    controls,
    finishing,
    together: { vae: all('whole'), tiledVae: all('tiles') },
  };
}

/** Rows and columns of a latent. */
function cellsOf({ width, height }: Size): [height: number, width: number] {
  return [Math.ceil(height / 8), Math.ceil(width / 8)];
}

/** In one piece, and in tiles. None where there is no VAE. */
interface VaeRuns {
  readonly whole: readonly Run[];
  readonly tiles: readonly Run[];
}

/** The VAE of a file of its own, or the model's; null where there is none. */
function vaeOf(model: Sized, file: Sized | null): VaeConfig | null {
  const chosen = file?.detection.vae;
  return chosen ? { ...chosen, scaleFactor: 1 } : (model.detection.networks?.vae ?? null);
}

/** What is asked of a tile (runtime/loaded-vae.ts). */
const TILE_OUTPUTS = ['out', 'moments'];

const NO_RUNS: VaeRuns = { whole: [], tiles: [] };

/** Decoding. `file`: a VAE in place of the model's own. `circular`: opposite edges continue each other. */
function vaeRuns(
  model: Sized,
  file: Sized | null,
  h: number,
  w: number,
  computing: Computing,
  circular: boolean,
): VaeRuns {
  const vae = vaeOf(model, file);
  if (!vae) return NO_RUNS;
  const holder = file ?? model;
  const catalog = catalogOf(holder);
  const precision = holder.vaeOverflows || !computing.shaderF16 ? 'float32' : 'float16';
  const picture = {
    latent: new Float32Array(vae.latentChannels * h * w),
    batch: 1,
    height: h,
    width: w,
  };
  const shape = decoderTiles(vae);
  const { featureScale } = shape;
  const { height, width, ...area } = largestTile(shape, h * featureScale, w * featureScale, circular);
  const tile = { planes: new Float32Array(shape.channels * height * width), height, width, ...area };
  return {
    whole: [runOf('VAE', vaeDecoderNetwork(vae, catalog, precision, { circular }), picture, computing)],
    tiles: [
      runOf('VAE stem', decoderStemNetwork(vae, catalog, precision, { circular }), picture, computing),
      runOf('VAE tile', decoderTileNetwork(vae, catalog, precision), tile, computing, TILE_OUTPUTS),
    ],
  };
}

/** In one call of the UNet: prompt and negative prompt, and that without the picture where an InstructPix2Pix model is guided by it. */
function itemsPerPicture(
  { inChannels, outChannels }: UNetConfig,
  { img2img }: Pick<SizedRequest, 'img2img'>,
): number {
  const edits = conditioningOf({ latentChannels: outChannels, unetChannels: inChannels }) === 'editing';
  return edits && img2img && img2img.imageCfgScale !== 1 ? 3 : 2;
}

/** What is encoded: the picture of img2img, what hires fix enlarges, or the grey one of inpainting models; null for nothing. */
function encodedSize({ inChannels, outChannels }: UNetConfig, request: EncodedRequest): Size | null {
  const { width, height, img2img, hires, detailer } = request;
  if (hires && !isLatentUpscaler(hires.upscaler)) return hiresSize(request, hires).enlarged;
  const whole = img2img?.inpaint?.inpaintArea !== 'Only masked';
  const keepsSize = img2img?.resizeMode === 'Just resize (latent upscale)' && whole;
  const own = keepsSize ? img2img.source.size : null;
  if (img2img) return own ?? { width, height };
  if (inChannels > outChannels) return pictureSize(request);
  return hires?.firstPass || detailer ? { width, height } : null;
}

type EncodedRequest = Pick<SizedRequest, 'width' | 'height' | 'img2img' | 'hires' | 'detailer'>;

/** Encoding, always in float32; never in tiles where opposite edges continue each other (runtime/loaded-vae.ts). */
function encoderRuns(
  model: Sized,
  file: Sized | null,
  size: Size | null,
  computing: Computing,
  circular: boolean,
): VaeRuns {
  const vae = vaeOf(model, file);
  if (!vae?.hasEncoder || !size) return NO_RUNS;
  const { width, height } = size;
  const catalog = catalogOf(file ?? model);
  const shape = encoderTiles(vae);
  const { channels, featureScale, pictureScale } = shape;
  const cell = featureScale * pictureScale;
  const [rows, columns] = [height, width].map((side) => Math.floor(side / cell) * featureScale) as [
    number,
    number,
  ];
  const sides = largestTile(shape, rows, columns);
  const pixels = pictureScale ** 2 * sides.height * sides.width;
  const image = { image: new Float32Array(vae.inChannels * height * width), batch: 1, height, width };
  const tile = { ...sides, planes: new Float32Array(vae.inChannels * pixels) };
  const features = { features: new Float32Array(channels * rows * columns), height: rows, width: columns };
  const encoder = vaeEncoderNetwork(vae, catalog, 'float32', { circular });
  const whole = [runOf('VAE encoder', encoder, image, computing, ['mean'])];
  if (circular) return { whole, tiles: whole };
  return {
    whole,
    tiles: [
      runOf('VAE encoder', encoderTileNetwork(vae, catalog, 'float32'), tile, computing, TILE_OUTPUTS),
      runOf('VAE encoder stem', encoderStemNetwork(vae, catalog, 'float32'), features, computing, ['mean']),
    ],
  };
}

/** Of a picture whose features have this many rows and columns. */
function largestTile({ pictureScale, halo }: TileShape, rows: number, columns: number, wraps = false) {
  const tiles = cutTiles(rows, columns, TILE_SIZE / pictureScale, halo, wraps);
  const height = Math.max(...tiles.map(({ whole }) => heightOf(whole)));
  const width = Math.max(...tiles.map(({ whole }) => widthOf(whole)));
  return { height, width, core: { top: 0, left: 0, bottom: height, right: width }, statistics: null };
}

function tinyRuns(
  file: Sized | null,
  height: number,
  width: number,
  precision: Precision,
  computing: Computing,
): readonly Run[] {
  const sizes = file?.detection.tinyVae;
  if (!file || !sizes) return [];
  const latent = new Float32Array(sizes.latentChannels * height * width);
  const decoder = tinyDecoderNetwork(sizes, catalogOf(file), precision);
  return [runOf('TAESD', decoder, { latent, batch: 1, height, width }, computing)];
}

function catalogOf({ tensors }: Sized): WeightCatalog {
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  return { shapeOf: (name) => shapes.get(name) };
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
    const { largest } = tiledVae ? needs.tiledVae : needs.vae;
    const encoder = tiledVae ? needs.tiledEncoder : needs.encoder;
    return bytes <= room && (maxBufferSize === 0 || Math.max(largest, encoder.largest) <= maxBufferSize);
  };
  return plans.find(fits) ?? plans.reduce((least, plan) => (plan.bytes <= least.bytes ? plan : least));
}

function bytesOf(
  { text, unet, vae, tiledVae, taesd, encoder, tiledEncoder, controls, finishing, together }: MemoryNeeds,
  lowVram: boolean,
  tiled: boolean,
): Pick<MemoryPlan, 'bytes' | 'working'> {
  const networks = [...text, ...controls, unet, tiled ? tiledVae : vae];
  const weights = taesd.weights + (lowVram ? 0 : networks.reduce((sum, network) => sum + network.weights, 0));
  const sumOf = ({ weights, peak }: Need): number => weights + peak;
  const encoding = sumOf(tiled ? tiledEncoder : encoder);
  const usual = lowVram
    ? Math.max(...[taesd, ...networks].map(sumOf))
    : tiled
      ? together.tiledVae
      : together.vae;
  const steering = Math.max(0, ...controls.map(({ peak }) => peak));
  const working = FIXED_BYTES + Math.max(usual, steering, encoding, sumOf(finishing));
  return { bytes: weights + working, working };
}

/** What would need less memory than the request that ran out of it: sentences for a person. */
export function memoryAdvice(request: SizedRequest, plan: MemoryPlan): string {
  const { batchSize } = request;
  const { width, height } = pictureSize(request);
  const lower: string[] = [];
  if (batchSize > 1)
    lower.push(`lower the batch size (${batchSize} now; "Batch count" makes as many pictures)`);
  if (!plan.lowVram) lower.push('switch on "Low VRAM mode" in Settings');
  if (!plan.tiledVae && width * height > TILED_VAE_ABOVE) lower.push('switch on "Tiled VAE" in Settings');
  if (askedUpscalers(request).length > 0) lower.push('lower the tile size of upscalers in Settings');
  if (width * height > 512 * 512) lower.push(`make a smaller picture (${width} x ${height} now)`);
  const close = 'Close other tabs and programs that use the GPU';
  return lower.length === 0
    ? `${close}, and try again.`
    : `${close}, or ${lower.join(', or ')}; then try again.`;
}
