// What a person is offered for a model.
import { expect, it } from 'vitest';
import { SAMPLERS } from '../sampling/registry.ts';
import { findScheduler } from '../sampling/schedulers.ts';
import { FAMILIES, sizesFor, variantOf, variantOfLora } from './families.ts';
import { SD1 } from './sd1.ts';
import { SD2 } from './sd2.ts';
import { SDXL } from './sdxl.ts';

it.each([
  ['sd_xl_turbo_1.0_fp16', 'SDXL Turbo'],
  ['DreamShaperXL_Turbo_v2', 'Turbo'],
  ['juggernautXL_v9Rdphoto2Lightning', 'SDXL Lightning'],
  ['SDXLTurbo', 'SDXL Turbo'],
  ['sdxl_lightning_4step', 'SDXL Lightning'],
  ['RealVisXL V5.0 Lightning', 'SDXL Lightning'],
  ['ponyDiffusionV6XL', null],
  ['noobaiXLNAIXL_vPred10Version', null],
])('%s: %s', (name, label) => expect(variantOf(SDXL, name)?.label ?? null).toBe(label));

it.each([
  ['sdxl_lightning_4step_lora', 'SDXL Lightning', 4],
  ['Hyper-SDXL-8steps-lora', 'Hyper-SDXL', 8],
  ['lcm-lora-sdxl', 'LCM', 6],
  ['TCD-SDXL-LoRA', 'TCD', 4],
  ['sd_xl_turbo_lora_v1', 'SDXL Turbo', 4],
  ['hyper_detailed_skin', null, undefined],
  ['Lightning Storm XL', null, undefined],
])('LoRA %s: %s, %s steps', (name, label, steps) => {
  const variant = variantOfLora(SDXL, name);
  expect(variant?.label ?? null).toBe(label);
  expect(variant?.steps).toBe(steps);
});

it('a name tells of steps', () => {
  expect(variantOf(SDXL, 'sdxl_lightning_4step')).toMatchObject({ steps: 4, cfgScale: 1 });
  expect(variantOf(SDXL, 'RealVisXL Lightning')?.steps).toBe(8);
});

it('sizes are those that a model draws well', () => {
  expect(sizesFor(SDXL, 'pony', 'epsilon')[0]).toEqual({ width: 1024, height: 1024 });
  expect(sizesFor(SDXL, 'sd_xl_turbo', 'epsilon')).toEqual([{ width: 512, height: 512 }]);
  expect(sizesFor(SD2, 'v2-1_768', 'v')[0]).toEqual({ width: 768, height: 768 });
  expect(sizesFor(SD1, 'dreamy', 'epsilon')[0]).toEqual({ width: 512, height: 512 });
});

it.each(FAMILIES.map((family) => [family.id, family] as const))('%s names what there is', (_, family) => {
  for (const { sampler, scheduler } of family.variants) {
    expect(SAMPLERS.some(({ name }) => name === sampler)).toBe(true);
    expect(findScheduler(scheduler)).toBeDefined();
  }
  for (const { width, height } of [...family.sizes.usual, ...(family.sizes.v ?? [])]) {
    expect([width % 64, height % 64]).toEqual([0, 0]);
  }
  expect(family.latent.preview).toHaveLength(family.latent.channels);
});
