import { expect, it } from 'vitest';
import type { StoredModel } from '../../library/types.ts';
import type { ModelKind } from '../../models/types.ts';
import { DEFAULT_HIRES, DEFAULT_IMG2IMG, type GenerationParameters } from '../request/request.ts';
import { misfitOf } from './second-checkpoint.ts';

function model(name: string, kind: ModelKind, inChannels = 4): StoredModel {
  const networks = { unet: { inChannels, outChannels: 4 } };
  return { sha256: name, name, detection: { kind, networks } } as unknown as StoredModel;
}

const [SD1, OTHER, SDXL] = [model('own', 'sd1'), model('other', 'sd1'), model('xl', 'sdxl-base')];
const INPAINTING = model('inpaint', 'sd1-inpainting', 9);
const EDITING = model('edit', 'sd1-instruct-pix2pix', 8);
const source = { file: new Blob(), sha256: '', size: null };
const IMG2IMG = { ...DEFAULT_IMG2IMG, source };

type Asked = Partial<Pick<GenerationParameters, 'hires' | 'img2img'>>;

it.each<[string, StoredModel, StoredModel, Asked, RegExp | null]>([
  ['an ordinary one', SD1, OTHER, {}, null],
  ['of an inpainting one', INPAINTING, OTHER, { img2img: IMG2IMG }, null],
  ['other latents', SD1, SDXL, {}, /other latents.*Refiner/],
  ['an inpainting one in txt2img', SD1, INPAINTING, {}, null],
  ['an inpainting one in img2img', SD1, INPAINTING, { img2img: IMG2IMG }, /ordinary checkpoint/],
  ['an inpainting one in hires fix', SD1, INPAINTING, { hires: DEFAULT_HIRES }, /ordinary checkpoint/],
  ['an inpainting one of its kind', INPAINTING, INPAINTING, { img2img: IMG2IMG }, null],
  ['InstructPix2Pix', SD1, EDITING, {}, /ordinary checkpoint/],
])('as refiner: %s', (_, own, other, asked, told) => {
  const refiner = { checkpoint: other, switchAt: 0.8 };
  const problem = misfitOf(own, other, { hires: null, img2img: null, ...asked, refiner });
  if (told === null) expect(problem).toBeNull();
  else expect(problem).toMatch(told);
});

it.each([
  ['Latent', /other latents.*Hires\. fix/],
  ['Lanczos', null],
] as const)('as checkpoint of hires fix over other latents, by %s', (upscaler, told) => {
  const hires = { ...DEFAULT_HIRES, upscaler, checkpoint: SDXL };
  const problem = misfitOf(SD1, SDXL, { hires, img2img: null, refiner: null });
  if (told === null) expect(problem).toBeNull();
  else expect(problem).toMatch(told);
});
