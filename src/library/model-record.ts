// The record of a model, parsed whole: everything that any part of Darkroom reads of it is checked here, once.
import type { FileBuffers } from '../models/buffers.ts';
import type { Prediction } from '../sampling/types.ts';
import type {
  Detection,
  Evidence,
  ModelKind,
  Networks,
  TextEncoderConfig,
  TinyVaeSizes,
  UNetConfig,
  VaeConfig,
  VaeSizes,
} from '../models/types.ts';
import { ANNOTATOR_KINDS } from '../models/annotators/kinds.ts';
import { CONTROL_FAMILIES, CONTROL_KINDS } from '../models/control/kinds.ts';
import { MAX_CLASS_NAME, MAX_CLASSES, SIZES } from '../models/detectors/kinds.ts';
import { FACE_KINDS, FACE_ROLES } from '../models/faces/kinds.ts';
import { UPSCALER_KINDS } from '../models/upscalers/kinds.ts';
import { MAX_WEIGHT_ELEMENTS } from '../models/weight-limits.ts';
import { upToDate } from './older-records.ts';
import {
  fieldsOf,
  isCount,
  isHex,
  isListOf,
  isSize,
  isSizes,
  isText,
  isTime,
  orNull,
  type Check,
  type Fields,
} from './record-checks.ts';
import { isOfLaterVersion } from './record-version.ts';
import type { StoredChunk, StoredModel, StoredTensor } from './types.ts';

/** Why a record is of no use: it was damaged, a later version made it, or its weights are gone. */
export type Damage = 'damaged' | 'later-version' | 'no-weights';

/** Bounds on what is believed; real models stay far below. */
const MAX_TENSORS = 20_000;
const MAX_CHUNKS = 10_000;
/** A tensor larger than the usual chunk has one of its own. */
const MAX_CHUNK = 2 * MAX_WEIGHT_ELEMENTS;
const MAX_NOTES = 1000;
const MAX_LEVELS = 16;

/** The record stored under `key`, or what is wrong with it. Whether its weights are there is for others to say. */
export function parseModel(key: unknown, value: unknown): StoredModel | Exclude<Damage, 'no-weights'> {
  if (isStoredModel(key, value)) return upToDate(value);
  return isOfLaterVersion(value) ? 'later-version' : 'damaged';
}

/** Its name, as far as that can be read. */
export function nameIn(value: unknown): string | null {
  const { name } = fieldsOf(value);
  return isText(name) && name.trim() !== '' ? name.slice(0, 200) : null;
}

/** Keys of the chunks that a record names, as far as they can be read. */
export function chunksIn(value: unknown): readonly string[] {
  const { chunks } = fieldsOf(value);
  if (!Array.isArray(chunks)) return [];
  return chunks
    .slice(0, MAX_CHUNKS)
    .map((chunk) => fieldsOf(chunk)['key'])
    .filter((key) => typeof key === 'string');
}

function isStoredModel(key: unknown, value: unknown): value is StoredModel {
  const model = fieldsOf(value);
  const { chunks, sha256 } = model;
  return (
    !isOfLaterVersion(value) &&
    sha256 === key &&
    isHex(sha256, 64) &&
    isHex(model['fingerprint'], 64) &&
    (model['oldHash'] === undefined || isHex(model['oldHash'], 8)) &&
    (model['dataSha256'] === undefined || isHex(model['dataSha256'], 64)) &&
    isText(model['name']) &&
    isText(model['fileName']) &&
    isCount(model['fileSize']) &&
    isTime(model['fileModified']) &&
    isCount(model['storedSize']) &&
    isTime(model['importedAt']) &&
    isDetection(model['detection']) &&
    orNull(isPrediction)(model['predictionOverride']) &&
    (model['buffers'] === undefined || isBuffers(model['buffers'])) &&
    (model['soundPositions'] === undefined || typeof model['soundPositions'] === 'boolean') &&
    (model['vaeOverflows'] === undefined || typeof model['vaeOverflows'] === 'boolean') &&
    isListOf(isTally, MAX_TENSORS)(model['clamped']) &&
    isListOf(isTally, MAX_TENSORS)(model['nonFinite']) &&
    (model['mismatched'] === undefined || isCount(model['mismatched'])) &&
    isListOf(isChunk, MAX_CHUNKS)(chunks) &&
    isListOf((tensor) => isTensorOf(chunks as readonly StoredChunk[], tensor), MAX_TENSORS)(model['tensors'])
  );
}

