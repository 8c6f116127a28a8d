// Reads a model's sidecar: the `name.yaml` that A1111 looks for beside `name.safetensors`, in the structure of the
// reference's configurations (CompVis v1-inference.yaml, Stability-AI v2-inference-v.yaml, sd_xl_base.yaml).
//
// Only what shapes cannot tell is taken over; sizes are read off the tensors, and those named here serve as a check.
import { isScalar, parseDocument, visit, type Document } from 'yaml';
import { decodeText } from '../text-files/decode.ts';
import { checkYamlSize, MAX_ALIASES } from '../text-files/yaml-size.ts';
import type { HeadRule } from '../families/family.ts';
import type { Prediction } from '../sampling/types.ts';
import type { TextEncoderConfig } from './types.ts';

/** Largest sidecar read, in bytes (or characters). Published ones have about 3 kB. */
export const MAX_SIDECAR_SIZE = 1 << 20;
/** Published configurations have some hundred. */
const MAX_TOKENS = 50_000;
const MAX_HEADS = 1 << 14;

/** What a sidecar says of a text encoder. */
export interface SidecarTextEncoder {
  readonly type: TextEncoderConfig['type'];
  readonly heads: number | null;
  readonly activation: TextEncoderConfig['activation'] | null;
}

/** A parsed sidecar. Null: not said. */
export interface Sidecar {
  readonly prediction: Prediction | null;
  readonly heads: HeadRule | null;
  readonly scaleFactor: number | null;
  /** In the file's order: one for SD 1 and SD 2; for SDXL those of `conditioner_config` that read text. */
  readonly textEncoders: readonly SidecarTextEncoder[];
  /** Sizes that the tensors tell too, for a check: name in the yaml -> value. */
  readonly unetSizes: ReadonlyMap<'in_channels' | 'out_channels' | 'model_channels' | 'context_dim', number>;
  /** Ends of the linear-in-square-root beta schedule and its length (ldm's linear_start, linear_end, timesteps). */
  readonly betas: {
    readonly start: number | null;
    readonly end: number | null;
    readonly timesteps: number | null;
  };
}

/** The yaml cannot be used. The message names the field and what is wrong with it. */
export class SidecarError extends Error {
  override readonly name = 'SidecarError';
}

/** Parses the text (or UTF-8 bytes) of a sidecar. Throws SidecarError. */
export function parseSidecar(yaml: string | Uint8Array): Sidecar {
  const root = Field.root(parseYaml(yaml));
  const model = root.get('model');
  if (!model.there) {
    throw new SidecarError(
      'The .yaml file is not a Stable Diffusion configuration: it has no "model" section. ' +
        'Drop the checkpoint without it, or with the .yaml that was published with it.',
    );
  }
  const params = model.section('params');
  const unet = params.get('unet_config').there ? params.get('unet_config') : params.get('network_config');
  const unetParams = unet.section('params');
  return {
    prediction: predictionOf(params),
    heads: headsOf(unetParams),
    scaleFactor: params.get('scale_factor').number(Number.MIN_VALUE, 1e3),
    textEncoders: textEncodersOf(params),
    unetSizes: sizesOf(unetParams),
    betas: {
      start: params.get('linear_start').number(0, 1),
      end: params.get('linear_end').number(0, 1),
      timesteps: params.get('timesteps').integer(1, 1e5),
    },
  };
}

function parseYaml(yaml: string | Uint8Array): unknown {
  if (yaml.length > MAX_SIDECAR_SIZE) {
    throw new SidecarError(
      'The .yaml file is over 1 MB: too large for a model configuration. Drop the checkpoint without it.',
    );
  }
  try {
    const text = typeof yaml === 'string' ? yaml : decodeText(yaml);
    checkYamlSize(text, MAX_TOKENS, 'model configuration');
    // The parser compares every key of a mapping with every other.
    const yamlDocument = parseDocument(text, { uniqueKeys: false, logLevel: 'error', schema: 'core' });
    const [error] = yamlDocument.errors;
    if (error) throw error;
    refuseDuplicateKeys(yamlDocument);
    return yamlDocument.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    throw new SidecarError(
      `The .yaml file cannot be read (${reason.slice(0, 200)}). Correct it, or drop the checkpoint without it.`,
    );
  }
}

function refuseDuplicateKeys(yamlDocument: Document): void {
  visit(yamlDocument, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name)) throw new Error(`the key ${show(name)} is there twice`);
        seen.add(name);
      }
    },
  });
}

/** ldm: `parameterization`, "eps" when not given. sgm: the scaling of the denoiser. */
function predictionOf(params: Field): Prediction | null {
  const parameterization = params.get('parameterization');
  if (parameterization.there) {
    return parameterization.oneOf({ eps: 'epsilon', v: 'v', x0: 'sample' } as const);
  }
  const scaling = params.get('denoiser_config').section('params').get('scaling_config').get('target').text();
  if (scaling !== null) {
    const name = scaling.slice(scaling.lastIndexOf('.') + 1);
    if (name === 'EpsScaling') return 'epsilon';
    return name.startsWith('VScaling') ? 'v' : null;
  }
  return params.get('unet_config').there ? 'epsilon' : null;
}

