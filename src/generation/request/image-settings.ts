// The settings of A1111's Settings tab that decide a picture, as a request carries them.
import type { UpscalerName } from '../../image/upscale.ts';
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
  /** 0: off. */
  readonly spectrumWindow: number;
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
  readonly controlHeads8: boolean;
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
