// Hires. fix and Refiner. A1111's names of their controls are in labels.ts.
import type { Size } from '../../../image/picture-file.ts';

export const passes = {
  off: 'off',
  hiresOn: 'Enlarge each picture and paint it over',
  hiresValue: (width: number, height: number, upscaler: string) => `${width} × ${height}, ${upscaler}`,
  fromTo: (first: Size, last: Size) =>
    `from ${first.width} × ${first.height} to ${last.width} × ${last.height}`,
  sizeCounts: 'The size below counts, and not the factor. 0 = as the other side has it.',
  own: 'Of its own',
  asFirst: 'as in the first pass',
  ownPrompts: 'prompts',
  ownCfg: 'A CFG scale of its own',
  cfg: (scale: number) => `CFG ${scale}`,
  sameCheckpoint: 'Use same checkpoint',
  sameSampler: 'Use same sampler',
  sameScheduler: 'Use same scheduler',
  samePrompt: 'Leave empty to use the same prompt as in the first pass',
  reset: 'Reset Hires. fix',
  refinerOn: 'A second checkpoint takes the last steps over',
  refinerValue: (name: string, at: number) => `${name}, at ${at}`,
  noCheckpoint: 'no checkpoint chosen',
  noDetector: 'no detector chosen',
  none: 'None',
  missing: (name: string) => `${name} (not in the library)`,
  checkpointMissing: (label: string, name: string | null, hash: string | null) =>
    `${label}: ${[name, hash && `[${hash}]`].filter(Boolean).join(' ')} is not in the library`,
  upscalerMissing: (label: string, name: string) =>
    `${label}: the upscaler ${name} is not in the library; import its file or choose another`,
  boxedCredit:
    'Comes with Darkroom: by Xintao Wang and others (Real-ESRGAN, BSD 3-Clause). Made for drawings; photographs come out drawn.',
  fromFinished: 'It starts from the finished picture that was enlarged.',
  firstPassAnew: 'Make the first pass anew',
  firstPassMissing: 'It was enlarged from a finished picture; now the first pass is made anew',
  notMultiple: (width: number, height: number) =>
    `The picture has ${width} x ${height} pixels; its sides must be multiples of 8 to be enlarged this way. Img2img takes any size.`,
  notEnlarged: 'The picture cannot be enlarged',
};
