// What files dropped on the page are for: pictures are looked at, styles and wildcard lists are added to theirs, A1111's settings
// taken over, everything else is taken for a checkpoint.

/** Types of the pictures whose text can be read, as the `accept` of a file field. public/manifest.webmanifest has them, too. */
export const PICTURE_TYPES = 'image/png,image/jpeg,image/webp,image/avif,image/gif';

const PICTURE_NAME = /\.(?:png|jpe?g|jfif|webp|gif|bmp|avif|tiff?)$/i;
const CHECKPOINT_NAME = /\.(?:safetensors|ckpt|pt|pth|bin|ya?ml)$/i;

/** By name and type; the contents decide later. */
export function isPicture({ name, type }: { readonly name: string; readonly type: string }): boolean {
  if (CHECKPOINT_NAME.test(name)) return false;
  return PICTURE_NAME.test(name) || type.startsWith('image/');
}

/** The first picture among what is dropped or pasted; null when there is none. */
export function pictureIn(data: DataTransfer | null): File | null {
  return [...(data?.files ?? [])].find(isPicture) ?? null;
}

export type DroppedKind = 'picture' | 'styles' | 'wildcards' | 'config' | 'model';

/** By name and type; what is a model after all, or none, is found by its contents. */
export function kindOfFile(file: { readonly name: string; readonly type: string }): DroppedKind {
  if (isPicture(file)) return 'picture';
  if (/\.csv$/i.test(file.name)) return 'styles';
  if (/config.*\.json$/i.test(file.name)) return 'config';
  return /\.txt$/i.test(file.name) ? 'wildcards' : 'model';
}

/** Whether a file of a folder may have a use: its texts have one beside a model that they tell of. */
export function usedOfFolder(name: string): boolean {
  return (
    CHECKPOINT_NAME.test(name) ||
    PICTURE_NAME.test(name) ||
    TELLS_OF_MODEL.test(name) ||
    /^styles.*\.csv$/i.test(name)
  );
}

/** Texts that lie beside models: `name.json`, `name.civitai.info`, `name.txt`. */
const TELLS_OF_MODEL = /\.(?:json|civitai\.info|txt)$/i;
const BESIDE = /^(.+?)(?:(?:\.preview)?\.(?:png|jpe?g|webp|gif|avif)|\.civitai\.info|\.json|\.txt)$/i;

/** The name without its ending, in small letters, of the model that a file beside it tells of; null for other files. */
export function modelTold(name: string): string | null {
  return BESIDE.exec(name)?.[1]!.toLowerCase() ?? null;
}

/** Whether a file tells of a model wherever it lies: other pictures and texts are for themselves there. */
export function tellsOfModel(name: string): boolean {
  return TELLS_OF_MODEL.test(name) || /\.preview\.\w+$/i.test(name);
}

/** Files that tell of a model beside them, and the others. */
export function apartFromModels<F extends { readonly name: string }>(
  files: readonly F[],
): { readonly beside: readonly F[]; readonly others: readonly F[] } {
  const models = files.filter(({ name }) => CHECKPOINT_NAME.test(name));
  const stems = new Set(models.map(({ name }) => name.replace(/\.[^.]*$/, '').toLowerCase()));
  const isBeside = ({ name }: F): boolean => stems.has(modelTold(name) ?? '');
  return { beside: files.filter(isBeside), others: files.filter((file) => !isBeside(file)) };
}
