// The settings of A1111's Settings tab that decide a picture, one entry each: the page draws its controls from this list,
// requests are checked against it, and the parameters text is written and read by it.
import { UPSCALERS, type UpscalerName } from '../../image/upscale.ts';
import type { EmphasisMode } from '../../prompt/types.ts';

export interface ImageSettings {
  readonly emphasis: EmphasisMode;
  readonly commaBacktrack: number;
  readonly curlyBraces: boolean;
  readonly oldEmphasis: boolean;
  readonly oldScheduling: boolean;
  readonly upcastAttention: boolean;
  readonly tiling: boolean;
  readonly padConds: boolean;
  readonly padCondsV0: boolean;
  readonly batchCondUncond: boolean;
  readonly sMinUncond: number;
  readonly sMinUncondAll: boolean;
  readonly tokenMergingRatio: number;
  readonly tokenMergingRatioImg2img: number;
  readonly tokenMergingRatioHr: number;
  readonly skipEarlyCond: number;
  readonly etaDdim: number;
  readonly etaAncestral: number;
  readonly sChurn: number;
  readonly sTmin: number;
  readonly sTmax: number;
  readonly sNoise: number;
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  readonly rho: number;
  readonly alwaysDiscardNextToLastSigma: boolean;
  readonly useOldKarrasSigmas: boolean;
  readonly sgmNoiseMultiplier: boolean;
  readonly uniPcVariant: 'bh1' | 'bh2' | 'vary_coeff';
  readonly uniPcSkipType: 'time_uniform' | 'time_quadratic' | 'logSNR';
  readonly uniPcOrder: number;
  readonly uniPcLowerOrderFinal: boolean;
  readonly noiseSchedule: 'Default' | 'Zero Terminal SNR' | 'Ordinary';
  readonly downcastAlphas: boolean;
  readonly betaAlpha: number;
  readonly betaBeta: number;
  readonly sdxlClipLSkip: boolean;
  readonly sdxlCropTop: number;
  readonly sdxlCropLeft: number;
  readonly sdxlLowAestheticScore: number;
  readonly sdxlHighAestheticScore: number;
  /** "Automatic", "None", or what names a VAE file: "vae.safetensors", "vae.safetensors [0123456789]" with its hash. */
  readonly sdVae: string;
  readonly sdVaeOverrides: boolean;
  readonly vaeEncodeMethod: 'Full' | 'TAESD';
  readonly vaeDecodeMethod: 'Full' | 'TAESD';
  readonly esrganTile: number;
  readonly esrganTileOverlap: number;
  readonly datTile: number;
  readonly datTileOverlap: number;
  /** One of those that need no file, or what a file of the library is called. */
  readonly upscalerForImg2img: UpscalerName;
  readonly swinTile: number;
  readonly swinTileOverlap: number;
  readonly faceRestoration: boolean;
  readonly faceRestorationModel: 'CodeFormer' | 'GFPGAN';
  /** 0..1: 0 restores the most, 1 the least. */
  readonly codeFormerWeight: number;
  readonly inpaintingMaskWeight: number;
  readonly initialNoiseMultiplier: number;
  readonly img2imgExtraNoise: number;
  readonly img2imgColorCorrection: boolean;
  readonly img2imgFixSteps: boolean;
  /** "#rrggbb". */
  readonly img2imgBackgroundColor: string;
  /** Off: an inpainted picture stays as it was painted. */
  readonly overlayInpaint: boolean;
  readonly saveBeforeFaceRestoration: boolean;
  readonly saveBeforeHires: boolean;
  readonly returnMask: boolean;
  readonly returnMaskComposite: boolean;
  readonly hiresFixRefinerPass: 'first pass' | 'second pass' | 'both passes';
  readonly refinerSwitchBySteps: boolean;
  readonly livePreviewMethod: 'Full' | 'Approx cheap' | 'TAESD';
}

export type ImageSettingKey = keyof ImageSettings;

/** A1111's sections of the Settings tab. */
export type SettingSection =
  | 'Stable Diffusion'
  | 'Stable Diffusion XL'
  | 'VAE'
  | 'Upscaling'
  | 'Face restoration'
  | 'img2img'
  | 'Saving images'
  | 'Live previews'
  | 'Sampler parameters'
  | 'Optimizations'
  | 'Compatibility';

interface Common {
  readonly key: ImageSettingKey;
  /** As A1111's Settings tab names it. */
  readonly label: string;
  readonly section: SettingSection;
  /** Key in the parameters text; null where the setting does not go there (it changes no picture). */
  readonly infotext: string | null;
}

