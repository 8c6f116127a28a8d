// The service worker (workers/service-worker.ts), with the list of everything that it may keep for use without a network.
import { VitePWA } from 'vite-plugin-pwa';
import type { Plugin, PluginOption } from 'vite';

/** `plugins`: of the service worker's build, the last of all; what they write is kept, too. */
export function offline(plugins: Plugin[]): PluginOption {
  return VitePWA({
    strategies: 'injectManifest',
    srcDir: 'workers',
    filename: 'service-worker.ts',
    // src/ui/updates.ts registers it, after the page has loaded.
    injectRegister: false,
    // public/manifest.webmanifest is written by hand.
    manifest: false,
    injectManifest: {
      buildPlugins: { vite: plugins },
      globPatterns: ['**/*'],
      // Screenshots are for the browser's installation dialog.
      globIgnores: ['screenshots/**', 'service-worker.js'],
      // What fetching a file costs is told before.
      manifestTransforms: [
        (entries) => ({ manifest: entries.map((entry) => ({ ...entry, bytes: entry.size })), warnings: [] }),
      ],
      // Names with a hash need no other revision.
      dontCacheBustURLsMatching: /^assets\//,
      // The runtime is 27 MB, a demo checkpoint up to 40.
      maximumFileSizeToCacheInBytes: 64e6,
    },
  });
}
