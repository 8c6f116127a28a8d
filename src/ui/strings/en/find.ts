// Finding anything on the page: what is said, and the other words that things are found by: what tutorials and people
// call them. All of these in lower case.
import { labels } from './labels.ts';
import { places } from './places.ts';
import { settings } from './settings.ts';

const { tab } = places;
const { titles } = settings;

export const find = {
  title: 'Find anything',
  hint: 'Settings, controls, models, styles, pictures',
  found: 'Found',
  nothing: 'Nothing found.',
  kinds: {
    place: 'Place',
    control: 'Control',
    setting: 'Setting',
    model: 'Model',
    style: 'Style',
    picture: 'Picture',
    later: 'Not yet',
    absent: 'Not here',
  },
  /** Where it is: a tab, and a section of it. */
  where: (tab: string, section: string) => (section === '' ? tab : `${tab}, ${section}`),
  keys: 'All keys, and a way to change them',
  useVae: 'Use this VAE',
  useModel: (kind: string) => `Use this checkpoint: ${kind}`,
  picture: (seed: string, model: string) => `Seed ${seed}, ${model}`,

  /** `means`: the title under which it is listed. */
  synonyms: [
    { words: 'ensd', means: labels.ensd },
    { words: 'sampler', means: labels.samplingMethod },
    { words: 'scheduler noise schedule karras', means: labels.scheduleType },
    { words: 'resolution dimensions aspect ratio', means: labels.width },
    { words: 'resolution dimensions aspect ratio', means: labels.height },
    { words: 'gfpgan codeformer face restoration', means: labels.faceRestoration },
    { words: 'seamless texture pattern repeat tileable', means: labels.tiling },
    { words: 'guidance scale', means: labels.cfgScale },
    { words: 'subseed variation', means: labels.variationSeed },
    { words: 'rng randn source nv gpu cpu noise', means: labels.rng },
    { words: 'dark mode light colors colours appearance', means: titles.theme },
    { words: 'vram medvram lowvram memory', means: titles.memory },
    { words: 'no gpu cpu processor', means: titles.paintOn },
    { words: 'onnxruntime wgsl shaders backend tune tuning faster', means: titles.kernels },
    { words: 'shortcuts hotkeys keyboard', means: titles.keys },
    { words: 'dynamic prompts __word__', means: titles.wildcards },
    { words: 'styles.csv presets', means: labels.styles },
    { words: 'metadata exif parameters of a picture', means: tab['png-info'] },
    { words: 'history outputs folder', means: tab.gallery },
    { words: 'speed test it/s', means: titles.benchmark },
    { words: 'notify sound audio done finished', means: titles.notifications },
    { words: 'version licence license offline privacy', means: titles.about },
    { words: 'device adapter', means: titles.graphics },
    { words: 'merge mix models', means: tab.merger },
    { words: 'train lora dreambooth textual inversion', means: tab.train },
    { words: 'upscale esrgan face restore gfpgan codeformer', means: tab.extras },
    { words: 'inpaint sketch image to image', means: tab.img2img },
    { words: 'loopback sd upscale outpaint outpainting', means: 'Script' },
    { words: 'highres hi-res upscaler upscale by enlarge second pass', means: 'Hires. fix' },
    { words: 'switch at sdxl second checkpoint', means: 'Refiner' },
    { words: 'live previews taesd approx', means: 'Live preview method' },
    { words: 'plugins addons', means: tab.extensions },
  ],

  /** A1111's names for what does not exist here yet, in one line each. */
  notYet: [
    {
      title: 'X/Y/Z plot',
      words: 'script prompt matrix prompts from file',
      line: 'Not built yet. Wildcards with a batch count give a row of variants.',
    },
    {
      title: 'LoRA',
      words: 'lycoris locon extra networks add-ons',
      line: 'Not built yet: such files are recognised and named.',
    },
    { title: 'Textual Inversion', words: 'embedding embeddings', line: 'Not built yet.' },
    { title: 'Hypernetworks', words: 'hypernet hypernetwork', line: 'Not built yet.' },
  ],
};
