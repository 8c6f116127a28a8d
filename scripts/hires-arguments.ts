// What `npm run generate` takes for Hires. fix and the refiner.
import { DEFAULT_HIRES, DEFAULT_REFINER, type Hires } from '../src/generation/request/request.ts';
import { HIRES_UPSCALERS } from '../src/image/upscale-latent.ts';

const text = { type: 'string' } as const;

/** For parseArgs. */
export const HIRES_OPTIONS = {
  hires: { type: 'boolean' },
  'hires-upscaler': text,
  'hires-scale': text,
  'hires-width': text,
  'hires-height': text,
  'hires-steps': text,
  'hires-denoising': text,
  'hires-model': text,
  'hires-sampler': text,
  'hires-scheduler': text,
  'hires-cfg': text,
  'hires-prompt': text,
  'hires-negative': text,
  'hires-image': text,
  refiner: text,
  'refiner-switch': text,
} as const;

export const HIRES_HELP = `Hires. fix
  --hires              the picture is enlarged and painted over; any of the next ones says so, too
  --hires-upscaler NAME  (${DEFAULT_HIRES.upscaler}); others: ${HIRES_UPSCALERS.slice(1, 4).join(', ')},
                       ${HIRES_UPSCALERS.slice(4).join(', ')},
                       or an upscaler's FILE (.pth, .safetensors)
  --hires-scale N      times as large (${DEFAULT_HIRES.scale})
  --hires-width N, --hires-height N  or to this size; one of them alone keeps the shape
  --hires-steps N      0 = as many as the first pass (${DEFAULT_HIRES.steps})
  --hires-denoising N  how far from the small one it may go, 0 to 1 (${DEFAULT_HIRES.denoisingStrength})
  --hires-model FILE   a checkpoint of its own; likewise --hires-sampler NAME, --hires-scheduler NAME,
                       --hires-cfg N, --hires-prompt TEXT, --hires-negative TEXT
  --hires-image FILE   a finished picture in place of the first pass; it decides the size

Refiner
  --refiner FILE       a second checkpoint that takes the last steps over
  --refiner-switch N   the part that the first one does, 0 to 1 (${DEFAULT_REFINER.switchAt})`;

type Values = { readonly [K in keyof typeof HIRES_OPTIONS]?: string | boolean };

/**
 * What the arguments ask for, but for what is in files; null without any of them. `number`: reads one, or refuses it.
 */
export function readHires(
  values: Values,
  number: (name: string, value: string | undefined, fallback: number) => number,
): Omit<Hires, 'checkpoint' | 'firstPass'> | null {
  if (!Object.entries(values).some(([name, value]) => name.startsWith('hires') && value !== undefined))
    return null;
  const given = (name: keyof Values): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const numbered = (name: keyof Values, fallback: number) => number(name, given(name), fallback);
  const wanted = given('hires-upscaler')?.toLowerCase();
  const upscaler = HIRES_UPSCALERS.find((name) => name.toLowerCase() === wanted);
  return {
    // An unknown name stays, to be refused by that name.
    upscaler:
      upscaler ?? (given('hires-upscaler') as Hires['upscaler'] | undefined) ?? DEFAULT_HIRES.upscaler,
    scale: numbered('hires-scale', DEFAULT_HIRES.scale),
    resizeWidth: numbered('hires-width', DEFAULT_HIRES.resizeWidth),
    resizeHeight: numbered('hires-height', DEFAULT_HIRES.resizeHeight),
    steps: numbered('hires-steps', DEFAULT_HIRES.steps),
    denoisingStrength: numbered('hires-denoising', DEFAULT_HIRES.denoisingStrength),
    sampler: given('hires-sampler') ?? null,
    scheduler: given('hires-scheduler') ?? null,
    cfgScale: given('hires-cfg') === undefined ? null : numbered('hires-cfg', 0),
    prompt: given('hires-prompt') ?? '',
    negativePrompt: given('hires-negative') ?? '',
  };
}