export type SettingInfo = Common &
  (
    | {
        readonly kind: 'number';
        readonly standard: number;
        readonly min: number;
        /** Of the slider. */
        readonly max: number;
        /** Up to which texts and programs may ask. */
        readonly limit: number;
        readonly step: number;
      }
    | { readonly kind: 'switch'; readonly standard: boolean }
    | { readonly kind: 'choice'; readonly standard: string; readonly choices: readonly string[] }
    /** "#rrggbb". */
    | { readonly kind: 'color'; readonly standard: string }
    /** One of the choices, or a VAE of the library by its name. */
    | { readonly kind: 'vae'; readonly standard: string; readonly choices: readonly string[] }
    /** ... or an upscaler of the library. */
    | { readonly kind: 'upscaler'; readonly standard: string; readonly choices: readonly string[] }
  );

/** UTF-16 units of what names a file. */
export const MAX_FILE_NAME = 300;

const number = (standard: number, min: number, max: number, step: number, limit = max) =>
  ({ kind: 'number', standard, min, max, limit, step }) as const;
const toggle = (standard: boolean) => ({ kind: 'switch', standard }) as const;
const choice = (standard: string, choices: readonly string[]) =>
  ({ kind: 'choice', standard, choices }) as const;
const tileSize = (key: ImageSettingKey, label: string, infotext: string, min: number) =>
  ({ key, label, section: 'Upscaling', infotext, ...number(192, min, 512, 16, 4096) }) as const;
const tileOverlap = (key: ImageSettingKey, label: string, infotext: string) =>
  ({ key, label, section: 'Upscaling', infotext, ...number(8, 0, 48, 1) }) as const;

/**
 * In the order of A1111's Settings tab. Labels and ranges: modules/shared_options.py of 1.10.1; names in the text: its
 * infotext_versions and options' `infotext`. Entries with names that A1111 does not know are marked.
 */
