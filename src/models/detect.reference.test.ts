// Every published layout and every tiny model is recognised for what it is, with the sizes it was made with.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.ts';
import { bytesSource } from '../checkpoint/source.ts';
import type { DType } from '../checkpoint/types.ts';
import {
  listReference,
  readReference,
  readReferenceJson,
  REFERENCE_DIR,
  tinyModels,
} from '../../tests/reference-dir.ts';
import type { HfText, OpenClipText, ReferenceConfig } from '../../tests/tiny-model.ts';
import { isImageKind } from '../families/families.ts';
import { detect } from './detect.ts';
import { planWeights } from './plan.ts';
import { parseSidecar } from './sidecar.ts';
import type { Detection, ModelKind, Networks, TensorShapes, TextEncoderConfig } from './types.ts';

interface Manifest {
  readonly family: string;
  /** For the averages of a training file: their names -> the averaged tensors'. */
  readonly of?: Record<string, string>;
  readonly tensors: Record<string, { shape: number[]; dtype: DType }>;
}

/** The manifests' `family` in words -> kind. */
const FAMILIES: readonly (readonly [RegExp, ModelKind])[] = [
  [/^ControlNet/, 'controlnet'],
  [/^TAESD/, 'taesd'],
  [/^standalone VAE/, 'vae'],
  [/^(GFPGAN|CodeFormer)/, 'face-restorer'],
  [/^(ESRGAN|realesr|RealESRGAN)/i, 'upscaler'],
  [/instruct-pix2pix/, 'sd1-instruct-pix2pix'],
  [/^SD 1.* inpainting/, 'sd1-inpainting'],
  [/^SD 1/, 'sd1'],
  [/^SD 2.* inpainting/, 'sd2-inpainting'],
  [/^SD 2 depth/, 'sd2-depth'],
  [/^SD 2/, 'sd2'],
  [/^SDXL refiner/, 'sdxl-refiner'],
  [/^SDXL/, 'sdxl-base'],
];

const manifests = listReference('models', 'manifests')
  .filter((file) => file.endsWith('.json.gz'))
  .map((file) => ({ file, manifest: readReferenceJson<Partial<Manifest>>('models', 'manifests', file) }))
  .filter((entry): entry is { file: string; manifest: Manifest } => entry.manifest.family !== undefined);

const shapesOf = (...parts: readonly Manifest[]): TensorShapes =>
  new Map(parts.flatMap(({ tensors }) => Object.entries(tensors)));

describe.skipIf(manifests.length === 0)('published layouts', () => {
  it.each(manifests)('$file', ({ manifest }) => {
    const expected = FAMILIES.find(([pattern]) => pattern.test(manifest.family))?.[1];
    expect(expected, `no rule for the family "${manifest.family}"`).toBeDefined();
    const tensors = shapesOf(manifest, ...(manifest.of ? [wholeOf(manifest)] : []));
    const detection = detect(tensors, new Map(), null);

    expect(detection.kind).toBe(expected);
    expect(detection.hasEma).toBe(manifest.of !== undefined);
    const useful = isImageKind(detection.kind)
      ? detection.kind !== 'sd2-depth'
      : /^(vae|taesd|upscaler|face-restorer|controlnet)$/.test(detection.kind);
    expect(detection.supported).toBe(useful);
    if (useful) expect(detection.unsupportedReason).toBeNull();
    else expect(detection.unsupportedReason).toMatch(/^This is .+\. \S/);
    expect(detection.notes.filter((note) => /not used|assumed/.test(note))).toEqual([]);
    if (detection.networks) expectWholePlan(tensors, detection);
  });
});

/** The manifest that the averages were taken of: it has all their tensors, in the same shapes. */
function wholeOf(averages: Manifest): Manifest {
  const pairs = Object.entries(averages.of!);
  const shape = (manifest: Manifest, name: string): string => `${manifest.tensors[name]?.shape}`;
  return manifests.find(({ manifest }) =>
    pairs.every(([average, name]) => shape(manifest, name) === shape(averages, average)),
  )!.manifest;
}

