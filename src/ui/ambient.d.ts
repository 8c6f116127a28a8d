// Constants that vite.config.ts puts into the build.

/** Whether public/demo/demo.json was there. */
declare const __DARKROOM_DEMO__: boolean;

/** Chromium's; WICG File System Access. */
interface Window {
  readonly showDirectoryPicker?: (options?: {
    readonly mode: 'readwrite';
  }) => Promise<FileSystemDirectoryHandle>;
}