export const IMAGE_SETTINGS: readonly SettingInfo[] = [
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
  // Not in A1111's text, though they change the picture.
  tileSize('esrganTile', 'Tile size for ESRGAN upscalers.', 'ESRGAN tile', 0),
  tileOverlap('esrganTileOverlap', 'Tile overlap for ESRGAN upscalers.', 'ESRGAN tile overlap'),
  tileSize('datTile', 'Tile size for DAT upscalers.', 'DAT tile', 0),
  tileOverlap('datTileOverlap', 'Tile overlap for DAT upscalers.', 'DAT tile overlap'),
  {
    key: 'upscalerForImg2img',
    label: 'Upscaler for img2img',
    section: 'Upscaling',
    infotext: 'Upscaler for img2img',
    ...({ kind: 'upscaler', standard: 'None', choices: UPSCALERS } as const),
  },
  tileSize('swinTile', 'Tile size for all SwinIR.', 'SwinIR tile', 16),
  tileOverlap(
    'swinTileOverlap',
    'Tile overlap, in pixels for SwinIR. Low values = visible seam.',
    'SwinIR tile overlap',
  ),
  {
    key: 'faceRestoration',
    label: 'Restore faces',
    section: 'Face restoration',
    // With the model's name, which the text gives where it is on.
    infotext: 'Face restoration',
    ...toggle(false),
  },
  {
    key: 'faceRestorationModel',
    label: 'Face restoration model',
    section: 'Face restoration',
    infotext: 'Face restoration',
    ...choice('CodeFormer', ['CodeFormer', 'GFPGAN']),
  },
  {
    key: 'codeFormerWeight',
    label: 'CodeFormer weight',
    section: 'Face restoration',
    // Not in A1111's text, though it changes the picture; "CodeFormer weight" is what Extras writes there.
    infotext: 'Face restoration weight',
    ...number(0.5, 0, 1, 0.01),
  },
  {
    key: 'inpaintingMaskWeight',
    label: 'Inpainting conditioning mask strength',
    section: 'img2img',
    infotext: 'Conditional mask weight',
    ...number(1, 0, 1, 0.01),
  },
  {
    key: 'initialNoiseMultiplier',
    label: 'Noise multiplier for img2img',
    section: 'img2img',
    infotext: 'Noise multiplier',
    ...number(1, 0, 1.5, 0.001, 100),
  },
  {
    key: 'img2imgExtraNoise',
    label: 'Extra noise multiplier for img2img and hires fix',
    section: 'img2img',
    infotext: 'Extra noise',
    ...number(0, 0, 1, 0.01, 100),
  },
  {
    key: 'img2imgColorCorrection',
    label: 'Apply color correction to img2img results to match original colors',
    section: 'img2img',
    // Not in A1111's text, though it changes the picture; nor are the next ones.
    infotext: 'Img2img color correction',
    ...toggle(false),
  },
  {
    key: 'img2imgFixSteps',
    label: 'With img2img, do exactly the amount of steps the slider specifies',
    section: 'img2img',
    infotext: 'Exact img2img steps',
    ...toggle(false),
  },
  {
    key: 'img2imgBackgroundColor',
    label: 'With img2img, fill transparent parts of the input image with this color',
    section: 'img2img',
    infotext: 'Img2img background color',
    ...({ kind: 'color', standard: '#ffffff' } as const),
  },
  {
    key: 'returnMask',
    label: 'For inpainting, include the greyscale mask in results for web',
    section: 'img2img',
    infotext: null,
    ...toggle(false),
  },
  {
    key: 'returnMaskComposite',
    label: 'For inpainting, include masked composite in results for web',
    section: 'img2img',
    infotext: null,
    ...toggle(false),
  },
  {
    key: 'overlayInpaint',
    label: 'Overlay original for inpaint',
    section: 'img2img',
    infotext: 'Overlay original for inpaint',
    ...toggle(true),
  },
  {
    key: 'saveBeforeFaceRestoration',
    label: 'Save a copy of image before doing face restoration.',
    section: 'Saving images',
    infotext: null,
    ...toggle(false),
  },
  {
    key: 'saveBeforeHires',
    label: 'Save a copy of image before applying highres fix.',
    section: 'Saving images',
    infotext: null,
    ...toggle(false),
  },
  {
    key: 'hiresFixRefinerPass',
    label: 'Hires fix: which pass to enable refiner for',
    section: 'Sampler parameters',
    infotext: 'Hires refiner',
    ...choice('second pass', ['first pass', 'second pass', 'both passes']),
  },
  {
    key: 'refinerSwitchBySteps',
    label: 'Switch to refiner by sampling steps instead of model timesteps',
    section: 'Sampler parameters',
    infotext: 'Refiner switch by sampling steps',
    ...toggle(false),
  },
  {
    key: 'livePreviewMethod',
    label: 'Live preview method',
    section: 'Live previews',
    infotext: null,
    // A1111's default is Approx NN, whose weights it downloads.
    ...choice('Approx cheap', ['Full', 'Approx cheap', 'TAESD']),
  },
  {
    key: 'etaDdim',
    label: 'Eta for DDIM',
    section: 'Sampler parameters',
    infotext: 'Eta DDIM',
    ...number(0, 0, 1, 0.01, 100),
  },
  {
    key: 'etaAncestral',
    label: 'Eta for k-diffusion samplers',
    section: 'Sampler parameters',
    infotext: 'Eta',
    ...number(1, 0, 1, 0.01, 100),
  },
  {
    key: 'sChurn',
    label: 'sigma churn',
    section: 'Sampler parameters',
    infotext: 'Sigma churn',
    ...number(0, 0, 100, 0.01, 10_000),
  },
  {
    key: 'sTmin',
    label: 'sigma tmin',
    section: 'Sampler parameters',
    infotext: 'Sigma tmin',
    ...number(0, 0, 10, 0.01, 10_000),
  },
  {
    key: 'sTmax',
    label: 'sigma tmax',
    section: 'Sampler parameters',
    infotext: 'Sigma tmax',
    ...number(0, 0, 999, 0.01, 1_000_000),
  },
  {
    key: 'sNoise',
    label: 'sigma noise',
    section: 'Sampler parameters',
    infotext: 'Sigma noise',
    ...number(1, 0, 1.1, 0.001, 100),
  },
  {
    key: 'sigmaMin',
    label: 'sigma min',
    section: 'Sampler parameters',
    infotext: 'Schedule min sigma',
    ...number(0, 0, 10, 0.01, 10_000),
  },
  {
    key: 'sigmaMax',
    label: 'sigma max',
    section: 'Sampler parameters',
    infotext: 'Schedule max sigma',
    ...number(0, 0, 100, 0.01, 1_000_000),
  },
  {
    key: 'rho',
    label: 'rho',
    section: 'Sampler parameters',
    infotext: 'Schedule rho',
    ...number(0, 0, 20, 0.1, 1000),
  },
  {
    key: 'alwaysDiscardNextToLastSigma',
    label: 'Always discard next-to-last sigma',
    section: 'Sampler parameters',
    infotext: 'Discard penultimate sigma',
    ...toggle(false),
  },
  {
    key: 'sgmNoiseMultiplier',
    label: 'SGM noise multiplier',
    section: 'Sampler parameters',
    infotext: 'SGM noise multiplier',
    ...toggle(false),
  },
  {
    key: 'uniPcVariant',
    label: 'UniPC variant',
    section: 'Sampler parameters',
    infotext: 'UniPC variant',
    ...choice('bh1', ['bh1', 'bh2', 'vary_coeff']),
  },
  {
    key: 'uniPcSkipType',
    label: 'UniPC skip type',
    section: 'Sampler parameters',
    infotext: 'UniPC skip type',
    ...choice('time_uniform', ['time_uniform', 'time_quadratic', 'logSNR']),
  },
  {
    key: 'uniPcOrder',
    label: 'UniPC order',
    section: 'Sampler parameters',
    infotext: 'UniPC order',
    ...number(3, 1, 50, 1),
  },
  {
    key: 'uniPcLowerOrderFinal',
    label: 'UniPC lower order final',
    section: 'Sampler parameters',
    infotext: 'UniPC lower order final',
    ...toggle(true),
  },
  {
    key: 'noiseSchedule',
    label: 'Noise schedule for sampling',
    section: 'Sampler parameters',
    infotext: 'Noise Schedule',
    // "Ordinary" is ours: A1111's Default, which does not heed what a model's file says.
    ...choice('Default', ['Default', 'Zero Terminal SNR', 'Ordinary']),
  },
  {
    key: 'skipEarlyCond',
    label: 'Ignore negative prompt during early sampling',
    section: 'Sampler parameters',
    infotext: 'Skip Early CFG',
    ...number(0, 0, 1, 0.01),
  },
  {
    key: 'betaAlpha',
    label: 'Beta scheduler - alpha',
    section: 'Sampler parameters',
    infotext: 'Beta scheduler alpha',
    ...number(0.6, 0.01, 1, 0.01, 1000),
  },
  {
    key: 'betaBeta',
    label: 'Beta scheduler - beta',
    section: 'Sampler parameters',
    infotext: 'Beta scheduler beta',
    ...number(0.6, 0.01, 1, 0.01, 1000),
  },
  {
    key: 'sMinUncond',
    label: 'Negative Guidance minimum sigma',
    section: 'Optimizations',
    infotext: 'NGMS',
    ...number(0, 0, 15, 0.01, 10_000),
  },
  {
    key: 'sMinUncondAll',
    label: 'Negative Guidance minimum sigma all steps',
    section: 'Optimizations',
    infotext: 'NGMS all steps',
    ...toggle(false),
  },
  {
    key: 'tokenMergingRatio',
    label: 'Token merging ratio',
    section: 'Optimizations',
    infotext: 'Token merging ratio',
    ...number(0, 0, 0.9, 0.1, 1),
  },
  {
    key: 'tokenMergingRatioImg2img',
    label: 'Token merging ratio for img2img',
    section: 'Optimizations',
    // In an img2img picture's text it stands as "Token merging ratio".
    infotext: null,
    ...number(0, 0, 0.9, 0.1, 1),
  },
  {
    key: 'tokenMergingRatioHr',
    label: 'Token merging ratio for high-res pass',
    section: 'Optimizations',
    infotext: 'Token merging ratio hr',
    ...number(0, 0, 0.9, 0.1, 1),
  },
  {
    key: 'padConds',
    label: 'Pad prompt/negative prompt',
    section: 'Optimizations',
    infotext: 'Pad conds',
    ...toggle(false),
  },
  {
    key: 'padCondsV0',
    label: 'Pad prompt/negative prompt (v0)',
    section: 'Optimizations',
    infotext: 'Pad conds v0',
    ...toggle(false),
  },
  {
    key: 'batchCondUncond',
    label: 'Batch cond/uncond',
    section: 'Optimizations',
    infotext: null,
    ...toggle(true),
  },
  {
    key: 'oldEmphasis',
    label: 'Use old emphasis implementation',
    section: 'Compatibility',
    // Not in A1111's text, though it changes the picture.
    infotext: 'Old emphasis',
    ...toggle(false),
  },
  {
    key: 'useOldKarrasSigmas',
    label: 'Use old karras scheduler sigmas (0.1 to 10)',
    section: 'Compatibility',
    // Not in A1111's text, though it changes the picture.
    infotext: 'Old karras sigmas',
    ...toggle(false),
  },
  {
    key: 'oldScheduling',
    label: 'Use old prompt editing timelines',
    section: 'Compatibility',
    infotext: 'Old prompt editing timelines',
    ...toggle(false),
  },
  {
    key: 'downcastAlphas',
    label: 'Downcast model alphas_cumprod to fp16 before sampling',
    section: 'Compatibility',
    infotext: 'Downcast alphas_cumprod',
    ...toggle(false),
  },
];

/** A1111's defaults. */
export const DEFAULT_IMAGE_SETTINGS = Object.fromEntries(
  IMAGE_SETTINGS.map(({ key, standard }) => [key, standard]),
) as unknown as ImageSettings;
