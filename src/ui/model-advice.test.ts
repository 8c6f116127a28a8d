import { describe, expect, it } from 'vitest';
import { familyOf, FAMILIES } from '../families/families.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from '../generation/request/request.ts';
import { findSampler } from '../sampling/registry.ts';
import { CHOICES } from './choices.ts';
import { adviceFor, lorasCalled, sizesOf, sizeWith } from './model-advice.ts';

type Model = Parameters<typeof sizesOf>[0];

function model(
  kind: string,
  fileName = 'model.safetensors',
  changes: { width?: number; v?: boolean } = {},
): Model {
  const modelChannels = changes.width ?? familyOf(kind)!.unet.modelChannels;
  return {
    name: fileName.replace(/\.\w+$/, ''),
    fileName,
    predictionOverride: changes.v ? 'v' : null,
    // All that is looked at.
    detection: { kind, networks: { unet: { modelChannels } }, prediction: null } as Model['detection'],
  };
}
const set = (changes: Partial<GenerationParameters>) => ({ ...DEFAULT_PARAMETERS, ...changes });
const SDXL = { width: 1024, height: 1024 };
const SD1 = { width: 512, height: 512 };

describe('sizes', () => {
  it('are those of the family, and of its v models', () => {
    expect(sizesOf(model('sdxl-base'))[0]).toEqual(SDXL);
    expect(sizesOf(model('sd1'))[0]).toEqual(SD1);
    expect(sizesOf(model('sd2', 'a.ckpt', { v: true }))[0]).toEqual({ width: 768, height: 768 });
  });

  it('are not known of a UNet of another width', () => {
    expect(sizesOf(model('sd1', 'small.safetensors', { width: 64 }))).toEqual([]);
  });

  it('come with a chosen model where nobody chose another', () => {
    const [sd1, sdxl] = [model('sd1'), model('sdxl-base')];
    expect(sizeWith(sdxl, null, SD1, SD1)).toEqual(SDXL);
    expect(sizeWith(sdxl, sd1, SD1, SD1)).toEqual(SDXL);
    expect(sizeWith(sd1, sdxl, SDXL, SD1)).toEqual(SD1);
    expect(sizeWith(sdxl, sd1, { width: 640, height: 448 }, SD1)).toBeNull();
    expect(sizeWith(sdxl, sdxl, SDXL, SD1)).toBeNull();
    expect(sizeWith(model('sd1', 'x', { width: 64 }), sdxl, SDXL, SD1)).toBeNull();
  });
});

describe('advice', () => {
  it('says nothing where the model gets what it wants', () => {
    expect(adviceFor(model('sd1'), DEFAULT_PARAMETERS)).toBeNull();
    expect(adviceFor(model('sdxl-base'), set({ width: 832, height: 1216 }))).toBeNull();
  });

  it('names the size where the area is far off', () => {
    expect(adviceFor(model('sdxl-base'), set(SD1))).toEqual({ label: null, change: SDXL });
    expect(adviceFor(model('sd1'), set(SDXL))).toEqual({ label: null, change: SD1 });
  });

  it('knows the models of few steps by their names, and the steps that these tell', () => {
    const advice = adviceFor(model('sdxl-base', 'juggernautXL_v9Lightning_4steps.safetensors'), set(SDXL));
    expect(advice?.label).toBe('SDXL Lightning');
    expect(advice?.change).toMatchObject({ steps: 4, cfgScale: 1, scheduler: 'SGM Uniform' });
    expect(advice?.change.width).toBeUndefined();
    expect(
      adviceFor(model('sdxl-base', 'aLightning.safetensors'), set({ ...SDXL, steps: 6, cfgScale: 2 })),
    ).toBeNull();
  });

  it('knows LoRAs of few steps by their names while the prompt calls them', () => {
    const lora = (fileName: string, alias: string | null = null) => ({
      ...model('sdxl-base', fileName),
      sha256: fileName,
      detection: { kind: 'lora', supported: true, lora: { family: 'sdxl', alias, dataHash: null } },
    });
    const library = [
      lora('ink.safetensors'),
      lora('fast.safetensors', 'TCD-SDXL-LoRA'),
      lora('lcm-lora-sdxl.safetensors'),
    ] as unknown as Parameters<typeof lorasCalled>[1];
    const adviceIn = (prompt: string, changes: Partial<GenerationParameters> = {}) =>
      adviceFor(model('sdxl-base'), set({ ...SDXL, ...changes }), lorasCalled(prompt, library));
    expect(adviceIn('a boat <lora:ink:1>')).toBeNull();
    expect(adviceIn('a boat <lora:ink:1> <lora:lcm-lora-sdxl:1>')).toMatchObject({
      label: 'LCM',
      change: { sampler: 'LCM', steps: 6, cfgScale: 1.5 },
    });
    expect(adviceIn('<lora:fast:0.8>')?.change).toMatchObject({ sampler: 'TCD', steps: 4, cfgScale: 1 });
    expect(adviceIn('<lora:fast:0.8>', { steps: 4, cfgScale: 1 })).toBeNull();
  });

  it('never asks for what there is not', () => {
    for (const { variants } of FAMILIES) {
      for (const { sampler, scheduler } of variants) {
        expect(findSampler(sampler), sampler).toBeDefined();
        expect(CHOICES.schedulers).toContain(scheduler);
      }
    }
  });
});
