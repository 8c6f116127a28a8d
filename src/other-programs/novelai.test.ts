// NovelAI's JSON, written after pictures that its users describe (Comment, v4_prompt) and its documentation of weights.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { blankPicture, png, told, withHidden } from './testing.ts';

const v3 = {
  ...{
    prompt: '{{fox}}, [snow], a (b)',
    steps: 28,
    height: 1216,
    width: 832,
    scale: 5.0,
    cfg_rescale: 0.2,
    seed: 1234567890,
  },
  ...{
    noise_schedule: 'karras',
    sampler: 'k_dpmpp_2s_ancestral',
    sm: true,
    sm_dyn: false,
    uc: 'lowres',
    request_type: 'PromptGenerateRequest',
  },
};
const texts = (comment: object, source: string) => ({
  ...{
    Title: 'NovelAI generated image',
    Description: 'of the description',
    Software: 'NovelAI',
    Source: source,
  },
  Comment: JSON.stringify(comment),
});

describe('NovelAI', () => {
  it('V3: weights, sizes, schedules; what only it does is named', async () => {
    const { program, lines, remarks } = await told(await png(texts(v3, 'Stable Diffusion XL C1E1DE52')));
    expect(program).toBe('NovelAI');
    expect(lines).toEqual([
      '(fox:1.1025), (snow:0.9524), a \\(b\\)',
      'Negative prompt: lowres',
      'Steps: 28, Sampler: DPM++ 2S a, Schedule type: Karras, CFG scale: 5, Seed: 1234567890, Size: 832x1216, Model: Stable Diffusion XL C1E1DE52, Software: NovelAI',
    ]);
    expect(remarks).toEqual(['left out: SMEA', 'left out: Prompt Guidance Rescale', 'own model']);
  });

  it('V4: prompts of characters, numbers as weights', async () => {
    const caption = (base_caption: string, ...chars: string[]) => ({
      caption: {
        base_caption,
        char_captions: chars.map((char_caption) => ({ char_caption, centers: [{ x: 0.5, y: 0.5 }] })),
      },
    });
    const comment = {
      ...v3,
      ...{
        sm: false,
        cfg_rescale: 0,
        v4_prompt: caption('2girls, 1.5::rain, night::, -1::fog::', 'girl, red'),
        v4_negative_prompt: caption('lowres', ''),
      },
    };
    const { lines, remarks } = await told(await png(texts(comment, 'NovelAI Diffusion V4.5 4BDE2A90')));
    expect(lines[0]).toBe('2girls, (rain, night:1.5), (fog:-1), girl, red');
    expect(lines[1]).toBe('Negative prompt: lowres');
    expect(remarks).toEqual(['characters', 'own model']);
  });

  it('the first one, as A1111 notes of it', async () => {
    const { lines } = await told(
      await png(
        texts(
          { steps: 28, sampler: 'k_euler_ancestral', seed: 1, scale: 11, uc: 'x' },
          'Stable Diffusion 3B3287AF',
        ),
      ),
    );
    expect(lines[0]).toBe('of the description');
    expect(lines[2]).toContain('Size: 64x48');
    expect(lines[2]).toContain('Clip skip: 2, ENSD: 31337');
  });

  it.each([
    ['stealth_pngcomp', 4],
    ['stealth_pnginfo', 4],
    ['stealth_rgbcomp', 3],
    ['stealth_rgbinfo', 3],
  ] as const)('what is hidden in pixels as %s', async (mark, channels) => {
    const text = new TextEncoder().encode(JSON.stringify(texts(v3, 'Stable Diffusion XL C1E1DE52')));
    const content = mark.endsWith('comp') ? gzipSync(text) : text;
    const image = withHidden(mark, content, blankPicture(96, 80, channels));
    const { program, lines } = await told(await png({}, image));
    expect(program).toBe('NovelAI');
    expect(lines[2]).toContain('Seed: 1234567890, Size: 832x1216');
  });

  it('a mark with nonsense behind it is nothing', async () => {
    const image = withHidden(
      'stealth_pngcomp',
      new TextEncoder().encode('nonsense'),
      blankPicture(32, 32, 4),
    );
    expect((await told(await png({}, image))).program).toBeUndefined();
  });
});