/** Each where it is there: 1000 noise levels between 0 and 1, of which alphas are neither; 77 positions. */
function isBuffers(value: unknown): value is FileBuffers {
  const buffers = fieldsOf(value);
  const levels = ['alphasCumprod', 'sqrtAlphasCumprod', 'sqrtOneMinusAlphasCumprod'];
  const isLevel: Check = (level) => typeof level === 'number' && level >= 0 && level <= 1;
  const isLong = (list: unknown, length: number, check: Check): boolean =>
    list === undefined || (isListOf(check, length)(list) && list.length === length);
  return (
    (buffers['zeroTerminalSnr'] === undefined || buffers['zeroTerminalSnr'] === true) &&
    levels.every((name) => isLong(buffers[name], 1000, isLevel)) &&
    isLong(buffers['alphasCumprod'], 1000, (level) => level !== 0 && level !== 1) &&
    isLong(buffers['positionIds'], 77, (id) => isCount(id) && id < 77)
  );
}

function isChunk(value: unknown): value is StoredChunk {
  const { key, byteLength } = fieldsOf(value);
  return isText(key) && key.length <= 200 && isCount(byteLength) && byteLength <= MAX_CHUNK;
}

const NETWORKS: readonly unknown[] = [
  'unet',
  'vae-encoder',
  'vae-decoder',
  'text',
  'upscaler',
  'detector',
  'face',
  'colorizer',
  'control',
  'annotator',
] satisfies StoredTensor['network'][];

function isTensorOf(chunks: readonly StoredChunk[], value: unknown): boolean {
  const { name, shape, network, chunk, offset, byteLength } = fieldsOf(value);
  const room = isCount(chunk) ? chunks[chunk]?.byteLength : undefined;
  return (
    isText(name) &&
    isSizes(shape, 8) &&
    NETWORKS.includes(network) &&
    room !== undefined &&
    isCount(offset) &&
    offset % 4 === 0 &&
    isCount(byteLength) &&
    byteLength === shape.reduce((product, size) => product * size, 2) &&
    offset + byteLength <= room
  );
}

function isTally(value: unknown): boolean {
  const { tensor, count } = fieldsOf(value);
  return isText(tensor) && isCount(count);
}

const KINDS: readonly unknown[] = Object.keys({
  sd1: 0,
  'sd1-inpainting': 0,
  'sd1-instruct-pix2pix': 0,
  sd2: 0,
  'sd2-inpainting': 0,
  'sd2-depth': 0,
  'sdxl-base': 0,
  'sdxl-inpainting': 0,
  'sdxl-refiner': 0,
  vae: 0,
  taesd: 0,
  lora: 0,
  embedding: 0,
  hypernetwork: 0,
  controlnet: 0,
  upscaler: 0,
  detector: 0,
  'face-detector': 0,
  'face-parser': 0,
  'face-restorer': 0,
  colorizer: 0,
  annotator: 0,
  unknown: 0,
} satisfies Record<ModelKind, 0>);

const LAYOUTS: readonly unknown[] = ['ldm', 'diffusers', 'other'] satisfies Detection['keyLayout'][];
const EVIDENCE: readonly unknown[] = [
  'person',
  'sidecar',
  'metadata',
  'shapes',
  'family',
  'probe',
] satisfies Evidence[];

