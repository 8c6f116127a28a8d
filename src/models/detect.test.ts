// Names and shapes made up here: what the reference files do not cover, and what nobody should believe.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DType } from '../checkpoint/types.ts';
import { detect } from './detect.ts';
import { textTensors, type TextSizes } from './layouts/ldm-text.ts';
import { unetTensors } from './layouts/ldm-unet.ts';
import { vaeTensors } from './layouts/ldm-vae.ts';
import type { TensorSpec } from './layouts/mapped.ts';
import { tinyVaeTensors } from './layouts/tiny-vae.ts';
import { planWeights } from './plan.ts';
import { parseSidecar, SidecarError } from './sidecar.ts';
import type { TensorShape, TensorShapes, UNetConfig } from './types.ts';

type Shapes = Map<string, { shape: readonly number[]; dtype: DType }>;

const NONE: ReadonlyMap<string, string> = new Map();
const file = (entries: Record<string, readonly number[]>): Shapes =>
  new Map(Object.entries(entries).map(([name, shape]) => [name, { shape, dtype: 'F16' }]));

const UNET: UNetConfig = {
  inChannels: 4,
  outChannels: 4,
  modelChannels: 64,
  channelMult: [1, 2],
  resBlocks: [2, 1],
  transformerDepth: [1, 1],
  middleTransformerDepth: 1,
  contextDim: 128,
  heads: { count: 8 },
  linearProjections: false,
  vectorDim: null,
};
const VAE = {
  inChannels: 3,
  outChannels: 3,
  channels: 32,
  channelMult: [1, 2, 4],
  resBlocks: 1,
  zChannels: 4,
  latentChannels: 4,
  hasEncoder: true,
  hasDecoder: true,
};
const TEXT = {
  type: 'clip',
  width: 128,
  layers: 2,
  mlpWidth: 512,
  vocabulary: 49408,
  positions: 77,
  projection: null,
} as const;
const SD2_TEXT = { ...TEXT, type: 'open-clip', projection: 128 } as const;

interface Parts {
  readonly unet?: Partial<UNetConfig>;
  readonly vae?: Partial<typeof VAE> | null;
  readonly text?: TextSizes | null;
  readonly textPrefix?: string;
  readonly dtype?: DType;
}

/** A whole checkpoint in the ldm layout. */
function checkpoint({ unet = {}, vae = {}, text = TEXT, textPrefix, dtype = 'F16' }: Parts = {}): Shapes {
  const tensors: Shapes = new Map();
  const add = (prefix: string, spec: TensorSpec): void => {
    for (const [name, shape] of spec) tensors.set(prefix + name, { shape, dtype });
  };
  add('model.diffusion_model.', unetTensors({ ...UNET, ...unet }));
  if (vae) add('first_stage_model.', vaeTensors({ ...VAE, ...vae }));
  if (text) {
    const usual =
      text.type === 'clip' ? 'cond_stage_model.transformer.text_model.' : 'cond_stage_model.model.';
    add(textPrefix ?? usual, textTensors(text));
  }
  return tensors;
}

const sd2 = (parts: Parts = {}): Shapes =>
  checkpoint({ ...parts, unet: { linearProjections: true, ...parts.unet }, text: SD2_TEXT });

