// Which layers of two models are compared, with which ranks, and what the file says of itself.
//
// Behaviour of kohya-ss/sd-scripts networks/extract_lora_from_models.py: layers of the spatial transformers, of the text encoders'
// attention and MLPs, and with a rank for convolutions those of residual blocks, down- and up-sampling, too.
import { kohyaNameOf, layersOf, type Layer, type Layers } from '../../add-ons/layers.ts';
import type { Checkpoint, DType, TensorInfo } from '../../checkpoint/types.ts';
import { detect } from '../../models/detect.ts';
import { planWeights } from '../../models/plan.ts';
import { tensorShapes } from '../../models/tensor-shapes.ts';
import type { Detection, WeightPlanEntry } from '../../models/types.ts';
import { pythonJson } from '../python-json.ts';
import { MergeError } from '../types.ts';
import { checkLoraSettings, type LoraModel, type LoraSettings } from './types.ts';

/** A model, and where its weights are in its file. */
export interface LoraSource {
  readonly checkpoint: Checkpoint;
  readonly detection: Detection;
  readonly entries: ReadonlyMap<string, WeightPlanEntry>;
  readonly layers: Layers;
}

export interface PlannedLayer {
  readonly layer: Layer;
  /** kohya's name of it. */
  readonly name: string;
  readonly rank: number;
  /** Of the matrix: outputs, and inputs times the kernel. */
  readonly rows: number;
  readonly columns: number;
}

type LoraTensor = Pick<TensorInfo, 'name' | 'dtype' | 'shape' | 'elementCount'>;

export interface LoraPlan {
  readonly a: LoraSource;
  readonly b: LoraSource;
  readonly unet: readonly PlannedLayer[];
  readonly text: readonly PlannedLayer[];
}

const IN_TRANSFORMER = /_(?:blocks_\d+|middle_block)_1_(?:proj_in|proj_out|transformer_blocks_)/;
const NOT_IN_BLOCKS = /^diffusion_model_(?:input_blocks_0_0|out_|time_embed_|label_emb_)/;
const IN_TEXT_LAYER = /_(?:self_attn|attn|mlp)_/;

/** Throws MergeError: a file is no model, or the two are not of one family. */
export function planLora(
  models: { readonly a: LoraModel; readonly b: LoraModel },
  settings: LoraSettings,
): LoraPlan {
  checkLoraSettings(settings);
  const [a, b] = [sourceOf(models.a, 'A'), sourceOf(models.b, 'B')];
  if (a.layers.isXl !== b.layers.isXl || a.layers.isSd2 !== b.layers.isSd2) {
    throw new MergeError(
      `The models are not of the same family: A is ${a.detection.label}, B is ${b.detection.label}. ` +
        'A LoRA can only be extracted from a model and the one that it was made from.',
    );
  }
  const planned: PlannedLayer[] = [];
  for (const layer of a.layers.byName.values()) {
    if (layer.shape.length < 2 || !isWanted(layer, settings)) continue;
    const other = b.layers.byName.get(layer.name);
    if (!other || !isSame(layer.shape, other.shape)) {
      throw new MergeError(
        `The models are not of the same family: ${layer.weight} is [${layer.shape.join(', ')}] in A and ` +
          `${other ? `[${other.shape.join(', ')}]` : 'missing'} in B.`,
      );
    }
    const rows = layer.shape[0]!;
    const columns = layer.shape.slice(1).reduce((product, size) => product * size, 1);
    const wanted = isWide(layer) ? (settings.convDim ?? settings.dim) : settings.dim;
    const rank = Math.min(wanted, rows, layer.shape[1]!);
    planned.push({ layer, name: kohyaNameOf(layer, a.layers), rank, rows, columns });
  }
  const position = ({ layer }: PlannedLayer): number =>
    a.checkpoint.tensors.get(a.entries.get(layer.weight)!.sources[0]!)!.position;
  planned.sort((x, y) => position(x) - position(y));
  return {
    a,
    b,
    unet: planned.filter(({ layer }) => !layer.isText),
    text: planned.filter(({ layer }) => layer.isText),
  };
}

