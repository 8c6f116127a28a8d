// Published configurations are understood; anything else is refused with the field's name.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SIDECAR_SIZE, parseSidecar, SidecarError } from './sidecar.ts';

/** The fields of the published files that matter here, in their structure. */
const V1 = `
model:
  base_learning_rate: 1.0e-04
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params:
    linear_start: 0.00085
    linear_end: 0.0120
    timesteps: 1000
    scale_factor: 0.18215
    unet_config:
      target: ldm.modules.diffusionmodules.openaimodel.UNetModel
      params: {in_channels: 4, out_channels: 4, model_channels: 320, num_heads: 8, context_dim: 768, legacy: False}
    cond_stage_config:
      target: ldm.modules.encoders.modules.FrozenCLIPEmbedder
`;
const V2 = `
model:
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params:
    parameterization: "v"
    unet_config:
      params: {num_head_channels: 64 # need to fix for flash-attn
        , use_linear_in_transformer: True}
    cond_stage_config:
      target: ldm.modules.encoders.modules.FrozenOpenCLIPEmbedder
      params: {freeze: True, layer: "penultimate"}
`;
const XL = `
model:
  target: sgm.models.diffusion.DiffusionEngine
  params:
    scale_factor: 0.13025
    denoiser_config:
      params: {scaling_config: {target: sgm.modules.diffusionmodules.denoiser_scaling.VScaling}}
    network_config:
      params: {num_head_channels: 64}
    conditioner_config:
      params:
        emb_models:
        - {target: sgm.modules.encoders.modules.FrozenCLIPEmbedder, params: {layer: hidden}}
        - {target: sgm.modules.encoders.modules.FrozenOpenCLIPEmbedder2, params: {text_cfg: {heads: 20}}}
        - {target: sgm.modules.encoders.modules.ConcatTimestepEmbedderND, params: {outdim: 256}}
`;

describe('parseSidecar', () => {
  it('reads the structure of v1-inference.yaml: epsilon where nothing is said', () => {
    expect(parseSidecar(V1)).toEqual({
      prediction: 'epsilon',
      heads: { count: 8 },
      scaleFactor: 0.18215,
      textEncoders: [{ type: 'clip', heads: null, activation: null }],
      unetSizes: new Map([
        ['in_channels', 4],
        ['out_channels', 4],
        ['model_channels', 320],
        ['context_dim', 768],
      ]),
      betas: { start: 0.00085, end: 0.012, timesteps: 1000 },
    });
  });

  it('reads the structure of v2-inference-v.yaml and sd_xl_base.yaml', () => {
    const v2 = parseSidecar(V2);
    expect([v2.prediction, v2.heads]).toEqual(['v', { size: 64 }]);
    expect(v2.textEncoders).toEqual([{ type: 'open-clip', heads: null, activation: null }]);
    const xl = parseSidecar(new TextEncoder().encode(XL));
    expect([xl.prediction, xl.heads, xl.scaleFactor]).toEqual(['v', { size: 64 }, 0.13025]);
    expect(xl.textEncoders.map(({ type, heads }) => [type, heads])).toEqual([
      ['clip', null],
      ['open-clip', 20],
    ]);
  });

  it.each([
    [
      'model: {params: {parameterization: 5}}',
      /"model\.params\.parameterization" should be one of eps, v, x0, and is 5/,
    ],
    ['model: {params: {parameterization: toString}}', /parameterization/],
    [
      'model: {params: {scale_factor: big}}',
      /"model\.params\.scale_factor" should be a number .* and is "big"/,
    ],
    ['model: {params: {scale_factor: .nan}}', /scale_factor/],
    ['model: {params: {unet_config: {params: {num_heads: 2.5}}}}', /num_heads" should be a whole number/],
    ['model: {params: {unet_config: {params: {num_heads: 0}}}}', /num_heads" is 0/],
    ['model: {params: {unet_config: {params: {num_head_channels: []}}}}', /num_head_channels.* a list/],
    ['model: {params: {unet_config: [1]}}', /"model\.params\.unet_config" should be a section/],
    ['model: {params: {conditioner_config: {params: {emb_models: 3}}}}', /emb_models" should be a list/],
    ['model: text', /"model" should be a section/],
    ['just a sentence', /top level should be a section/],
    ['', /top level should be a section/],
    ['other: 1', /no "model" section/],
    ['a: [', /cannot be read/],
    ['a: 1\n---\nb: 2', /cannot be read/],
    ['model: {params: 1}\nmodel: {params: 2}', /"model" is there twice/],
    [new Uint8Array([0xff, 0xfe, 0xfa]), /cannot be read/],
  ])('refuses %j by name', (yaml, message) => {
    expect(() => parseSidecar(yaml)).toThrow(SidecarError);
    expect(() => parseSidecar(yaml)).toThrow(message);
  });

  it('refuses bombs: size, depth and aliases', () => {
    expect(() => parseSidecar(' '.repeat(MAX_SIDECAR_SIZE + 1))).toThrow(/over 1 MB/);
    expect(() => parseSidecar('['.repeat(100_000))).toThrow(SidecarError);
    expect(() => parseSidecar(`model: ${'{a: '.repeat(50_000)}`)).toThrow(SidecarError);
    const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++) laughs.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`);
    expect(() => parseSidecar(laughs.join('\n'))).toThrow(SidecarError);
  });

  const MANY = 200_000;
  it.each([
    ['keys', Array.from({ length: MANY / 5 }, (_, i) => `k${i}: 1`).join('\n'), /far more parts/],
    ['keys in brackets', `{${Array.from({ length: MANY / 5 }, (_, i) => `k${i}: 1`).join()}}`, /more parts/],
    ['brackets', '['.repeat(MANY), /nested too deep/],
    ['brackets in brackets', `model: ${'{a: ['.repeat(MANY / 5)}`, /nested too deep/],
    ['dashes', '- '.repeat(MANY), /nested too deep/],
    ['question marks', '? '.repeat(MANY), /nested too deep/],
    ['levels', Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /nested too deep/],
    ['aliases', `a: &a 1\n${'b: *a\n'.repeat(21)}`, /refers to its own parts too often/],
    ['documents', '---\na: 1\n'.repeat(MANY / 10), /far more parts/],
    ['lines', '\n'.repeat(MANY), /far more parts/],
  ])('refuses too many %s before they are parsed', (_, yaml, message) => {
    expect(() => parseSidecar(yaml)).toThrow(SidecarError);
    expect(() => parseSidecar(yaml)).toThrow(message);
  });

  it('takes brackets in texts and remarks for what they are', () => {
    const remarks = `# ${'[{'.repeat(100)}\nnote: "${'[{'.repeat(100)}"\nblock: |\n  ${'- '.repeat(100)}\n${V1}`;
    expect(parseSidecar(remarks)).toEqual(parseSidecar(V1));
  });

  it('never throws anything but SidecarError', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.integer(),
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom('params', 'target', 'num_heads', 'emb_models', 'text_cfg', 'heads', '__proto__'),
          tie('any'),
          { maxKeys: 3 },
        ),
      ),
    })).any;
    const params = fc.record(
      {
        parameterization: value,
        scale_factor: value,
        unet_config: value,
        network_config: value,
        cond_stage_config: value,
        conditioner_config: value,
        denoiser_config: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(params, value), (tree) => {
        try {
          parseSidecar(JSON.stringify({ model: { params: tree } }));
        } catch (error) {
          expect(error).toBeInstanceOf(SidecarError);
        }
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        try {
          parseSidecar(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SidecarError);
        }
      }),
    );
  });
});
