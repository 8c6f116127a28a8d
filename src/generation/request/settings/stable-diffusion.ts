// How prompts are read and networks compute, what SDXL is told of a picture, and which VAE draws.
import { number, toggle, choice, type SettingInfo } from './setting-info.ts';

export const STABLE_DIFFUSION_SETTINGS: readonly SettingInfo[] = [
  {
    key: 'emphasis',
    label: 'Emphasis mode',
    section: 'Stable Diffusion',
    infotext: 'Emphasis',
    ...choice('Original', ['None', 'Ignore', 'Original', 'No norm']),
  },
  {
    key: 'upcastAttention',
    label: 'Upcast cross attention layer to float32',
    section: 'Stable Diffusion',
    // Not in A1111's text, though it changes the picture.
    infotext: 'Upcast attention',
    ...toggle(false),
  },
  {
    key: 'tiling',
    label: 'Tiling',
    section: 'Stable Diffusion',
    infotext: 'Tiling',
    ...toggle(false),
  },
  {
    key: 'commaBacktrack',
    label: 'Prompt word wrap length limit',
    section: 'Stable Diffusion',
    // Not in A1111's text, though it changes the picture.
    infotext: 'Prompt word wrap',
    ...number(20, 0, 74, 1),
  },
  {
    key: 'curlyBraces',
    label: 'Curly braces lower emphasis',
    section: 'Stable Diffusion',
    // Ours: A1111 takes braces as text.
    infotext: 'Curly braces lower emphasis',
    ...toggle(false),
  },
  {
    key: 'sdxlClipLSkip',
    label: 'Clip skip SDXL',
    section: 'Stable Diffusion',
    // Not in A1111's text, though it changes the picture; nor are the settings of the next section.
    infotext: 'Clip skip SDXL',
    ...toggle(false),
  },
  {
    key: 'sdxlCropTop',
    label: 'crop top coordinate',
    section: 'Stable Diffusion XL',
    infotext: 'SDXL crop top',
    ...number(0, 0, 1024, 1, 100_000),
  },
  {
    key: 'sdxlCropLeft',
    label: 'crop left coordinate',
    section: 'Stable Diffusion XL',
    infotext: 'SDXL crop left',
    ...number(0, 0, 1024, 1, 100_000),
  },
  {
    key: 'sdxlLowAestheticScore',
    label: 'SDXL low aesthetic score',
    section: 'Stable Diffusion XL',
    infotext: 'SDXL low aesthetic score',
    ...number(2.5, 0, 10, 0.1, 100),
  },
  {
    key: 'sdxlHighAestheticScore',
    label: 'SDXL high aesthetic score',
    section: 'Stable Diffusion XL',
    infotext: 'SDXL high aesthetic score',
    ...number(6, 0, 10, 0.1, 100),
  },
  {
    key: 'sdVae',
    label: 'SD VAE',
    section: 'VAE',
    infotext: 'VAE',
    ...({ kind: 'vae', standard: 'Automatic', choices: ['Automatic', 'None'] } as const),
  },
  {
    key: 'sdVaeOverrides',
    label: 'Selected VAE overrides per-model preferences',
    section: 'VAE',
    // Never written: the text names the VAE that was taken. Read back, that name counts.
    infotext: 'VAE overrides',
    ...toggle(true),
  },
  {
    key: 'vaeEncodeMethod',
    label: 'VAE type for encode',
    section: 'VAE',
    infotext: 'VAE Encoder',
    ...choice('Full', ['Full', 'TAESD']),
  },
  {
    key: 'vaeDecodeMethod',
    label: 'VAE type for decode',
    section: 'VAE',
    infotext: 'VAE Decoder',
    ...choice('Full', ['Full', 'TAESD']),
  },
];