function isDetection(value: unknown): boolean {
  const detection = fieldsOf(value);
  const { supported, networks } = detection;
  return (
    KINDS.includes(detection['kind']) &&
    isText(detection['label']) &&
    LAYOUTS.includes(detection['keyLayout']) &&
    typeof supported === 'boolean' &&
    orNull(isText)(detection['unsupportedReason']) &&
    (detection['vae'] === undefined || isVaeSizes(detection['vae'])) &&
    (detection['tinyVae'] === undefined || isTinyVae(detection['tinyVae'])) &&
    (detection['upscaler'] === undefined || isUpscaler(detection['upscaler'])) &&
    (detection['detector'] === undefined || isDetector(detection['detector'])) &&
    (detection['lora'] === undefined || isLora(detection['lora'])) &&
    (detection['hypernetwork'] === undefined || isHypernetwork(detection['hypernetwork'])) &&
    (detection['embedding'] === undefined || isEmbedding(detection['embedding'])) &&
    (detection['face'] === undefined || isFace(detection['face'])) &&
    (detection['colorizer'] === undefined || fieldsOf(detection['colorizer'])['kind'] === 'ddcolor') &&
    (detection['control'] === undefined || isControl(detection['control'])) &&
    (detection['annotator'] === undefined || isAnnotator(detection['annotator'])) &&
    (networks === null ? !supported || isPartFile(detection) : isNetworks(networks)) &&
    orNull(isSettledPrediction)(detection['prediction']) &&
    typeof detection['hasEma'] === 'boolean' &&
    isListOf(isText, MAX_NOTES)(detection['notes'])
  );
}

/** More kinds of pictures than any union model knows. */
const MAX_CONTROL_TYPES = 100;

function isControl(value: unknown): boolean {
  const control = fieldsOf(value);
  return (
    CONTROL_KINDS.some((kind) => kind === control['kind']) &&
    CONTROL_FAMILIES.some((family) => family === control['family']) &&
    typeof control['difference'] === 'boolean' &&
    isCount(control['controlTypes']) &&
    control['controlTypes'] <= MAX_CONTROL_TYPES
  );
}

function isPrediction(value: unknown): value is Prediction {
  return value === 'epsilon' || value === 'v' || value === 'sample';
}

function isSettledPrediction(value: unknown): boolean {
  const { value: prediction, from } = fieldsOf(value);
  return orNull(isPrediction)(prediction) && EVIDENCE.includes(from);
}

function isNetworks(value: unknown): value is Networks {
  const { unet, vae, textEncoders } = fieldsOf(value);
  return isUNet(unet) && orNull(isVae)(vae) && isListOf(isTextEncoder, 8)(textEncoders);
}

function isUNet(value: unknown): value is UNetConfig {
  const unet = fieldsOf(value);
  const levels = (sizes: unknown) => isSizes(sizes, MAX_LEVELS);
  return (
    [unet['inChannels'], unet['outChannels'], unet['modelChannels'], unet['contextDim']].every(isSize) &&
    levels(unet['channelMult']) &&
    levels(unet['resBlocks']) &&
    levels(unet['transformerDepth']) &&
    isCount(unet['middleTransformerDepth']) &&
    isHeadRule(unet['heads']) &&
    typeof unet['linearProjections'] === 'boolean' &&
    orNull(isSize)(unet['vectorDim'])
  );
}

function isHeadRule(value: unknown): boolean {
  const { count, size } = fieldsOf(value);
  return isSize(count) || isSize(size);
}

/** A file of what checkpoints are used with: what it holds is said. */
function isPartFile({
  kind,
  vae,
  tinyVae,
  upscaler,
  detector,
  lora,
  hypernetwork,
  embedding,
  face,
  colorizer,
  control,
  annotator,
}: Fields): boolean {
  const parts: Readonly<Record<string, unknown>> = {
    colorizer,
    controlnet: control,
    annotator,
    vae,
    taesd: tinyVae,
    upscaler,
    detector,
    lora,
    hypernetwork,
    embedding,
  };
  if (face !== undefined)
    return FACE_KINDS.some((one) => one === fieldsOf(face)['kind'] && FACE_ROLES[one] === kind);
  return typeof kind === 'string' && parts[kind] !== undefined;
}