function sourceOf({ checkpoint, sidecar }: LoraModel, role: 'A' | 'B'): LoraSource {
  const shapes = tensorShapes(checkpoint);
  const detection = detect(shapes, checkpoint.metadata, sidecar);
  if (!detection.networks || !detection.supported) {
    const why = detection.unsupportedReason ?? `It is: ${detection.label}.`;
    throw new MergeError(`Model ${role} is no checkpoint that can be compared. ${why}`);
  }
  const entries = new Map(planWeights(shapes, detection).map((entry) => [entry.name, entry]));
  return { checkpoint, detection, entries, layers: layersOf(entries.values()) };
}

function isWanted({ name, isText }: Layer, { convDim }: LoraSettings): boolean {
  if (isText) return IN_TEXT_LAYER.test(name);
  if (IN_TRANSFORMER.test(name)) return true;
  return convDim !== null && !NOT_IN_BLOCKS.test(name);
}

/** A convolution whose kernel is more than 1x1. */
const isWide = ({ shape }: Layer): boolean => shape.slice(2).some((size) => size > 1);

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

const DTYPES: Readonly<Record<LoraSettings['precision'], DType>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
};

/** The file's tensors, in order: of each layer down, up and alpha. */
export function loraTensors(layers: readonly PlannedLayer[], { precision }: LoraSettings): LoraTensor[] {
  const dtype = DTYPES[precision];
  const tensor = (name: string, shape: readonly number[]): LoraTensor => {
    const elementCount = shape.reduce((product, size) => product * size, 1);
    return { name, dtype, shape, elementCount };
  };
  return layers.flatMap(({ layer: { shape }, name, rank }) => {
    const kernel = shape.slice(2);
    return [
      tensor(`${name}.lora_down.weight`, [rank, shape[1]!, ...kernel]),
      tensor(`${name}.lora_up.weight`, [shape[0]!, rank, ...kernel.map(() => 1)]),
      tensor(`${name}.alpha`, []),
    ];
  });
}

/** As kohya's script writes it, without the hash. `date`: now. */
export function loraMetadata(
  { a }: LoraPlan,
  { dim, convDim }: LoraSettings,
  title: string,
  date: Date,
): Map<string, string> {
  const { isSd2, isXl } = a.layers;
  const isV = a.detection.prediction?.value === 'v';
  const size = isXl ? 1024 : isSd2 && isV ? 768 : 512;
  const architecture = isXl
    ? 'stable-diffusion-xl-v1-base'
    : isSd2
      ? `stable-diffusion-v2-${isV ? '768-v' : '512'}`
      : 'stable-diffusion-v1';
  const args = convDim === null ? {} : { conv_dim: String(convDim), conv_alpha: decimal(convDim) };
  return new Map([
    ['ss_v2', isSd2 ? 'True' : 'False'],
    ['ss_base_model_version', isXl ? 'sdxl_base_v1-0' : `sd_${isSd2 ? 'v2' : 'v1'}${isV ? '_v' : ''}`],
    ['ss_network_module', 'networks.lora'],
    ['ss_network_dim', String(dim)],
    ['ss_network_alpha', decimal(dim)],
    ['ss_network_args', pythonJson(args)],
    ['modelspec.sai_model_spec', '1.0.0'],
    ['modelspec.architecture', `${architecture}/lora`],
    ['modelspec.implementation', isXl ? 'https://github.com/Stability-AI/generative-models' : 'diffusers'],
    ['modelspec.title', title],
    ['modelspec.date', date.toISOString().slice(0, 19)],
    ['modelspec.resolution', `${size}x${size}`],
    ['modelspec.prediction_type', isV ? 'v' : 'epsilon'],
  ]);
}

/** Python's `str(float(x))` of a whole number. */
const decimal = (value: number): string => `${value}.0`;