/** Everything of a file but buffers and averages is planned exactly once, under its own name and shape. */
function expectWholePlan(tensors: TensorShapes, detection: Detection): void {
  const kept = [...tensors].filter(
    ([name]) =>
      /^(model\.diffusion_model|first_stage_model|cond_stage_model|conditioner)\./.test(name) &&
      !/(position_ids|logit_scale)$/.test(name),
  );
  const plan = planWeights(tensors, detection);
  expect(plan.map((entry) => entry.name).sort()).toEqual(kept.map(([name]) => name).sort());
  for (const entry of plan) {
    expect(entry.sources).toEqual([entry.name]);
    expect(entry.transpose).toBe(false);
    expect(entry.shape).toEqual(tensors.get(entry.name)!.shape);
    expect(entry.network).toBe(networkOf(entry.name));
  }
}

function networkOf(name: string): string {
  if (name.startsWith('model.diffusion_model.')) return 'unet';
  if (!name.startsWith('first_stage_model.')) return 'text';
  return /^first_stage_model\.(encoder|quant_conv)\./.test(name) ? 'vae-encoder' : 'vae-decoder';
}

interface TinyConfig extends ReferenceConfig {
  readonly family: 'sd1' | 'sd2' | 'sdxl';
  /** "refiner", of SDXL's. */
  readonly kind?: string;
  readonly te?: HfText | OpenClipText;
  readonly te_l?: HfText;
  readonly te_g?: OpenClipText;
  readonly parameterization: string;
}

/** What config.json says, in our terms. */
function networksOf(config: TinyConfig): Networks {
  const { unet, vae } = config;
  const levels = unet.channel_mult.length;
  const depthAt = (level: number): number =>
    typeof unet.transformer_depth === 'number' ? unet.transformer_depth : unet.transformer_depth[level]!;
  const clip = (te: HfText, prefix: string): TextEncoderConfig => ({
    type: 'clip',
    prefix,
    width: te.hidden_size,
    layers: te.num_hidden_layers,
    heads: te.num_attention_heads,
    mlpWidth: te.intermediate_size,
    vocabulary: 49408,
    positions: 77,
    activation: te.hidden_act,
    projection: null,
  });
  const openClip = (te: OpenClipText, prefix: string): TextEncoderConfig => ({
    type: 'open-clip',
    prefix,
    width: te.width,
    layers: te.layers,
    heads: te.heads,
    mlpWidth: 4 * te.width,
    vocabulary: 49408,
    positions: 77,
    activation: 'gelu',
    projection: te.embed_dim,
  });
  return {
    unet: {
      inChannels: unet.in_channels,
      outChannels: unet.out_channels,
      modelChannels: unet.model_channels,
      channelMult: unet.channel_mult,
      resBlocks: Array.from({ length: levels }, (_, level) =>
        typeof unet.num_res_blocks === 'number' ? unet.num_res_blocks : unet.num_res_blocks[level]!,
      ),
      transformerDepth: Array.from({ length: levels }, (_, level) =>
        unet.attention_resolutions.includes(2 ** level) ? depthAt(level) : 0,
      ),
      middleTransformerDepth: depthAt(levels - 1),
      contextDim: [unet.context_dim].flat()[0]!,
      heads: unet.num_head_channels ? { size: unet.num_head_channels } : { count: unet.num_heads! },
      linearProjections: unet.use_linear_in_transformer ?? false,
      vectorDim: unet.adm_in_channels ?? null,
    },
    vae: {
      inChannels: vae.in_channels,
      outChannels: vae.out_ch,
      channels: vae.ch,
      channelMult: vae.ch_mult,
      resBlocks: vae.num_res_blocks,
      zChannels: vae.z_channels,
      latentChannels: 4,
      scaleFactor: config.scale_factor,
      hasEncoder: true,
      hasDecoder: true,
    },
    textEncoders:
      config.family === 'sd1'
        ? [clip(config.te as HfText, 'cond_stage_model.transformer.text_model.')]
        : config.family === 'sd2'
          ? [openClip(config.te as OpenClipText, 'cond_stage_model.model.')]
          : [
              ...(config.te_l ? [clip(config.te_l, 'conditioner.embedders.0.transformer.text_model.')] : []),
              openClip(config.te_g!, `conditioner.embedders.${config.te_l ? 1 : 0}.model.`),
            ],
  };
}

