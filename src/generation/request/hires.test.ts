// The sizes of hires fix, and what texts say of it and of the refiner, as webui 1.10.1 has them (tests/reference/pipelines).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { hiresFromText } from './hires-text.ts';
import { hiresSize } from './hires.ts';
import { parseInfotext } from './infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from './parameters.ts';
import { prepareRequest } from './prepare.ts';
import { refinerFromText } from './refiner-text.ts';
import { DEFAULT_HIRES, DEFAULT_PARAMETERS, type GenerationParameters, type Hires } from './request.ts';
import { runSteps } from './run-steps.ts';
import { validateParameters } from './validate.ts';

interface Case {
  readonly id: string;
  readonly params: Readonly<Record<string, number | undefined>>;
  readonly hires?: { readonly upscale_to: readonly number[]; readonly truncate: readonly number[] };
}

const { cases } = listReference('pipelines').includes('index.json')
  ? readReferenceJson<{ cases: readonly Case[] }>('pipelines', 'index.json')
  : { cases: [] };

describe.skipIf(cases.length === 0)('sizes', () => {
  it.each(cases.filter(({ hires }) => hires).map((one) => [one.id, one] as const))(
    '%s',
    (_, { params, hires }) => {
      const size = hiresSize(
        { width: params['width']!, height: params['height']! },
        {
          scale: params['hr_scale'] ?? 2,
          resizeWidth: params['hr_resize_x'] ?? 0,
          resizeHeight: params['hr_resize_y'] ?? 0,
        },
      );
      expect([size.enlarged.width, size.enlarged.height]).toEqual(hires!.upscale_to);
      expect([size.cut.width, size.cut.height]).toEqual(hires!.truncate);
    },
  );
});

const flip = { sha256: 'f90763c403'.padEnd(64, '0'), name: 'flip' };

function withHires(hires: Partial<Hires>, others: Partial<GenerationParameters> = {}): GenerationParameters {
  return { ...DEFAULT_PARAMETERS, seed: 1, ...others, hires: { ...DEFAULT_HIRES, ...hires } };
}

describe('the text of hires fix', () => {
  it.each<[string, Partial<Hires>]>([
    ['as it comes', {}],
    ['of a size', { resizeWidth: 768, resizeHeight: 0 }],
    [
      'with all of its own',
      {
        upscaler: 'Lanczos',
        scale: 1.5,
        steps: 7,
        denoisingStrength: 0.35,
        sampler: 'DDIM CFG++',
        cfgScale: 4.5,
        prompt: 'red, (car:1.2)',
        negativePrompt: 'rain',
      },
    ],
    ['with a schedule of its own', { sampler: 'Euler', scheduler: 'Exponential' }],
  ])('%s is read as it was', (_, hires) => {
    const asked = withHires(hires);
    const told = hiresFromText(parseInfotext(fromGenerationParameters(asked, { seed: 1 })));
    expect({ ...told, firstPass: null }).toEqual({ ...asked.hires, firstPassHash: null });
  });

  it('keeps evenly spaced times apart from the schedule of the first pass', () => {
    const text = fromGenerationParameters(withHires({ sampler: 'Euler' }), { seed: 1 });
    expect(text).toContain('Schedule type: Karras');
    expect(hiresFromText(parseInfotext(text))?.scheduler).toBe('Automatic');
  });

  it('reads names of old, and says nothing for a picture without', () => {
    const text =
      'a\nSteps: 5, Sampler: Euler, Hires upscale: 2, Hires sampler: DPM++ 2M Karras, Denoising strength: 0.5';
    expect(hiresFromText(parseInfotext(text))).toMatchObject({ sampler: 'DPM++ 2M', scheduler: 'Karras' });
    expect(hiresFromText(parseInfotext('a\nSteps: 5, Sampler: Euler, Denoising strength: 0.5'))).toBeNull();
  });

  it('names checkpoints', () => {
    const asked = { ...withHires({ checkpoint: flip }), refiner: { checkpoint: flip, switchAt: 0.6 } };
    const said = parseInfotext(fromGenerationParameters(asked, { seed: 1 }));
    expect(said['Hires checkpoint']).toBe('flip [f90763c403]');
    expect(hiresFromText(said)?.checkpoint).toEqual({ name: 'flip', hash: 'f90763c403' });
    expect(refinerFromText(said)).toEqual({
      checkpoint: { name: 'flip', hash: 'f90763c403' },
      switchAt: 0.6,
    });
    expect(toGenerationParameters(said).settings?.refinerSwitchBySteps).toBe(false);
  });
});

describe('requests with hires fix', () => {
  const problems = (hires: Partial<Hires>, others: Partial<GenerationParameters> = {}) =>
    validateParameters(withHires(hires, others)).join(' ');

  it('are checked', () => {
    expect(problems({})).toBe('');
    expect(problems({ scale: 40 })).toContain('Upscale by must be a number from 0.05 to 16');
    expect(problems({ steps: 1.5 })).toContain('Hires steps');
    expect(problems({ denoisingStrength: 2 })).toContain('Denoising strength');
    expect(problems({ scale: 3 }, { width: 2048 })).toContain('6144 x 1536');
    // Whether it is in the library is for others to say.
    expect(problems({ upscaler: '4x-UltraSharp' })).toBe('');
    expect(problems({ upscaler: '' })).toContain('Upscaler must be the name of an upscaler');
    expect(problems({ sampler: 'Quantum' })).toContain('no sampling method called "Quantum"');
    expect(problems({ sampler: 'DDIM', denoisingStrength: 0 })).toContain('denoising strength of 0');
    expect(problems({ denoisingStrength: 0.001 }, { steps: 100 })).toContain('schedule of 100000 steps');
    expect(problems({ checkpoint: { sha256: 'x', name: 'y' } })).toContain('choose it again');
  });

  it('count the steps of both passes', () => {
    expect(runSteps(withHires({ steps: 5 }))).toBe(25);
    expect(runSteps(withHires({}))).toBe(40);
  });

  it('of an older kind are filled in', () => {
    const older: Record<string, unknown> = { ...DEFAULT_PARAMETERS };
    delete older['hires'];
    delete older['refiner'];
    expect(prepareRequest(older as unknown as GenerationParameters)).toMatchObject({
      hires: null,
      refiner: null,
    });
    expect(prepareRequest(withHires({ sampler: 'DPM++ 2M Karras' })).hires).toMatchObject({
      sampler: 'DPM++ 2M',
      scheduler: 'Karras',
    });
  });
});