/** openaimodel.UNetModel: num_head_channels, unless -1, comes before num_heads. */
function headsOf(unet: Field): HeadRule | null {
  const size = unet.get('num_head_channels').integer(-1, MAX_HEADS);
  if (size !== null && size > 0) return { size };
  if (size === 0) unet.get('num_head_channels').fail('is 0 and should be a head size, or -1');
  const count = unet.get('num_heads').integer(-1, MAX_HEADS);
  if (count === 0) unet.get('num_heads').fail('is 0 and should be a number of heads, or -1');
  return count !== null && count > 0 ? { count } : null;
}

function sizesOf(unet: Field): Sidecar['unetSizes'] {
  const sizes = new Map<'in_channels' | 'out_channels' | 'model_channels' | 'context_dim', number>();
  for (const name of ['in_channels', 'out_channels', 'model_channels', 'context_dim'] as const) {
    // SDXL's refiner gives the width of the text once for each transformer block.
    const value = unet.get(name).firstOf(64).integer(1, 1e6);
    if (value !== null) sizes.set(name, value);
  }
  return sizes;
}

function textEncodersOf(params: Field): SidecarTextEncoder[] {
  const single = params.get('cond_stage_config');
  const embedders = params.get('conditioner_config').section('params').get('emb_models');
  const configs = single.there ? [single] : embedders.there ? embedders.list(16) : [];
  return configs.map(textEncoderOf).filter((encoder) => encoder !== null);
}

/** Known by its class. Other conditioners (sizes, images) are none of ours: null. */
function textEncoderOf(config: Field): SidecarTextEncoder | null {
  const target = config.get('target').text() ?? '';
  const params = config.section('params');
  const clip = params.section('text_config');
  const openClip = params.section('text_cfg');
  if (/FrozenOpenCLIPEmbedder2?$/.test(target)) {
    return { type: 'open-clip', heads: openClip.get('heads').integer(1, MAX_HEADS), activation: null };
  }
  if (!/FrozenCLIPEmbedder$/.test(target)) return null;
  const activation = clip.get('hidden_act');
  return {
    type: 'clip',
    heads: clip.get('num_attention_heads').integer(1, MAX_HEADS),
    activation: activation.there
      ? activation.oneOf({ quick_gelu: 'quick_gelu', gelu: 'gelu' } as const)
      : null,
  };
}

/** A place in the yaml that knows its path, so that every complaint can name it. Absent and null are the same. */
class Field {
  private constructor(
    private readonly value: unknown,
    private readonly path: string,
  ) {}

  static root(value: unknown): Field {
    return new Field(value ?? null, '').#requireMapping();
  }

  get there(): boolean {
    return this.value !== null && this.value !== undefined;
  }

  /** The field `name` of a mapping. */
  get(name: string): Field {
    const path = this.path ? `${this.path}.${name}` : name;
    if (!this.there) return new Field(null, path);
    const mapping = this.#requireMapping().value as Record<string, unknown>;
    return new Field(Object.hasOwn(mapping, name) ? mapping[name] : null, path);
  }

  /** Like get, and it must be a mapping where it is there. */
  section(name: string): Field {
    const field = this.get(name);
    return field.there ? field.#requireMapping() : field;
  }

  #requireMapping(): this {
    if (!this.there || typeof this.value !== 'object' || Array.isArray(this.value)) {
      this.fail('should be a section with fields of its own');
    }
    return this;
  }

  list(longest: number): Field[] {
    if (!Array.isArray(this.value)) this.fail('should be a list');
    const items = this.value as readonly unknown[];
    if (items.length > longest) this.fail(`has ${items.length} entries; at most ${longest} make sense`);
    return items.map((item, index) => new Field(item, `${this.path}[${index}]`));
  }

  /** The first of a list, or the field itself where it is none. */
  firstOf(longest: number): Field {
    return Array.isArray(this.value) ? (this.list(longest)[0] ?? new Field(null, this.path)) : this;
  }

  text(): string | null {
    if (!this.there) return null;
    if (typeof this.value !== 'string') this.fail('should be text');
    return this.value as string;
  }

  number(smallest: number, largest: number): number | null {
    if (!this.there) return null;
    const value = this.value;
    if (typeof value !== 'number' || !(value >= smallest && value <= largest)) {
      this.fail(`should be a number from ${smallest} to ${largest}, and is ${show(value)}`);
    }
    return value as number;
  }

  integer(smallest: number, largest: number): number | null {
    const value = this.number(smallest, largest);
    if (value !== null && !Number.isInteger(value)) this.fail(`should be a whole number, and is ${value}`);
    return value;
  }

  oneOf<T>(choices: Readonly<Record<string, T>>): T {
    const value = this.value;
    if (typeof value !== 'string' || !Object.hasOwn(choices, value)) {
      this.fail(`should be one of ${Object.keys(choices).join(', ')}, and is ${show(value)}`);
    }
    return choices[value as string]!;
  }

  fail(problem: string): never {
    const where = this.path ? `"${this.path}"` : 'the top level';
    throw new SidecarError(
      `In the .yaml file, ${where} ${problem}. Correct it, or drop the checkpoint without it.`,
    );
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 40)}"`;
  return typeof value === 'object' ? (Array.isArray(value) ? 'a list' : 'a section') : String(value);
}
