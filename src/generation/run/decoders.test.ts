// What is said where a VAE or a tiny decoder is wanted and is not there, or does not go with the model.
import { expect, it } from 'vitest';
import type { StoredModel } from '../../library/types.ts';
import type { ModelKind } from '../../models/types.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../request/settings/list.ts';
import { chooseDecoders } from './decoders.ts';

function stored(fileName: string, kind: ModelKind, more: object): StoredModel {
  return {
    sha256: fileName.padEnd(64, '0'),
    name: fileName.replace(/\.[^.]*$/, ''),
    fileName,
    detection: { kind, supported: true, networks: null, ...more },
  } as unknown as StoredModel;
}

const unet = { inChannels: 4, outChannels: 4 };
const WHOLE = stored('whole.safetensors', 'sd1', { networks: { unet, vae: {}, textEncoders: [] } });
const BARE = stored('bare.safetensors', 'sdxl-base', { networks: { unet, vae: null, textEncoders: [] } });
const INPAINTING = stored('inpainting.safetensors', 'sd1-inpainting', {
  networks: { unet: { ...unet, inChannels: 9 }, vae: null, textEncoders: [] },
});
const vae = (fileName: string, latentChannels = 4, hasEncoder = true) =>
  stored(fileName, 'vae', { vae: { latentChannels, hasEncoder } });
const tiny = (fileName: string, hasDecoder = true) =>
  stored(fileName, 'taesd', { tinyVae: { latentChannels: 4, hasDecoder, hasEncoder: !hasDecoder } });

const FILES = [
  vae('sharp.pt'),
  vae('wide.pt', 16),
  vae('half.pt', 4, false),
  tiny('taesd_encoder.pth', false),
  tiny('taesd_decoder.pth'),
];

const choose = (model: StoredModel, settings: Partial<ImageSettings>, files = FILES) =>
  chooseDecoders(model, { ...DEFAULT_IMAGE_SETTINGS, ...settings }, [model, ...files]);

it.each<[string, StoredModel, Partial<ImageSettings>, RegExp | null]>([
  ['its own', WHOLE, {}, null],
  ['one that is chosen', BARE, { sdVae: 'sharp.pt' }, null],
  ['none at all', BARE, {}, /"bare" has no VAE.*Stable Diffusion XL.*"SD VAE"/],
  ['one that is gone', BARE, { sdVae: 'gone.pt' }, /"bare" has no VAE/],
  ['one of other latents', WHOLE, { sdVae: 'wide.pt' }, /16 latent channels.*have 4\. Choose another/],
  ['half of one', INPAINTING, { sdVae: 'half.pt' }, /no encoder/],
  ['a tiny decoder', WHOLE, { vaeDecodeMethod: 'TAESD' }, null],
  ['a tiny decoder that is not there', BARE, { vaeDecodeMethod: 'TAESD' }, /import taesdxl_decoder/],
])('%s', (_, model, settings, problem) => {
  const { problem: told } = choose(model, settings);
  if (problem === null) expect(told).toBeNull();
  else expect(told).toMatch(problem);
});

it('finds a tiny decoder by its name', () => {
  const both = [tiny('taesdxl_decoder.pth'), ...FILES];
  const settings = { livePreviewMethod: 'TAESD' } as const;
  expect(choose(WHOLE, settings, both).taesd?.fileName).toBe('taesd_decoder.pth');
  expect(choose(BARE, { ...settings, sdVae: 'sharp.pt' }, both).taesd?.fileName).toBe('taesdxl_decoder.pth');
  expect(choose(BARE, settings, [tiny('diffusion_pytorch_model.bin')]).taesd).not.toBeNull();
  expect(choose(WHOLE, {}, both).taesd).toBeNull();
});

it('finds a tiny encoder for img2img, which then needs no other', () => {
  const settings = { ...DEFAULT_IMAGE_SETTINGS, vaeEncodeMethod: 'TAESD', sdVae: 'half.pt' } as const;
  const over = (files: readonly StoredModel[]) =>
    chooseDecoders(WHOLE, settings, [WHOLE, ...files], 'img2img');
  expect(over(FILES)).toMatchObject({ taesdEncoder: { fileName: 'taesd_encoder.pth' }, problem: null });
  expect(over([vae('half.pt', 4, false)]).problem).toMatch(/import taesd_encoder/);
  expect(choose(WHOLE, { vaeEncodeMethod: 'TAESD' }, []).problem).toBeNull();
});

it('says what was passed over', () => {
  expect(choose(WHOLE, { sdVae: 'gone.pt' }).remarks).toEqual([expect.stringContaining('"gone.pt"')]);
  expect(choose(WHOLE, { livePreviewMethod: 'TAESD' }, []).remarks).toEqual([
    expect.stringContaining('taesd_decoder'),
  ]);
});

it('the text names what decodes, and that a VAE beside the checkpoint does not', () => {
  expect(choose(WHOLE, { sdVae: 'sharp.pt' }).text.vaeName).toBe('sharp.pt');
  expect(choose(WHOLE, { sdVae: 'None' }).text).toEqual({});
  const near = [vae('whole.vae.pt')];
  expect(choose(WHOLE, {}, near).text.vaeName).toBe('whole.vae.pt');
  expect(choose(WHOLE, { sdVae: 'None' }, near).text).toEqual({ vaeName: 'None' });
});
