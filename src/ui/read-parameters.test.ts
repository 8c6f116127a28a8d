import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { CHOICES } from './choices.ts';
import { describeChanges, keepingOwn, readParameters } from './read-parameters.ts';
import { parseParameters } from './stored-settings.ts';

const LINE =
  'Steps: 30, Sampler: DPM++ 2M Karras, CFG scale: 7.125, Seed: 42, Size: 500x512, Model hash: 6ce0161689, Model: "a, b"';
const TEXT = `a cat, ink drawing\nNegative prompt: ugly\n${LINE}`;

describe('readParameters', () => {
  it('tells what the text decides, and what it says', () => {
    const read = readParameters(TEXT);
    expect(read.parameters).toMatchObject({
      prompt: 'a cat, ink drawing',
      negativePrompt: 'ugly',
      steps: 30,
      sampler: 'DPM++ 2M',
      cfgScale: 7.125,
      seed: 42,
      // A1111's latent has 500 // 8 cells.
      width: 496,
    });
    expect(read).toMatchObject({
      modelHash: '6ce0161689',
      modelName: 'a, b',
      extraSeed: false,
      unsupported: [],
    });
    expect(read.fields.at(-1)).toEqual({ name: 'Model', value: 'a, b' });
    expect(read.fields).toHaveLength(7);
  });

  it('takes styles out of the prompts', () => {
    const styles = [{ name: 'ink', prompt: 'ink drawing', negativePrompt: '' }];
    const read = readParameters(TEXT, styles);
    expect(read.styles).toEqual(['ink']);
    expect(read.parameters.prompt).toBe('a cat');
  });

  it('leaves styles in where putting them back would change the prompt', () => {
    const styles = [{ name: 'ink', prompt: 'ink', negativePrompt: '' }];
    expect(readParameters(`a cat ,  ink\n${LINE}`, styles)).toMatchObject({
      styles: [],
      parameters: { prompt: 'a cat ,  ink' },
    });
  });

  it('opens the extra seed row where the text needs it', () => {
    expect(readParameters(`${TEXT}, Variation seed: 3, Variation seed strength: 0.5`)).toMatchObject({
      extraSeed: true,
      parameters: { subseed: 3, subseedStrength: 0.5 },
    });
    expect(readParameters(`${TEXT}, Seed resize from: 512x256`)).toMatchObject({
      extraSeed: true,
      parameters: { seedResizeFromWidth: 512, seedResizeFromHeight: 256 },
    });
  });

  it('takes over settings that decide the picture', () => {
    expect(readParameters(`${TEXT}, Emphasis: No norm, Eta: 0.5`).parameters.settings).toMatchObject({
      emphasis: 'No norm',
      etaAncestral: 0.5,
    });
  });

  it.each([
    ['Face restoration: CodeFormer', true, 'CodeFormer', 0.5],
    ['Face restoration: CodeFormer, Face restoration weight: 0.1', true, 'CodeFormer', 0.1],
    ['Face restoration: GFPGAN', true, 'GFPGAN', 0.5],
    ['Face restoration: False', false, 'CodeFormer', 0.5],
  ])('%s', (fields, faceRestoration, faceRestorationModel, codeFormerWeight) => {
    const read = readParameters(`a\n${LINE}, ${fields}`);
    expect(read.unsupported).toEqual([]);
    expect(read.parameters.settings).toMatchObject({
      faceRestoration,
      faceRestorationModel,
      codeFormerWeight,
    });
  });

  it.each([
    ['VAE hash: 735e4c3a44, VAE: turned.safetensors', 'turned.safetensors [735e4c3a44]'],
    ['VAE hash: 735e4c3a44', '[735e4c3a44]'],
    ['VAE: other.pt', 'other.pt'],
    ['VAE: None', null],
  ])('%s names the VAE', (fields, vae) => {
    const read = readParameters(`a\n${LINE}, ${fields}`);
    expect([read.vae, read.unsupported]).toEqual([vae, []]);
    expect(read.parameters.settings).toMatchObject({ sdVae: vae ?? 'None', sdVaeOverrides: true });
  });

  it('names what cannot be done', () => {
    const text = `${TEXT}, Denoising strength: 0.7, Hires upscale: 2, Lora hashes: "x: 1"`;
    // No hash is as short.
    expect(readParameters(text).unsupported).toEqual(['Lora hashes x: 1']);
    expect(readParameters('a\nSteps: 2, Sampler: Quantum, CFG scale: 3').unsupported).toEqual([
      'Sampler Quantum',
    ]);
  });

  it.each([
    'Perturbed Attention Guidance: 3',
    'sag_guidance_scale: 0.75',
    'RP Active: True',
    'Tiled Diffusion: "x: 1"',
    'CADS active: True',
    'Kohya Hires Fix: 1',
    'FreeU Stages: 1',
    'ControlNet Enabled: True',
    'Some extension of tomorrow: 1',
  ])('names what it does not know: %s', (field) => {
    expect(readParameters(`a\n${LINE}, ${field}`).unsupported).toEqual([field.split(':')[0]]);
  });

  it('names an extension that is not at hand', () => {
    const read = readParameters(`a\n${LINE}, Extension Nobody: "{\\"a\\": 1}"`);
    expect([read.missingExtensions, read.unsupported]).toEqual([['Nobody'], []]);
  });

  it.each([
    ['Schedule type', 'Nobody Has This'],
    ['Emphasis', 'Fancy'],
    ['RNG', 'XPU'],
    ['Eta', 'much'],
    ['UniPC order', '2.5'],
    ['Variation seed', '0x10'],
    ['Seed resize from', 'large'],
    ['Noise Schedule', 'Other'],
    ['Face restoration', 'Remini'],
    ['Face restoration weight', 'much'],
  ])('names a value that means nothing: %s %s', (name, value) => {
    expect(readParameters(`a\n${LINE}, ${name}: ${value}`).unsupported).toEqual([`${name} ${value}`]);
  });

  it('says nothing of what changes no picture', () => {
    const text = `a\n${LINE}, VAE hash: 1, Token merging ratio: 0.0, Tiling: False, Face restoration: False, Beta schedule alpha: 0.6, Version: v1.10.1, Created Date: 2024`;
    expect(readParameters(text).unsupported).toEqual([]);
  });

  it('finds nothing missing in the text of an inpainting model', () => {
    expect(readParameters(`a cat\n${LINE}, Conditional mask weight: 1.0`).unsupported).toEqual([]);
    const half = readParameters(`a cat\n${LINE}, Conditional mask weight: 0.5`);
    expect(half.unsupported).toEqual([]);
    expect(half.parameters.settings?.inpaintingMaskWeight).toBe(0.5);
  });

  it('leaves the controls alone for a plain prompt', () => {
    const read = readParameters('just a prompt');
    expect(read).toMatchObject({ extraSeed: null, modelHash: null, fields: [] });
    expect(read.parameters).toEqual({ prompt: 'just a prompt', negativePrompt: '' });
  });

  it('reads the beginning of a text without end', () => {
    expect(readParameters('x'.repeat(5_000_000)).parameters.prompt).toHaveLength(1_000_000);
  });
});

it('keeps choices of the person that no text tells, and takes those that it does', () => {
  const own = {
    ...DEFAULT_PARAMETERS,
    settings: { ...DEFAULT_PARAMETERS.settings, batchCondUncond: false, etaDdim: 0.5 },
  };
  const { settings } = keepingOwn(readParameters(TEXT).parameters, own);
  expect(settings).toMatchObject({ batchCondUncond: false, etaDdim: 0 });
  expect(keepingOwn({ prompt: 'a cat' }, own)).toEqual({ prompt: 'a cat' });
});

it('says what became of values beyond the controls', () => {
  const line = 'Steps: 99999, Sampler: Euler a, CFG scale: 45, Seed: 18446744073709551615, Size: 32x512';
  const { parameters } = readParameters(`${'a'.repeat(100_001)}\n${line}`);
  const got = parseParameters({ ...DEFAULT_PARAMETERS, ...parameters }, CHOICES);
  expect(describeChanges(parameters, got)).toEqual([
    'Sampling steps 99999 became 10000',
    'Width 32 became 64',
    'The prompt of 100,001 characters was cut to 100,000',
  ]);
});
