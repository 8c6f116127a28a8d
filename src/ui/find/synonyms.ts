// Other words for things of the page: A1111's own names, what tutorials and people call them, and what A1111 has that is
// not built yet. The search answers to all of them.

export interface Synonym {
  /** What people type, in lower case. */
  readonly words: string;
  /** Title of what they mean, as the index has it. */
  readonly means: string;
}

export const SYNONYMS: readonly Synonym[] = [
  { words: 'ensd', means: 'Eta noise seed delta' },
  { words: 'sampler', means: 'Sampling method' },
  { words: 'scheduler noise schedule karras', means: 'Schedule type' },
  { words: 'resolution dimensions aspect ratio', means: 'Width' },
  { words: 'resolution dimensions aspect ratio', means: 'Height' },
  { words: 'guidance scale', means: 'CFG Scale' },
  { words: 'subseed variation', means: 'Variation seed' },
  { words: 'rng randn source nv gpu cpu noise', means: 'Random number generator source' },
  { words: 'dark mode light colors colours appearance', means: 'Theme' },
  { words: 'vram medvram lowvram memory', means: 'Graphics memory' },
  { words: 'no gpu cpu processor', means: 'Paint on' },
  { words: 'shortcuts hotkeys keyboard', means: 'Keys' },
  { words: 'dynamic prompts __word__', means: 'Wildcards and variants' },
  { words: 'styles.csv presets', means: 'Styles' },
  { words: 'metadata exif parameters of a picture', means: 'PNG Info' },
  { words: 'history outputs folder', means: 'Gallery' },
  { words: 'speed test it/s', means: 'Benchmark' },
  { words: 'merge mix models', means: 'Checkpoint Merger' },
  { words: 'train lora dreambooth textual inversion', means: 'Train' },
  { words: 'upscale esrgan face restore gfpgan codeformer', means: 'Extras' },
  { words: 'inpaint outpaint sketch image to image', means: 'img2img' },
  { words: 'plugins addons', means: 'Extensions' },
];

/** A1111's names for what does not exist here yet, in one line each. */
export const NOT_YET: readonly { readonly title: string; readonly words: string; readonly line: string }[] = [
  {
    title: 'Hires. fix',
    words: 'highres hi-res upscale',
    line: 'Not built yet. Raise Width and Height instead, up to twice what the model was made for.',
  },
  { title: 'Refiner', words: 'sdxl switch at', line: 'Not built yet, as SDXL is not.' },
  {
    title: 'Script',
    words: 'x/y/z plot prompt matrix prompts from file loopback',
    line: 'Not built yet. Wildcards with a batch count give a row of variants.',
  },
  {
    title: 'LoRA',
    words: 'lycoris locon extra networks add-ons',
    line: 'Not built yet: such files are recognised and named.',
  },
  { title: 'Textual Inversion', words: 'embedding embeddings', line: 'Not built yet.' },
  { title: 'Hypernetworks', words: 'hypernet hypernetwork', line: 'Not built yet.' },
  { title: 'ControlNet', words: 'openpose canny depth unit', line: 'Not built yet.' },
  {
    title: 'SD VAE',
    words: 'vae automatic',
    line: 'Not built yet: the VAE of the checkpoint is used.',
  },
  { title: 'Restore faces', words: 'gfpgan codeformer face', line: 'Not built yet.' },
  { title: 'Tiling', words: 'seamless texture', line: 'Not built yet.' },
  { title: 'Token merging ratio', words: 'tome', line: 'Not built yet.' },
  {
    title: 'Live previews',
    words: 'taesd approx preview',
    line: 'The preview is always on and costs nothing to speak of; there is nothing to set.',
  },
];
