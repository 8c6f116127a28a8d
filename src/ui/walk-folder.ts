// The files of a folder that was dropped or chosen, as far as this page has a use for them; bounded, whatever the folder is.

/** A file or folder, however the browser hands it out. */
export type FolderItem =
  | { readonly kind: 'file'; readonly name: string; file(): Promise<File> }
  | { readonly kind: 'folder'; readonly name: string; items(): AsyncIterable<FolderItem> };

/** Files that lie side by side. */
export interface FileGroup {
  /** Where, within what was dropped or chosen: "styles/ink"; empty for itself. */
  readonly folder: string;
  readonly files: readonly File[];
}

export interface Walk {
  /** Files with a use, those of one folder together. */
  readonly groups: readonly FileGroup[];
  /** Files without a use, or that could not be read. */
  readonly leftAside: number;
  /** There was more than is looked at. */
  readonly cut: boolean;
}

/** Files that are taken. */
export const MAX_FILES = 2000;
/** Folders within folders. */
export const MAX_DEPTH = 8;
/** Names that are looked at. */
const MAX_ITEMS = 50_000;

/** `wanted`: whether there is a use for a file of this name. */
export async function walkFolders(
  folders: readonly FolderItem[],
  wanted: (name: string) => boolean,
): Promise<Walk> {
  const groups: FileGroup[] = [];
  let taken = 0;
  let seen = 0;
  let leftAside = 0;
  let cut = false;

  async function walk(folder: FolderItem & { kind: 'folder' }, path: readonly string[]): Promise<void> {
    const group: File[] = [];
    groups.push({ folder: path.join('/'), files: group });
    const below: (FolderItem & { kind: 'folder' })[] = [];
    for await (const item of folder.items()) {
      if (taken >= MAX_FILES || seen >= MAX_ITEMS) {
        cut = true;
        break;
      }
      seen += 1;
      if (item.kind === 'folder') below.push(item);
      else if (!wanted(item.name)) leftAside += 1;
      else {
        try {
          group.push(await item.file());
          taken += 1;
        } catch {
          leftAside += 1;
        }
      }
    }
    if (path.length + 1 >= MAX_DEPTH && below.length > 0) cut = true;
    else for (const inner of below) await walk(inner, [...path, inner.name]);
  }

  for (const folder of folders) if (folder.kind === 'folder') await walk(folder, []);
  return { groups: groups.filter(({ files }) => files.length > 0), leftAside, cut };
}

/** Of something dropped (`webkitGetAsEntry`). */
export function itemOfEntry(entry: FileSystemEntry): FolderItem {
  const { name } = entry;
  if (isDirectory(entry)) return { kind: 'folder', name, items: () => itemsOfEntry(entry) };
  const file = () =>
    new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
  return { kind: 'file', name, file };
}

async function* itemsOfEntry(entry: FileSystemDirectoryEntry): AsyncGenerator<FolderItem> {
  const reader = entry.createReader();
  for (;;) {
    // A hundred at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    yield* some.map(itemOfEntry);
  }
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Of a folder that was chosen (`showDirectoryPicker`). */
export function itemOfHandle(handle: FileSystemHandle): FolderItem {
  const { name } = handle;
  if (isFile(handle)) return { kind: 'file', name, file: () => handle.getFile() };
  if (!isFolder(handle)) throw new TypeError('Neither a file nor a folder.');
  return { kind: 'folder', name, items: () => itemsOfHandle(handle) };
}

async function* itemsOfHandle(handle: FileSystemDirectoryHandle): AsyncGenerator<FolderItem> {
  for await (const inner of handle.values()) yield itemOfHandle(inner);
}

function isFile(handle: FileSystemHandle): handle is FileSystemFileHandle {
  return handle.kind === 'file';
}

function isFolder(handle: FileSystemHandle): handle is FileSystemDirectoryHandle {
  return handle.kind === 'directory';
}
