// Upscalers of the library by A1111's names: that of a file without its ending, and its own names for those that it downloads
// (modules/realesrgan_model.py, extensions-builtin/SwinIR, modules/dat_model.py).
import { findNamed, namedFiles, stemOf, type Named, type NamedFile } from './named-files.ts';

/** What A1111 calls published files, without their endings. */
const A1111_NAMES: Readonly<Record<string, string>> = {
  RealESRGAN_x4plus: 'R-ESRGAN 4x+',
  RealESRGAN_x4plus_anime_6B: 'R-ESRGAN 4x+ Anime6B',
  RealESRGAN_x2plus: 'R-ESRGAN 2x+',
  'realesr-general-x4v3': 'R-ESRGAN General 4xV3',
  'realesr-general-wdn-x4v3': 'R-ESRGAN General WDN 4xV3',
  'realesr-animevideov3': 'R-ESRGAN AnimeVideo',
  SwinIR_4x: 'SwinIR 4x',
  '003_realSR_BSRGAN_DFOWMFC_s64w8_SwinIR-L_x4_GAN': 'SwinIR 4x',
  DAT_x2: 'DAT x2',
  DAT_x3: 'DAT x3',
  DAT_x4: 'DAT x4',
};

/** Those that can be used. `models`: newest first. */
export function upscalersAmong<T extends NamedFile>(models: readonly T[]): readonly Named<T>[] {
  const usable = models.filter(({ detection }) => detection.kind === 'upscaler' && detection.supported);
  return namedFiles(usable, ({ name }) => webuiName(name) ?? name);
}

function webuiName(name: string): string | null {
  return Object.hasOwn(A1111_NAMES, name) ? A1111_NAMES[name]! : null;
}

/** Null where it is not there. */
export function findUpscaler<T extends NamedFile>(
  upscalers: readonly Named<T>[],
  wanted: string,
): Named<T> | null {
  return findNamed(upscalers, wanted, ({ fileName }) => [webuiName(stemOf(fileName)) ?? stemOf(fileName)]);
}
