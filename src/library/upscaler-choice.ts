// Upscalers of the library by A1111's names: that of a file without its ending, and its own names for those that it downloads
// (modules/realesrgan_model.py, extensions-builtin/SwinIR, modules/dat_model.py).
import type { StoredModel } from './types.ts';

/** What is looked at of an upscaler's file. */
export type NamedUpscaler = Pick<StoredModel, 'sha256' | 'name' | 'fileName' | 'detection'>;

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

/** A file under its name: what the controls offer and texts say. */
export interface Upscaler<T> {
  readonly name: string;
  readonly model: T;
}

/** Those that can be used. Where two have one name, the later one's has the beginning of its hash added. */
export function upscalersAmong<T extends NamedUpscaler>(models: readonly T[]): readonly Upscaler<T>[] {
  const usable = models.filter(({ detection }) => detection.kind === 'upscaler' && detection.supported);
  const named: Upscaler<T>[] = [];
  // Newest first there: the older one keeps the name that texts may have.
  for (const model of usable.toReversed()) {
    const name = nameOf(model);
    const taken = named.some((other) => other.name === name);
    named.push({ model, name: taken ? `${name} [${model.sha256.slice(0, 10)}]` : name });
  }
  return named.toSorted((a, b) => BY_NAME.compare(a.name, b.name));
}

const BY_NAME = new Intl.Collator('en', { numeric: true });

function nameOf({ name }: NamedUpscaler): string {
  return Object.hasOwn(A1111_NAMES, name) ? A1111_NAMES[name]! : name;
}

/** By the name that is offered, or any other that it has: its file's, the one it was given; null where it is not there. */
export function findUpscaler<T extends NamedUpscaler>(
  upscalers: readonly Upscaler<T>[],
  wanted: string,
): Upscaler<T> | null {
  const others = ({ model }: Upscaler<T>): string[] => {
    const stem = model.fileName.replace(/\.[^.]*$/, '');
    return [
      model.name,
      model.fileName,
      stem,
      ...(Object.hasOwn(A1111_NAMES, stem) ? [A1111_NAMES[stem]!] : []),
    ];
  };
  return (
    upscalers.find(({ name }) => name === wanted) ??
    upscalers.find((upscaler) => others(upscaler).includes(wanted)) ??
    null
  );
}