describe('image models', () => {
  it('derives levels of different depth and length', () => {
    const odd = { channelMult: [1, 1, 2, 3], resBlocks: [1, 3, 2, 1], transformerDepth: [0, 1, 2, 0] };
    const { networks, supported } = detect(checkpoint({ unet: odd }), NONE, null);
    expect(networks!.unet).toEqual({ ...UNET, ...odd });
    expect(networks!.vae).toEqual({ ...VAE, scaleFactor: 0.18215 });
    expect(supported).toBe(true);
  });

  it('refuses tensors that no buffer holds', () => {
    const reason = (vocabulary: number) =>
      detect(checkpoint({ text: { ...TEXT, vocabulary } }), NONE, null).unsupportedReason;
    expect(reason(2 ** 22 - 1)).toBeNull();
    expect(reason(2 ** 22)).toMatch(/2 GiB and more in float32.*token_embedding/);
  });

  it('tells relatives apart by their input channels', () => {
    const kind = (tensors: Shapes): [string, boolean] => {
      const { kind, supported } = detect(tensors, NONE, null);
      return [kind, supported];
    };
    expect(kind(checkpoint({ unet: { inChannels: 9 } }))).toEqual(['sd1-inpainting', true]);
    expect(kind(checkpoint({ unet: { inChannels: 8 } }))).toEqual(['sd1-instruct-pix2pix', true]);
    expect(kind(checkpoint({ unet: { inChannels: 7 } }))).toEqual(['unknown', false]);
    expect(kind(sd2())).toEqual(['sd2', true]);
    expect(kind(sd2({ unet: { inChannels: 9 } }))).toEqual(['sd2-inpainting', true]);
    expect(kind(sd2({ unet: { inChannels: 5 } }))).toEqual(['sd2-depth', false]);
    expect(kind(sd2({ unet: { vectorDim: 2048 } }))).toEqual(['unknown', false]);
  });

  it('takes the text encoder of files of 2022, whose names lack "text_model."', () => {
    const old = checkpoint({ textPrefix: 'cond_stage_model.transformer.' });
    const detection = detect(old, NONE, null);
    expect(detection.kind).toBe('sd1');
    expect(detection.supported).toBe(true);
    const entry = planWeights(old, detection).find((e) => e.name.endsWith('final_layer_norm.weight'))!;
    expect(entry.name).toBe('cond_stage_model.transformer.text_model.final_layer_norm.weight');
    expect(entry.sources).toEqual(['cond_stage_model.transformer.final_layer_norm.weight']);
  });

  it("takes SD-Turbo's file, which names its encoder as SDXL does, and does not guess what it predicts", () => {
    const tensors = checkpoint({
      unet: { linearProjections: true },
      text: SD2_TEXT,
      textPrefix: 'conditioner.embedders.0.model.',
    });
    const detection = detect(tensors, NONE, null);
    expect(detection.kind).toBe('sd2');
    expect(detection.supported).toBe(true);
    expect(detection.prediction).toEqual({ value: null, from: 'probe' });
    expect(detection.notes.join()).toMatch(/SD-Turbo/);
    expect(detection.networks!.textEncoders[0]!.prefix).toBe('cond_stage_model.model.');
  });

  describe('layers of the text encoder', () => {
    const encoder = (tensors: Shapes) => detect(tensors, NONE, null);
    const clip = (layers: number, absentLayers: number[] = []) =>
      checkpoint({ text: { ...TEXT, layers, absentLayers } });
    const h = (layers: number, absentLayers: number[] = []) =>
      checkpoint({ unet: { linearProjections: true }, text: { ...SD2_TEXT, layers, absentLayers } });

    it.each<[string, Shapes, number, readonly number[] | undefined, RegExp | null]>([
      ['SD 1', clip(12), 12, undefined, null],
      ['SD 1 without its last', clip(11), 12, [11], /lacks layer 11 of the text encoder's 12/],
      ['SD 1 with a gap', clip(12, [3, 4]), 12, [3, 4], /lacks layers 3, 4 of/],
      ['SD 2', h(24), 24, undefined, null],
      ['SD 2 without its last, which nothing uses', h(23), 24, [23], null],
      ['SD 2 without its last two', h(22), 24, [22, 23], /lacks layer 22 of the text encoder's 24/],
      ['SD 2 with one too many', h(25), 24, undefined, /not used/],
      ['a small encoder of its own', clip(3), 3, undefined, null],
    ])('%s', (_, tensors, layers, absent, note) => {
      const { supported, networks, notes } = encoder(tensors);
      expect(supported).toBe(true);
      expect(networks!.textEncoders[0]!.layers).toBe(layers);
      expect(networks!.textEncoders[0]!.absentLayers).toEqual(absent);
      const said = notes.filter((text) => /lacks layer|not used/.test(text));
      if (note === null) expect(said).toEqual([]);
      else expect(said).toEqual([expect.stringMatching(note)]);
      expect(planWeights(tensors, detect(tensors, NONE, null)).length).toBeGreaterThan(0);
    });

    it('of the published width are the published ones, however few there are', () => {
      const wide = { unet: { contextDim: 768 }, text: { ...TEXT, width: 768, mlpWidth: 3072, layers: 4 } };
      expect(encoder(checkpoint(wide)).networks!.textEncoders[0]!.layers).toBe(12);
    });

    it('are not numbered beyond reason', () => {
      const tensors = clip(3);
      tensors.set('cond_stage_model.transformer.text_model.encoder.layers.999999999.x', {
        shape: [1],
        dtype: 'F16',
      });
      expect(encoder(tensors).unsupportedReason).toMatch(/numbered beyond reason/);
    });

    it('that are there in part are missing what they lack', () => {
      const tensors = clip(12);
      tensors.delete('cond_stage_model.transformer.text_model.encoder.layers.11.mlp.fc2.bias');
      expect(encoder(tensors).unsupportedReason).toMatch(/layers\.11\.mlp\.fc2\.bias/);
    });
  });

  it.each<[string, Parts, RegExp]>([
    [
      'linear projections',
      { unet: { linearProjections: true } },
      /names of .*1, but .*linear projections of .*2/,
    ],
    ['convolutions', { text: SD2_TEXT }, /names of .*2, but .*convolutional projections of .*1/],
    [
      "SD 2's width",
      { unet: { contextDim: 1024 }, text: { ...TEXT, width: 1024 } },
      /width 1024, as Stable Diffusion 2 does, and not 768/,
    ],
    [
      "SD 1's width",
      { unet: { contextDim: 768, linearProjections: true }, text: { ...SD2_TEXT, width: 768 } },
      /width 768, as Stable Diffusion 1 does, and not 1024/,
    ],
  ])("refuses a text encoder of one family beside another's UNet: %s", (_, parts, why) => {
    const { supported, unsupportedReason } = detect(checkpoint(parts), NONE, null);
    expect(supported).toBe(false);
    expect(unsupportedReason).toMatch(why);
  });

  it('refuses two text encoders where one belongs', () => {
    const one = { ...TEXT, width: 64, mlpWidth: 256 };
    const tensors = checkpoint({ text: one, textPrefix: 'conditioner.embedders.0.transformer.text_model.' });
    for (const [name, shape] of textTensors(one)) {
      tensors.set(`conditioner.embedders.1.transformer.text_model.${name}`, { shape, dtype: 'F16' });
    }
    expect(detect(tensors, NONE, null).unsupportedReason).toMatch(/2 text encoders instead of one/);
  });

  it('brings names up to date one by one', () => {
    const tensors = checkpoint();
    const now = 'cond_stage_model.transformer.text_model.encoder.layers.1.layer_norm1.weight';
    const tensor = tensors.get(now)!;
    tensors.delete(now);
    tensors.set(now.replace('text_model.', ''), tensor);
    const detection = detect(tensors, NONE, null);
    expect(detection.supported).toBe(true);
    expect(planWeights(tensors, detection).find(({ name }) => name === now)!.sources).toEqual([
      now.replace('text_model.', ''),
    ]);
  });

  it('names a needed tensor that cannot be read, and passes over others', () => {
    const tensors: Map<string, TensorShape> = new Map(checkpoint());
    tensors.set('scale', { shape: [4], form: 'the number format "F8_E8M0"' });
    expect(detect(tensors, NONE, null).supported).toBe(true);
    const needed = 'model.diffusion_model.time_embed.0.weight';
    const { shape } = tensors.get(needed)!;
    tensors.set(needed, { shape, form: 'the number format "F8_E8M0"' });
    expect(detect(tensors, NONE, null).unsupportedReason).toContain(
      `${needed} (the number format "F8_E8M0")`,
    );
  });

  it.each([null, { hasDecoder: false }])('a checkpoint without a VAE wants one chosen: %j', (vae) => {
    const { supported, networks, notes } = detect(checkpoint({ vae }), NONE, null);
    expect([supported, networks!.vae]).toEqual([true, null]);
    expect(notes.join()).toMatch(/no VAE.*"SD VAE"/);
  });

  it('says what an incomplete checkpoint lacks', () => {
    const reason = (tensors: Shapes): string | null => detect(tensors, NONE, null).unsupportedReason;
    expect(reason(checkpoint({ text: null }))).toMatch(/lacks the text encoder/);
    expect(reason(checkpoint({ vae: { hasEncoder: false } }))).toBeNull();
    expect(reason(checkpoint({ vae: { hasEncoder: false }, unet: { inChannels: 9 } }))).toMatch(/no encoder/);
    expect(reason(checkpoint({ unet: { contextDim: 96 } }))).toMatch(/width 96.*gives 128/);
    expect(reason(checkpoint({ vae: { latentChannels: 16, zChannels: 16 } }))).toMatch(/4 channels.*16/);
    expect(reason(checkpoint({ dtype: 'I8' }))).toMatch(/quantised/);
    const gap = checkpoint();
    gap.delete('model.diffusion_model.output_blocks.1.1.proj_in.bias');
    expect(reason(gap)).toMatch(
      /1 tensor is missing: model\.diffusion_model\.output_blocks\.1\.1\.proj_in\.bias/,
    );
  });

  describe('SDXL', () => {
    const L = { ...TEXT, width: 32, mlpWidth: 128 };
    const G = { ...SD2_TEXT, width: 96, mlpWidth: 384, projection: 80 };
    interface Encoders {
      readonly l?: TextSizes | null;
      readonly g?: TextSizes | null;
    }
    const sdxl = ({ unet = {}, vae = {} }: Parts = {}, { l = L, g = G }: Encoders = {}): Shapes => {
      const vectorDim = 80 + 6 * 256;
      const tensors = checkpoint({ unet: { linearProjections: true, vectorDim, ...unet }, vae, text: null });
      const add = (index: number, name: string, text: TextSizes | null) => {
        for (const [key, shape] of text ? textTensors(text) : [])
          tensors.set(`conditioner.embedders.${index}.${name}.${key}`, { shape, dtype: 'F16' });
      };
      add(0, 'transformer.text_model', l);
      add(1, 'model', g);
      return tensors;
    };
    const four = { channelMult: [1, 1, 1, 2], resBlocks: [1, 1, 1, 1], transformerDepth: [0, 1, 1, 0] };
    const refiner = (parts: Partial<UNetConfig> = {}) =>
      sdxl({ unet: { ...four, contextDim: 96, vectorDim: 80 + 5 * 256, ...parts } }, { l: null });

    it.each<[string, Shapes, string]>([
      ['base', sdxl(), 'sdxl-base'],
      ['inpainting', sdxl({ unet: { inChannels: 9 } }), 'sdxl-inpainting'],
      ['refiner', refiner(), 'sdxl-refiner'],
    ])('%s', (_, tensors, kind) => {
      const { networks, ...detection } = detect(tensors, NONE, null);
      expect(detection).toMatchObject({ kind, supported: true, prediction: { value: 'epsilon' } });
      expect(networks!.vae!.scaleFactor).toBe(0.13025);
    });

    it.each<[string, Shapes, RegExp]>([
      ['without CLIP-L', sdxl({}, { l: null }), /lacks the text encoder CLIP-L/],
      ['without OpenCLIP', sdxl({}, { g: null }), /lacks the text encoder OpenCLIP-G/],
      ['without text encoders', sdxl({}, { l: null, g: null }), /lacks the text encoders\. /],
      ['without a projection', sdxl({}, { g: { ...G, projection: null } }), /text_projection/],
      ['of another vector', sdxl({ unet: { vectorDim: 1000 } }), /vector of 1000 numbers, .* has 1616/],
      ['with 8 channels', sdxl({ unet: { inChannels: 8 } }), /XL with 8 input channels/],
    ])('%s cannot be run', (_, tensors, why) => {
      expect(detect(tensors, NONE, null).unsupportedReason).toMatch(why);
    });
  });

  it('mentions tensors that nothing reads, and keeps them out of the plan', () => {
    const tensors = checkpoint();
    tensors.set('model.diffusion_model.motion.weight', { shape: [4], dtype: 'F32' });
    tensors.set('cond_stage_model.transformer.text_model.embeddings.position_ids', {
      shape: [1, 77],
      dtype: 'I64',
    });
    tensors.set('betas', { shape: [1000], dtype: 'F64' });
    const detection = detect(tensors, NONE, null);
    expect(detection.supported).toBe(true);
    expect(detection.notes).toEqual(['The UNet has tensors that are not used (1): motion.weight.']);
    expect(planWeights(tensors, detection)).toHaveLength(tensors.size - 3);
  });

  it('takes a linear layer for a 1x1 convolution of the same elements', () => {
    const tensors = checkpoint();
    for (const [name, { shape }] of tensors) {
      if (/attn_1\.(q|k|v|proj_out)\.weight$/.test(name))
        tensors.set(name, { shape: shape.slice(0, 2), dtype: 'F16' });
    }
    const detection = detect(tensors, NONE, null);
    expect(detection.supported).toBe(true);
    const q = planWeights(tensors, detection).find((e) => e.name.endsWith('encoder.mid.attn_1.q.weight'))!;
    expect(q.shape).toEqual([128, 128, 1, 1]);
  });
});

describe('what shapes cannot tell', () => {
  const yaml = (text: string) => parseSidecar(text);
  const unet = (params: string) => yaml(`model: {params: {unet_config: {params: {${params}}}}}`);

  it('prediction: sidecar before metadata before the family', () => {
    const of = (tensors: Shapes, metadata: Record<string, string>, sidecar: string | null) =>
      detect(tensors, new Map(Object.entries(metadata)), sidecar === null ? null : yaml(sidecar)).prediction;
    const v = 'model: {params: {parameterization: v, unet_config: {}}}';
    const said = { 'modelspec.prediction_type': 'epsilon' };
    expect(of(sd2(), said, v)).toEqual({ value: 'v', from: 'sidecar' });
    expect(of(sd2(), said, 'model: {params: {unet_config: {}}}')).toEqual({
      value: 'epsilon',
      from: 'sidecar',
    });
    expect(of(sd2(), said, null)).toEqual({ value: 'epsilon', from: 'metadata' });
    expect(of(sd2(), { 'modelspec.prediction_type': 'v' }, null)).toEqual({ value: 'v', from: 'metadata' });
    const architecture = { 'modelspec.architecture': 'stable-diffusion-v2-768-v' };
    expect(of(sd2(), architecture, null)).toEqual({ value: 'v', from: 'metadata' });
    expect(of(checkpoint(), architecture, null)).toEqual({ value: 'epsilon', from: 'family' });
    expect(of(sd2(), { 'modelspec.prediction_type': 'toString' }, null)).toEqual({
      value: null,
      from: 'probe',
    });
    const marked = checkpoint();
    marked.set('v_pred', { shape: [0], dtype: 'F32' });
    expect(of(marked, {}, null)).toEqual({ value: 'v', from: 'shapes' });
  });

  it('heads: the yaml before the family; one that cannot belong is refused', () => {
    const heads = (tensors: Shapes, sidecar: ReturnType<typeof yaml> | null) =>
      detect(tensors, NONE, sidecar).networks!.unet.heads;
    expect(heads(checkpoint(), null)).toEqual({ count: 8 });
    expect(heads(sd2(), null)).toEqual({ size: 64 });
    expect(heads(sd2({ unet: { modelChannels: 32 } }), null)).toEqual({ size: 32 });
    expect(heads(checkpoint(), unet('num_heads: 4'))).toEqual({ count: 4 });
    expect(heads(checkpoint(), unet('num_heads: 4, num_head_channels: 16'))).toEqual({ size: 16 });
    expect(heads(checkpoint(), unet('num_heads: 4, num_head_channels: -1'))).toEqual({ count: 4 });
    expect(() => heads(checkpoint(), unet('num_heads: 7'))).toThrow(SidecarError);
    expect(() => heads(checkpoint(), unet('num_heads: 7'))).toThrow(/num_heads: 7.*another model/);
  });

  it('a yaml of another model is remarked on', () => {
    const { notes } = detect(checkpoint(), NONE, unet('model_channels: 320, context_dim: 128'));
    expect(notes).toEqual([expect.stringMatching(/model_channels: 320, but the tensors have 64/)]);
  });

  it('text heads of no usual size are remarked on', () => {
    const { networks, notes } = detect(
      checkpoint({ unet: { contextDim: 48 }, text: { ...TEXT, width: 48 as 128 } }),
      NONE,
      null,
    );
    expect(networks!.textEncoders[0]!.heads).toBe(1);
    expect(notes.join()).toMatch(/width 48 does not split/);
  });
});

describe('add-ons', () => {
  const label = (
    entries: Record<string, readonly number[]>,
    metadata: Record<string, string> = {},
  ): string => {
    const detection = detect(file(entries), new Map(Object.entries(metadata)), null);
    const used = detection.kind === 'embedding' || detection.lora !== undefined;
    expect(detection.supported).toBe(used);
    expect(detection.unsupportedReason === null).toBe(used);
    return `${detection.kind}: ${detection.label}`;
  };

  it('LoRAs of every make, for the right family', () => {
    const down = 'down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k';
    expect(
      label({
        [`lora_unet_${down}.lora_down.weight`]: [4, 768],
        [`lora_unet_${down}.lora_up.weight`]: [640, 4],
      }),
    ).toBe('lora: LoRA for SD 1.x');
    expect(
      label({ [`lora_unet_${down}.hada_w1_a`]: [640, 4], [`lora_unet_${down}.hada_w1_b`]: [4, 1024] }),
    ).toBe('lora: LoRA (LoHa) for SD 2.x');
    expect(
      label({ [`lora_unet_${down}.lokr_w1`]: [4, 4] }, { ss_base_model_version: 'sdxl_base_v1-0' }),
    ).toBe('lora: LoRA (LoKr) for SDXL');
    expect(
      label({ 'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight': [4, 2048] }),
    ).toBe('lora: LoRA for SDXL');
    expect(
      label({
        'unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora.down.weight': [
          4, 768,
        ],
      }),
    ).toBe('lora: LoRA for SD 1.x');
    expect(label({ 'lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight': [4, 1280] })).toBe(
      'lora: LoRA for SDXL',
    );
    expect(label({ 'base_model.model.mid_block.resnets.0.conv1.lora_A.weight': [4, 64, 3, 3] })).toBe(
      'lora: LoRA (LoCon)',
    );
    expect(label({ 'lora_unet_x.weight': [4], 'lora_unet_x.on_input': [] })).toBe('lora: LoRA ((IA)3)');
    expect(label({ 'transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight': [4, 3072] })).toBe(
      'lora: LoRA for FLUX',
    );
  });

  it('embeddings by width', () => {
    expect(label({ 'string_to_param.*': [2, 768] })).toBe('embedding: Embedding for SD 1.x (2 vectors)');
    expect(label({ emb_params: [1, 1024] })).toBe('embedding: Embedding for SD 2.x (1 vector)');
    expect(label({ clip_l: [3, 768], clip_g: [3, 1280] })).toBe('embedding: Embedding for SDXL (3 vectors)');
    expect(label({ '<style>': [768] })).toBe('embedding: Embedding for SD 1.x (1 vector)');
    expect(label({ w: [2, 3] })).toBe('unknown: Unknown file');
  });

  it('ControlNets, parts of checkpoints and other families', () => {
    expect(
      label({ 'controlnet_cond_embedding.conv_in.weight': [16, 3, 3, 3], 'conv_in.weight': [320, 4, 3, 3] }),
    ).toBe('controlnet: ControlNet');
    expect(
      label({
        'input_hint_block.0.weight': [16, 3, 3, 3],
        'zero_convs.0.0.weight': [320, 320, 1, 1],
        'input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight': [320, 1024],
      }),
    ).toBe('controlnet: ControlNet');
    expect(label({ 'cond_stage_model.model.token_embedding.weight': [49408, 1024] })).toBe(
      'unknown: OpenCLIP text encoder',
    );
    expect(label({ 'model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight': [9, 3] })).toBe(
      'unknown: Stable Diffusion 3',
    );
    expect(label({ 'double_blocks.0.img_attn.qkv.weight': [9, 3] })).toMatch(/^unknown: FLUX/);
    expect(label({ 'm_head.0.weight': [64, 3, 3, 3], 'm_tail.0.weight': [3, 64, 3, 3] })).toBe(
      'upscaler: SCUNet upscaler',
    );
    expect(label({ '768.0.linear.0.weight': [1536, 768] })).toBe('hypernetwork: Hypernetwork for SD 1.x');
    expect(label({ 'model_ema.decay': [], 'model_ema.diffusion_modelout0bias': [320] })).toBe(
      'unknown: Averaged weights (EMA)',
    );
    expect(label({})).toBe('unknown: Unknown file');
  });

  it.each([4, 16])('diffusers VAEs, with the attention names of before 0.17: %i channels', (channels) => {
    const tensors = file({
      'decoder.mid_block.resnets.0.conv1.weight': [512, 512, 3, 3],
      'decoder.conv_in.weight': [512, channels, 3, 3],
    });
    const { kind, label, supported, unsupportedReason } = detect(tensors, NONE, null);
    expect([kind, supported]).toEqual(['vae', false]);
    expect(label).toBe(channels === 4 ? 'VAE' : 'VAE with 16 latent channels');
    expect(unsupportedReason).toMatch(channels === 4 ? /cannot be used\. The VAE/ : /does not run/);
  });

  describe('VAEs of their own', () => {
    const whole = (prefix: string): Shapes =>
      file(Object.fromEntries([...vaeTensors(VAE)].map(([name, shape]) => [prefix + name, shape])));

    it.each(['', 'first_stage_model.', 'vae.'])('named "%s..."', (prefix) => {
      const detection = detect(whole(prefix), NONE, null);
      expect(detection).toMatchObject({ kind: 'vae', supported: true, vae: VAE, networks: null });
      expect(planWeights(whole(prefix), detection).map(({ name, shape }) => [name, shape])).toEqual(
        [...vaeTensors(VAE)].map(([name, shape]) => [`first_stage_model.${name}`, shape]),
      );
    });

    it.each<DType>(['F32', 'BF16', 'F8_E4M3', 'F8_E5M2'])('of %s', (dtype) => {
      const tensors: Shapes = new Map([...whole('')].map(([name, tensor]) => [name, { ...tensor, dtype }]));
      expect(detect(tensors, NONE, null).unsupportedReason).toBeNull();
    });

    it('that lack something are refused by its name', () => {
      const tensors = whole('');
      tensors.delete('decoder.conv_out.bias');
      expect(detect(tensors, NONE, null).unsupportedReason).toContain('decoder.conv_out.bias');
      const encoder = new Map([...whole('')].filter(([name]) => !/^(decoder|post_quant)/.test(name)));
      expect(detect(encoder, NONE, null).unsupportedReason).toMatch(/lacks the decoder/);
    });
  });

  describe('tiny autoencoders', () => {
    const sizes = { channels: 64, latentChannels: 4, hasEncoder: true, hasDecoder: true };
    const spec = [...tinyVaeTensors(sizes)];
    /** diffusers does not count the decoder's first layer. */
    const inDiffusers = (name: string) =>
      name
        .replace(/^decoder\.(\d+)/, (_, number) => `decoder.layers.${Number(number) - 1}`)
        .replace(/^encoder\./, 'encoder.layers.');

    it.each<[string, (name: string) => string | null, object]>([
      ['both halves', (name) => name, {}],
      ['under the prefixes of taesd', (name) => `taesd_${name}`, {}],
      ['of diffusers', inDiffusers, {}],
      ['an encoder', (name) => (name.startsWith('encoder.') ? name.slice(8) : null), { hasDecoder: false }],
      ['a decoder', (name) => (name.startsWith('decoder.') ? name.slice(8) : null), { hasEncoder: false }],
    ])('%s', (_, rename, halves) => {
      const named = spec.flatMap(([name, shape]) => {
        const to = rename(name);
        return to === null ? [] : [[to, shape] as const];
      });
      const tensors = file(Object.fromEntries(named));
      const detection = detect(tensors, NONE, null);
      expect(detection).toMatchObject({ kind: 'taesd', supported: true, tinyVae: { ...sizes, ...halves } });
      expect(planWeights(tensors, detection).map(({ shape }) => shape)).toEqual(
        named.map(([, shape]) => shape),
      );
    });
  });
});

describe('hostile names and shapes', () => {
  it('never throws and never takes a damaged model for a whole one', () => {
    const names = [...checkpoint().keys()];
    const damage = fc.record({
      victim: fc.constantFrom(...names),
      shape: fc.option(fc.array(fc.nat({ max: 2 ** 32 }), { maxLength: 5 }), { nil: null }),
    });
    const whole = checkpoint();
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
        const tensors = new Map(whole);
        for (const { victim, shape } of damages) {
          if (shape === null) tensors.delete(victim);
          else tensors.set(victim, { shape, dtype: 'F16' });
        }
        const same = (name: string): boolean =>
          squeeze(tensors.get(name)?.shape) === squeeze(whole.get(name)!.shape);
        const detection = detect(tensors, NONE, null);
        expect(detection.supported).toBe(damages.every(({ victim }) => same(victim)));
      }),
      { numRuns: 60 },
    );
  });

  const squeeze = (shape: readonly number[] | undefined): string | undefined =>
    shape?.join().replace(/(,1)+$/, '');

  it('refuses block numbers that would make it build a world', () => {
    for (const name of [
      'model.diffusion_model.input_blocks.99999999999.0.in_layers.2.weight',
      'model.diffusion_model.middle_block.1.transformer_blocks.1e9.x',
      'model.diffusion_model.middle_block.1.transformer_blocks.400000000.x',
      'first_stage_model.decoder.up.123456789.block.0.conv1.weight',
      'cond_stage_model.transformer.text_model.encoder.layers.987654321.mlp.fc1.weight',
      'unet.down_blocks.999999999.resnets.0.conv1.weight',
    ]) {
      const tensors = checkpoint();
      tensors.set(name, { shape: [1, 1, 1, 1], dtype: 'F16' });
      expect(() => detect(tensors, NONE, null)).not.toThrow();
    }
  });

  it('survives names of object members', () => {
    const entries = ['__proto__', 'constructor.weight', 'hasOwnProperty', '', '.', 'unet.toString.weight'];
    const tensors: TensorShapes = new Map(entries.map((name) => [name, { shape: [1], dtype: 'F32' }]));
    expect(detect(tensors, NONE, null).kind).toBe('unknown');
  });
});
