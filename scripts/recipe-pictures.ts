// `npm run recipe-pictures`: what the demo model makes of one picture by each recipe; those of the README.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  DEFAULT_HIRES,
  DEFAULT_IMG2IMG,
  DEFAULT_INPAINT,
  DEFAULT_PARAMETERS,
  type GenerationParameters,
} from '../src/generation/request/request.ts';
import { defaultScript, type Script } from '../src/generation/request/script.ts';
import { sourcePicture, type SourcePicture } from '../src/generation/request/source-picture.ts';
import { encodePng } from '../src/image/png.ts';
import { App } from './app.ts';
import { ROOT } from './process.js';
import { ProgressLine } from './progress-line.ts';

const HELP = `npm run recipe-pictures -- [options]

  --out DIR    where the pictures go (docs/recipes)
`;

/** Pixels of a side that the demo model paints. */
const SIDE = 128;
const FIRST: GenerationParameters = {
  ...DEFAULT_PARAMETERS,
  prompt: 'sunset over the sea, clouds',
  seed: 12,
  width: SIDE,
  height: SIDE,
};

const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help === true) console.log(HELP);
else await paintAll(resolve(ROOT, values.out ?? 'docs/recipes'));

async function paintAll(out: string): Promise<void> {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  mkdirSync(out, { recursive: true });
  const profile = mkdtempSync(join(ROOT, '.cache', 'recipes-'));
  const line = new ProgressLine(false);
  const app = await App.open(profile, 'cpu');
  try {
    const demo = join(ROOT, 'public', 'demo', 'darkroom-demo');
    const { model } = await app.importFile(`${demo}.safetensors`, `${demo}.yaml`, () => undefined);
    /** The last picture that comes of it, kept under that name. */
    const paint = async (name: string, request: GenerationParameters): Promise<SourcePicture> => {
      line.show(name);
      let last: Buffer = Buffer.alloc(0);
      const told = await app.generate(
        model.sha256,
        request,
        () => undefined,
        ({ png }) => (last = png),
      );
      if (told.status !== 'finished') throw new Error(`${name} did not come to its end.`);
      writeFileSync(join(out, `${name}.png`), last);
      return sourcePicture(new Blob([new Uint8Array(last)]));
    };

    const source = await paint('txt2img', FIRST);
    const over = (
      own: Partial<GenerationParameters>,
      img2img: Partial<NonNullable<GenerationParameters['img2img']>> = {},
      script: Script | null = null,
    ): GenerationParameters => ({
      ...FIRST,
      ...own,
      img2img: { ...DEFAULT_IMG2IMG, source, inpaint: null, ...img2img },
      script,
    });
    await paint('img2img', over({ prompt: 'starry night, full moon, sea' }));
    const mask = await maskPicture();
    writeFileSync(join(out, 'mask.png'), Buffer.from(await mask.file.arrayBuffer()));
    await paint(
      'inpaint',
      over(
        { prompt: 'sunset over the sea, a boat with a red sail', seed: 4 },
        {
          denoisingStrength: 1,
          inpaint: { ...DEFAULT_INPAINT, mask, maskedContent: 'latent noise' },
        },
      ),
    );
    await paint('hires-fix', {
      ...FIRST,
      hires: {
        ...DEFAULT_HIRES,
        upscaler: 'Lanczos',
        denoisingStrength: 0.25,
        checkpoint: null,
        firstPass: null,
      },
    });
    await paint(
      'outpainting',
      over({ steps: 40 }, { denoisingStrength: 0.8 }, {
        ...defaultScript('Outpainting mk2'),
        pixels: 64,
        directions: ['left'],
      } as Script),
    );
    await paint(
      'sd-upscale',
      over({}, { denoisingStrength: 0.3 }, {
        ...defaultScript('SD upscale'),
        upscaler: 'Lanczos',
        tileOverlap: 32,
      } as Script),
    );
    await paint(
      'loopback',
      over(
        { prompt: 'desert at sunset with a cactus' },
        { denoisingStrength: 0.5 },
        defaultScript('Loopback'),
      ),
    );
  } finally {
    line.clear();
    await app.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** White where the boat comes. */
function maskPicture(): Promise<SourcePicture> {
  const data = new Uint8ClampedArray(3 * SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [dx, dy] = [(x - 0.5 * SIDE) / (0.24 * SIDE), (y - 0.6 * SIDE) / (0.26 * SIDE)];
      if (dx * dx + dy * dy < 1) data.fill(255, 3 * (y * SIDE + x), 3 * (y * SIDE + x + 1));
    }
  }
  return encodePng({ width: SIDE, height: SIDE, channels: 3, data }).then((bytes) =>
    sourcePicture(new Blob([new Uint8Array(bytes)])),
  );
}
