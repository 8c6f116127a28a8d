// What is in the browser's storage, read past the app: whatever the page says, this is there.
import { expect, type Page } from '@playwright/test';

export interface StoredState {
  /** Records of models by their key, with the chunks that they name and that are missing or of another size. */
  readonly models: readonly { readonly sha256: string; readonly name: string; readonly missing: number }[];
  /** Chunks that no model names. */
  readonly strayChunks: number;
  /** Jobs of the queue. */
  readonly jobs: number;
  /** Jobs that evaluations are kept of, and that are not in the queue. */
  readonly strayEvaluations: number;
}

export function storedState(page: Page): Promise<StoredState> {
  return page.evaluate(async () => {
    const all = async (name: string): Promise<[key: string, value: unknown][]> => {
      const known = await indexedDB.databases();
      // Nothing must come into being by looking.
      if (!known.some((database) => database.name === name)) return [];
      return new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`${name} cannot be read.`));
        const opening = indexedDB.open(name);
        opening.onerror = fail;
        opening.onsuccess = () => {
          const store = opening.result.transaction('entries').objectStore('entries');
          const [keys, values] = [store.getAllKeys(), store.getAll()];
          store.transaction.onabort = fail;
          store.transaction.oncomplete = () => {
            opening.result.close();
            resolve(keys.result.map((key, i) => [String(key), values.result[i]]));
          };
        };
      });
    };
    interface Model {
      readonly sha256: string;
      readonly name: string;
      readonly chunks: readonly { readonly key: string; readonly byteLength: number }[];
    }
    const models = (await all('darkroom-models')).map(([, value]) => value as Model);
    const chunks = new Map((await all('darkroom-weights')).map(([key, value]) => [key, value as Blob]));
    const named = new Set(models.flatMap((model) => model.chunks.map(({ key }) => key)));
    const jobs = new Set((await all('darkroom-queue')).map(([key]) => key));
    const evaluated = new Set((await all('darkroom-evaluations')).map(([key]) => key.split('/')[0]!));
    return {
      models: models.map(({ sha256, name, chunks: own }) => ({
        sha256,
        name,
        missing: own.filter(({ key, byteLength }) => chunks.get(key)?.size !== byteLength).length,
      })),
      strayChunks: [...chunks.keys()].filter((key) => !named.has(key)).length,
      jobs: jobs.size,
      strayEvaluations: [...evaluated].filter((job) => !jobs.has(job)).length,
    };
  });
}

/** Id of each picture that a listing shows, with the SHA-256 of its file; "damaged" where it cannot be decoded. */
export async function storedPictures(page: Page): Promise<Map<string, string>> {
  const found = await page.evaluate(async () => {
    const images = await window.darkroom.listImages();
    return Promise.all(
      images.map(async ({ id, png }): Promise<[string, string]> => {
        try {
          (await createImageBitmap(png)).close();
        } catch {
          return [id, 'damaged'];
        }
        const digest = await crypto.subtle.digest('SHA-256', await png.arrayBuffer());
        return [id, [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')];
      }),
    );
  });
  return new Map(found);
}

/** What holds after every accident, once the page is open again. */
export async function expectWhole(page: Page): Promise<StoredState> {
  await expect
    .poll(async () => {
      const { models, strayChunks, strayEvaluations } = await storedState(page);
      return { withoutWeights: models.filter(({ missing }) => missing > 0), strayChunks, strayEvaluations };
    })
    .toEqual({ withoutWeights: [], strayChunks: 0, strayEvaluations: 0 });
  return storedState(page);
}
