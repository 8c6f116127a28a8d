// Comlink entrance to the gallery's work off the page: thumbnails, files and zips, and what is hidden in pixels.
import { expose } from 'comlink';
import type { GalleryApi } from '../src/library/gallery-types.ts';
import { gridOf, keepGrid } from '../src/library/keep-grid.ts';
import { keepPlot } from '../src/library/keep-plot.ts';
import { saveOutput } from '../src/library/output-folder.ts';
import { exportPicture } from '../src/library/picture-export.ts';
import { parseSavedTo } from '../src/library/saved-to.ts';
import { makeThumbnail } from '../src/library/thumbnails.ts';
import { zipImages } from '../src/library/zip-images.ts';
import { hiddenText } from '../src/other-programs/stealth.ts';
import { borrowMemory } from '../src/library/memory/memory-mode.ts';

let packing: AbortController | null = null;

const api: GalleryApi = {
  thumbnail: makeThumbnail,

  async zip(ids, how, onProgress) {
    packing?.abort();
    const controller = new AbortController();
    packing = controller;
    try {
      return await zipImages(ids, onProgress, controller.signal, how);
    } finally {
      if (packing === controller) packing = null;
    }
  },

  async cancelZip() {
    packing?.abort();
  },

  export: (picture, png, index, how) => exportPicture(picture, png, index, how, false),

  hiddenText,

  saveOutput: (folder, picture, how, to) => saveOutput(folder, picture, how, parseSavedTo(to)),
  keepGrid: (order, to) => keepGrid(order, parseSavedTo(to)),
  keepPlot,
  grid: (pictures, batchSize, parameters, to) => gridOf(pictures, batchSize, parameters, parseSavedTo(to)),
};

borrowMemory();
expose(api);
