// Comlink entrance to the gallery's work off the page: thumbnails and zips.
import { expose } from 'comlink';
import type { GalleryApi } from '../src/library/gallery-types.ts';
import { makeThumbnail } from '../src/library/thumbnails.ts';
import { zipImages } from '../src/library/zip-images.ts';
import { borrowMemory } from '../src/library/memory/memory-mode.ts';

let packing: AbortController | null = null;

const api: GalleryApi = {
  thumbnail: makeThumbnail,

  async zip(ids, onProgress) {
    packing?.abort();
    const controller = new AbortController();
    packing = controller;
    try {
      return await zipImages(ids, onProgress, controller.signal);
    } finally {
      if (packing === controller) packing = null;
    }
  },

  async cancelZip() {
    packing?.abort();
  },
};

borrowMemory();
expose(api);
