// The box: networks that come with Darkroom, as files beside the page (public/box; docs/box.md tells whose they are). Each goes into
// the library as a person's file does, when it is first used.

export interface BoxedFile {
  /** What lists offer and texts say. */
  readonly name: string;
  /** In `box/`. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** By A1111's names. */
export const BOXED_UPSCALERS: readonly BoxedFile[] = [
  {
    name: 'R-ESRGAN AnimeVideo',
    file: 'realesr-animevideov3.safetensors',
    bytes: 1_251_472,
    sha256: '94ae35670768d07dc433c4af56e10f73d6439ff6748ece7031258085662d2ea0',
  },
];

/** What finds faces, and points in them. */
export const BOXED_FACES: BoxedFile = {
  name: 'face-api',
  file: 'face-api.safetensors',
  bytes: 6_426_924,
  sha256: '6612ed4a59283c596c46816b281c53da7fddce510836f3dd124df05a84b1b4d5',
};

/** By its name or its file's; null for any other. */
export function boxedUpscaler(wanted: string): BoxedFile | null {
  const stem = wanted.replace(/\.(?:pth|safetensors)$/, '');
  return BOXED_UPSCALERS.find(({ name, file }) => [name, file.split('.')[0]].includes(stem)) ?? null;
}
