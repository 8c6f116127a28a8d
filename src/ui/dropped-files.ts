// What files dropped on the page are for: pictures are looked at, styles and wildcard lists are added to theirs, everything
// else is taken for a checkpoint.

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

export type DroppedKind = 'picture' | 'styles' | 'wildcards' | 'model';

/** By name and type; what is a model after all, or none, is found by its contents. */
export function kindOfFile(file: { readonly name: string; readonly type: string }): DroppedKind {
  if (isPicture(file)) return 'picture';
  if (/\.csv$/i.test(file.name)) return 'styles';
  return /\.txt$/i.test(file.name) ? 'wildcards' : 'model';
}

/** Whether a file of a folder has a use. A folder's text files and other tables are not meant for this page. */
export function usedOfFolder(name: string): boolean {
  return CHECKPOINT_NAME.test(name) || PICTURE_NAME.test(name) || /^styles.*\.csv$/i.test(name);
}
