import { expect, it } from 'vitest';
import { planOf } from './plan.ts';

const said = (models: string[]) =>
  planOf(models, new Set(['tiny-xl', 'sdxl'])).map(
    ({ model, network, precision, how, profile }) =>
      `${model} ${network} ${precision} ${profile ? 'kernels' : how}`,
  );

it('checks numbers first, then times what matters most', () => {
  const steps = said(['tiny', 'tiny-xl', 'sd15', 'sdxl']);
  const at = (step: string) => steps.indexOf(step);
  const order = [
    'tiny unet float16 plain',
    'tiny-xl unet float16 plain',
    'sd15 unet float16 own',
    'sd15 unet float16 plain',
    'sd15 unet float16 pytorch',
    'sd15 unet float16 subgroups',
    'sd15 vae-decoder float16 plain',
    'sdxl unet float16 plain',
    'sdxl vae-decoder float32 plain',
    'sdxl vae-decoder float16 subgroups',
    'sd15 unet float16 kernels',
    'sdxl unet float16 kernels',
    'sd15 text float32 plain',
    'sd15 unet float16 float16 sums',
  ];
  expect(order.map(at)).toEqual(order.map(at).toSorted((a, b) => a - b));
  expect(order.map(at)).not.toContain(-1);
  expect(new Set(steps).size).toBe(steps.length);
});

it('asks for no text encoder where there is none', () => {
  expect(said(['sdxl', 'tiny-xl']).filter((step) => step.includes(' text '))).toEqual([]);
});