function isAnnotator(value: unknown): boolean {
  const { kind } = fieldsOf(value);
  return ANNOTATOR_KINDS.some((known) => known === kind);
}

function isUpscaler(value: unknown): boolean {
  const { kind, scale } = fieldsOf(value);
  return UPSCALER_KINDS.some((known) => known === kind) && isSize(scale);
}

function isDetector(value: unknown): boolean {
  const { kind, task, classes, size } = fieldsOf(value);
  const isName: Check = (name) => isText(name) && name.length <= MAX_CLASS_NAME;
  return (
    kind === 'yolov8' &&
    (task === 'detect' || task === 'segment') &&
    isListOf(isName, MAX_CLASSES)(classes) &&
    isCount(size) &&
    size >= SIZES.least &&
    size <= SIZES.most
  );
}

function isLora(value: unknown): boolean {
  const { family, alias, dataHash } = fieldsOf(value);
  const isFamily: Check = (name) => name === 'sd1' || name === 'sd2' || name === 'sdxl';
  return orNull(isFamily)(family) && orNull(isText)(alias) && orNull((hash) => isHex(hash, 64))(dataHash);
}

function isHypernetwork(value: unknown): boolean {
  const { widths, activation, activatesOutput } = fieldsOf(value);
  return isListOf(isSize, 64)(widths) && isText(activation) && typeof activatesOutput === 'boolean';
}

function isEmbedding(value: unknown): boolean {
  const { vectors, widths } = fieldsOf(value);
  return isSize(vectors) && isListOf(isSize, 8)(widths);
}

function isFace(value: unknown): boolean {
  const { kind, side } = fieldsOf(value);
  return FACE_KINDS.some((known) => known === kind) && orNull(isSize)(side);
}

function isTinyVae(value: unknown): value is TinyVaeSizes {
  const vae = fieldsOf(value);
  return (
    [vae['channels'], vae['latentChannels']].every(isSize) &&
    typeof vae['hasEncoder'] === 'boolean' &&
    typeof vae['hasDecoder'] === 'boolean'
  );
}

function isVae(value: unknown): value is VaeConfig {
  const { scaleFactor } = fieldsOf(value);
  return isVaeSizes(value) && Number.isFinite(scaleFactor);
}

function isVaeSizes(value: unknown): value is VaeSizes {
  const vae = fieldsOf(value);
  const sizes = ['inChannels', 'outChannels', 'channels', 'resBlocks', 'zChannels', 'latentChannels'];
  return (
    sizes.every((name) => isSize(vae[name])) &&
    isSizes(vae['channelMult'], MAX_LEVELS) &&
    typeof vae['hasEncoder'] === 'boolean' &&
    typeof vae['hasDecoder'] === 'boolean'
  );
}

function isTextEncoder(value: unknown): value is TextEncoderConfig {
  const encoder = fieldsOf(value);
  const sizes = ['width', 'layers', 'heads', 'mlpWidth', 'vocabulary', 'positions'];
  return (
    (encoder['type'] === 'clip' || encoder['type'] === 'open-clip') &&
    isText(encoder['prefix']) &&
    sizes.every((name) => isSize(encoder[name])) &&
    (encoder['activation'] === 'quick_gelu' || encoder['activation'] === 'gelu') &&
    orNull(isSize)(encoder['projection']) &&
    // Of earlier versions; see older-records.ts.
    (encoder['missingLayers'] === undefined || isCount(encoder['missingLayers'])) &&
    (encoder['absentLayers'] === undefined ||
      isListOf((layer) => isCount(layer) && layer < Number(encoder['layers']), 256)(encoder['absentLayers']))
  );
}
