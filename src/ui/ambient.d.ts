// Constants that vite.config.ts puts into the build.

/** Whether public/demo/demo.json was there. */
declare const __DARKROOM_DEMO__: boolean;
