// What is said of A1111's settings, its options, wherever one of them stands: in Settings, or pinned beside the controls of txt2img. Their
// names are with the settings themselves (src/generation/request/settings), which the parameters text is written by.
import type { ImageSettingKey } from '../../../generation/request/image-settings.ts';

/** One more sentence on a setting. */
const help: Partial<Record<ImageSettingKey, string>> = {
  emphasis: 'How (more) and [less] attention to parts of the prompt is applied.',
  commaBacktrack:
    'In tokens: what stands after the last comma of a full chunk moves to the next one, if it is not longer.',
  curlyBraces:
    '{word} counts 1.1 times less, as some tutorials teach. Off: braces are plain text, as in A1111.',
  tiling:
    'Opposite edges continue each other: laid side by side, copies of the picture show no seam. Works best with square pictures of a pattern.',
  sdxlClipLSkip: "Clip skip acts on the first of SDXL's two text encoders. Off: it does nothing with SDXL.",
  sdxlCropTop: 'How far the picture is said to be cut off at the top, in pixels.',
  sdxlCropLeft: 'The same at the left.',
  sdxlLowAestheticScore: 'Used for the negative prompt of the refiner model.',
  sdxlHighAestheticScore: 'Used for the prompt of the refiner model.',
  sdVae:
    "What turns latents into pictures. Automatic: a VAE whose name begins with the checkpoint's, or else the checkpoint's own. None: always its own.",
  sdVaeOverrides: "Off: a VAE whose name begins with the checkpoint's goes before the one chosen above.",
  vaeEncodeMethod: 'For img2img. TAESD is a tiny VAE in files of its own (taesd_encoder, taesdxl_encoder).',
  vaeDecodeMethod: 'TAESD (taesd_decoder, taesdxl_decoder) is quick, with less detail.',
  esrganTile:
    'Pixels. For every upscaler but DAT and SwinIR. 0 = the whole picture at once, which takes more memory.',
  esrganTileOverlap: 'Pixels. Low values = visible seam.',
  datTile: '0 = the whole picture at once.',
  datTileOverlap: 'Low values = visible seam.',
  upscalerForImg2img:
    'By which a source grows to the size that is set. Upscalers in files are imported as models are.',
  faceRestoration:
    'Every picture’s faces are found and painted anew by a network of its own. It takes a model in a file (CodeFormer or GFPGAN), imported as models are.',
  codeFormerWeight: '0 = maximum effect; 1 = minimum effect.',
  saveBeforeFaceRestoration: 'The picture as it was painted is kept as well, with the same parameters.',
  livePreviewMethod:
    'Approx cheap costs nothing. TAESD shows the picture itself, nearly; Full decodes every step as the picture is decoded, which is slow.',
  sTmax: '0 = infinity.',
  sigmaMin: '0 = the default of the schedule.',
  sigmaMax: '0 = the default of the schedule.',
  rho: '0 = the default of the schedule.',
  noiseSchedule:
    'Default: zero terminal SNR for models whose file says that they were trained so. Ordinary: never, as Default in A1111.',
  sMinUncond: 'Below it, every other step goes without the negative prompt. 0 = never.',
  tokenMergingRatio:
    'Faster, with less detail: tokens that are alike are merged in self-attention. It acts where the UNet attends at full size, which SDXL does not; above 0.75 nothing changes any more.',
  tokenMergingRatioImg2img: 'The same for img2img. 0 = the one above.',
  tokenMergingRatioHr: 'The same for the second pass of Hires. fix. 0 = the first one above.',
  spectrumWindow:
    'Faster, and another picture: after six steps only one in so many, then fewer, is computed, and the others are extrapolated from those before. About half the time at 20 steps with 2; 0 = off.',
  saveBeforeHires: 'What Hires. fix enlarges is kept as well, with the same parameters.',
  returnMask: 'Kept in the gallery beside the picture.',
  returnMaskComposite: 'What was painted, where it shows, on nothing: kept in the gallery as well.',
  hiresFixRefinerPass: 'Where both Hires. fix and Refiner are on.',
  padConds: 'One network call a step even where their lengths differ. Changes pictures slightly.',
  padCondsV0:
    'Only for pictures made with DDIM or PLMS before version 1.6.0: cuts or stretches the negative prompt.',
  batchCondUncond: 'Prompt and negative prompt in one network call: faster, with more memory.',
};

export const options = {
  help,
  vaeAutomatic: (name: string) => `Automatic (${name})`,
  vaeUnfit: (name: string, latents: string) => `${name} (not for ${latents})`,
  vaeMissing: (name: string) => `${name} (not in the library)`,

  on: 'on',
  off: 'off',
  pin: (name: string) => `Pin ${name}`,
  unpin: (name: string) => `Unpin ${name}`,
  pinHint: 'Show in txt2img, too',
  unpinHint: 'Remove from txt2img',
  resetTo: (name: string, standard: string) => `Reset ${name} to ${standard}`,
  resetToHint: (standard: string) => `Reset to ${standard}`,
  changed: (standard: string) => `Changed; the default is ${standard}.`,
};