async function openTiny(name: string) {
  return openCheckpoint(bytesSource(readReference('models', name, `${name}.safetensors.gz`)));
}

const tiny = tinyModels().filter((name) =>
  ['.safetensors.gz', '.yaml'].every((end) => existsSync(join(REFERENCE_DIR, 'models', name, name + end))),
);

describe.skipIf(tiny.length === 0)('tiny models', () => {
  it.each(tiny)('%s with its yaml has exactly the numbers of config.json', async (name) => {
    const config = readReferenceJson<TinyConfig>('models', name, 'config.json');
    const { tensors, metadata } = await openTiny(name);
    const sidecar = parseSidecar(readReference('models', name, `${name}.yaml`));
    const detection = detect(tensors, metadata, sidecar);

    const suffix = { 4: '', 9: '-inpainting', 8: '-instruct-pix2pix', 5: '-depth' }[config.unet.in_channels];
    const xl = `sdxl${suffix || `-${config.kind ?? 'base'}`}`;
    expect(detection.kind).toBe(config.family === 'sdxl' ? xl : config.family + suffix);
    expect(detection.supported).toBe(true);
    expect(detection.networks).toEqual(networksOf(config));
    expect(detection.prediction).toEqual({
      value: config.parameterization === 'v' ? 'v' : 'epsilon',
      from: 'sidecar',
    });
    expect(detection.notes).toEqual([]);
    expectWholePlan(tensors, detection);
  });

  it.each(tiny)('%s without its yaml: only what shapes cannot tell may differ', async (name) => {
    const config = readReferenceJson<TinyConfig>('models', name, 'config.json');
    const { tensors, metadata } = await openTiny(name);
    const detection = detect(tensors, metadata, null);

    const expected = networksOf(config);
    const { networks } = detection;
    expect({ ...networks!.unet, heads: null }).toEqual({ ...expected.unet, heads: null });
    expect(networks!.vae).toEqual(expected.vae);
    expect(networks!.textEncoders.map((te) => ({ ...te, heads: null }))).toEqual(
      expected.textEncoders.map((te) => ({ ...te, heads: null })),
    );
    if (detection.kind === 'sd2') expect(detection.prediction).toEqual({ value: null, from: 'probe' });
    else expect(detection.prediction).toEqual({ value: 'epsilon', from: 'family' });
  });

  it.each(tiny)('%s with any one tensor gone or of another shape is refused by its name', async (name) => {
    const { tensors, metadata } = await openTiny(name);
    const sidecar = parseSidecar(readReference('models', name, `${name}.yaml`));
    const complete = detect(tensors, metadata, sidecar);
    const plan = planWeights(tensors, complete);
    // One of every 23: enough to reach each kind of tensor in each network.
    for (const { name: key, shape } of plan.filter((_, index) => index % 23 === 0)) {
      const without = new Map(tensors);
      without.delete(key);
      expect(detect(without, metadata, sidecar).supported, key).toBe(false);
      const bent = new Map<string, { shape: readonly number[]; dtype: DType }>(tensors);
      bent.set(key, { dtype: 'F16', shape: [shape[0]! - 1, ...shape.slice(1)] });
      expect(detect(bent, metadata, sidecar).supported, key).toBe(false);
    }
    if (!complete.supported) return;
    const key = plan.find((entry) => entry.name.endsWith('middle_block.1.proj_out.weight'))!.name;
    const without = new Map(tensors);
    without.delete(key);
    expect(detect(without, metadata, sidecar).unsupportedReason).toContain(key);
  });
});
